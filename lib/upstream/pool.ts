/**
 * The connections to one origin: reuse, limits, and a queue in order of arrival.
 *
 * The youngest idle connection is used first, so that surplus ones grow old and are
 * closed. A connection is kept idle for less time than the origin keeps it. A request
 * that must not run twice gets only a connection that was idle for a moment, because
 * the origin may be closing an older one just when the request is sent (RFC 9112
 * §9.3.1, §9.5).
 *
 * An origin may send more than its response. Nobody may get that as the response to
 * another request. So a connection that has been given back is fresh at first, and is
 * used again only once the event loop has looked at it and nothing was there.
 */

import { HttpError } from "../http/error.ts";
import type { OriginAddress } from "../net/address.ts";
import { Deadline, type DeadlineWheel } from "../net/deadline.ts";
import { EventLoop } from "../net/event_loop.ts";
import type { LoopClock } from "../net/loop_clock.ts";
import type { CloseReason } from "../reasons/close.ts";
import { dial, type DialOptions } from "./dial.ts";
import {
  OriginConnection,
  type OriginConnectionOwner,
} from "./origin_connection.ts";

/** The bounds of the connections to one origin. */
export interface PoolLimits {
  /** Connections, idle ones included. */
  readonly connectionsMax: number;
  /** Idle connections. */
  readonly idleMax: number;
  /** How long a connection may be idle, unless the origin says less. */
  readonly idleMs: number;
  /** Requests that wait for a connection. */
  readonly queueMax: number;
  /** How long a request waits for a connection. */
  readonly queueMs: number;
  /** Connections that have become tunnels, which are counted apart from the others; Infinity for no limit. */
  readonly tunnelsMax: number;
}

/** An unsafe method is sent only on connections that were idle for less than this: Node closes after 5 s. */
const UNSAFE_IDLE_MS = 4000;
/** A connection is used no longer than this, so that load follows a name that moves. */
const LIFE_MS = 3_600_000;
/** The most requests on one connection: peers limit them too (nginx to 1000), and a new one costs little. */
const REQUESTS_MAX = 10_000;

function overloaded(detail: string): HttpError {
  return new HttpError("overloaded", detail, undefined, "nothing-sent");
}

/** Is told how opening connections goes. */
export interface DialWatcher {
  dialed(): void;
  dialFailed(error: HttpError): void;
}

/** A request's wait for a connection; it ends with the first of `deliver` and `fail`. */
export class Acquisition {
  /** Rejects with an {@linkcode HttpError}. */
  readonly connection: Promise<OriginConnection>;
  readonly isSafe: boolean;
  /** How long it may stand in the queue. */
  readonly deadline: Deadline;
  settled = false;
  readonly #pool: Pool;
  readonly #resolve: (connection: OriginConnection) => void;
  readonly #reject: (error: HttpError) => void;

  constructor(pool: Pool, wheel: DeadlineWheel, isSafe: boolean) {
    const { promise, resolve, reject } = Promise.withResolvers<
      OriginConnection
    >();
    this.connection = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#pool = pool;
    this.isSafe = isSafe;
    this.deadline = new Deadline(wheel, this);
  }

  onDeadline(): void {
    this.fail(overloaded("No connection became free in time"));
  }

  deliver(connection: OriginConnection): void {
    if (this.settled) return this.#pool.release(connection, true); // given up in the meantime
    this.#settle();
    this.#resolve(connection);
  }

  fail(error: HttpError): void {
    if (this.settled) return;
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.settled = true;
    this.deadline.dispose();
  }
}

/** See the module's comment. */
export class Pool implements OriginConnectionOwner {
  readonly #address: OriginAddress;
  readonly #limits: PoolLimits;
  readonly #dialOptions: DialOptions;
  readonly #wheel: DeadlineWheel;
  readonly #watcher: DialWatcher;
  /** Idle connections, the youngest last. */
  readonly #idle: OriginConnection[] = [];
  /** Connections that were given back a moment ago, the youngest last. */
  readonly #fresh: OriginConnection[] = [];
  /** Each connection that is given back begins a moment. */
  readonly #clock: LoopClock;
  readonly #loop = new EventLoop();
  /** Whether the fresh ones will be settled soon. */
  #isSettling = false;
  /** Connections that carry an exchange. */
  #busyCount = 0;
  /** Connections that have become tunnels: they last, and must not keep requests out. */
  #tunnelCount = 0;
  /** Connections being opened. */
  #dialing = 0;
  /** Requests that wait for a connection, in order; some may have settled. */
  #queue: Acquisition[] = [];
  #closed = false;

  constructor(
    address: OriginAddress,
    limits: PoolLimits,
    dialOptions: DialOptions,
    wheel: DeadlineWheel,
    clock: LoopClock,
    watcher: DialWatcher,
  ) {
    this.#address = address;
    this.#limits = limits;
    this.#dialOptions = dialOptions;
    this.#wheel = wheel;
    this.#clock = clock;
    this.#watcher = watcher;
  }

  /** Connections that are open or being opened. */
  get count(): number {
    return this.#idle.length + this.#fresh.length + this.#busyCount +
      this.#dialing;
  }

  /**
   * An idle connection, if there is one that this request may use; the caller
   * gives it back with `release` or `discard`.
   *
   * @param isSafe Whether the request's method is safe.
   */
  take(isSafe: boolean): OriginConnection | undefined {
    if (this.#queue.length > 0) return undefined; // they were here before
    this.#settle();
    const connection = this.#idle.at(-1);
    if (connection === undefined || !this.#maySend(connection, isSafe)) {
      return undefined;
    }
    this.#idle.pop();
    return this.#use(connection);
  }

  /** The fresh connections that the loop has looked at since they were given back are idle. */
  #settle(): void {
    const fresh = this.#fresh;
    let count = 0;
    while (
      count < fresh.length &&
      this.#clock.hasLookedSince(fresh[count]!.restedAt)
    ) this.#idle.push(fresh[count++]!);
    if (count > 0) fresh.splice(0, count);
  }

  /** Makes the loop look at the fresh ones, for requests that wait. */
  async #settleSoon(): Promise<void> {
    if (this.#isSettling) return;
    this.#isSettling = true;
    while (
      !this.#closed && this.#queue.length > 0 && this.#fresh.length > 0
    ) {
      const { now } = this.#clock;
      await this.#loop.pass();
      if (this.#closed) break;
      await this.#loop.pass(); // what came in the turn of the first has been told by now
      this.#clock.noteEffect(now);
      this.#settle();
      this.#serveQueue();
    }
    this.#isSettling = false;
  }

  #maySend(connection: OriginConnection, isSafe: boolean): boolean {
    return isSafe ||
      this.#wheel.now() - connection.idleSinceMs < UNSAFE_IDLE_MS;
  }

  #use(connection: OriginConnection): OriginConnection {
    this.#busyCount++;
    connection.begin();
    return connection;
  }

  /**
   * Waits for a connection: a new one while the limit allows, else
   * the next that comes free.
   *
   * Where one reused connection has died, others may be about to: a request that is
   * sent once more gets a new one, if it need not wait for it.
   *
   * It fails as {@linkcode dial} does, or with `overloaded` if the queue is full or
   * takes too long.
   *
   * @param isRetry Whether the request has been sent on a connection that had died.
   */
  acquire(isSafe: boolean, isRetry = false): Acquisition {
    const acquisition = new Acquisition(this, this.#wheel, isSafe);
    if (this.#queue.length >= this.#limits.queueMax) {
      this.#queue = this.#queue.filter(({ settled }) => !settled);
    }
    if (this.count >= this.#limits.connectionsMax) {
      // Idle for too long for this request, or not to be trusted with it: makes room.
      (this.#idle.shift() ?? (isRetry ? this.#fresh.shift() : undefined))
        ?.close("upstream_surplus");
    }
    if (!isRetry && this.#queue.length < this.#fresh.length) {
      this.#enqueue(acquisition); // not for long
    } else if (this.count < this.#limits.connectionsMax) {
      this.#open(acquisition);
    } else if (this.#queue.length < this.#limits.queueMax) {
      this.#enqueue(acquisition);
    } else {
      acquisition.fail(
        overloaded("Every connection is busy, the queue is full"),
      );
    }
    return acquisition;
  }

  #enqueue(acquisition: Acquisition): void {
    acquisition.deadline.set(this.#limits.queueMs);
    this.#queue.push(acquisition);
    this.#settleSoon();
  }

  async #open(acquisition: Acquisition): Promise<void> {
    this.#dialing++;
    let socket: Deno.Conn;
    try {
      socket = await dial(this.#address, this.#dialOptions, this.#wheel);
    } catch (error) {
      this.#dialing--;
      this.#watcher.dialFailed(error as HttpError); // all that dial throws
      acquisition.fail(error as HttpError);
      this.#serveQueue();
      return;
    }
    this.#dialing--;
    this.#watcher.dialed();
    acquisition.deliver(
      this.#use(new OriginConnection(socket, this.#wheel, this, this.#clock)),
    );
  }

  /** Gives free connections, or room for new ones, to the requests that have waited longest. */
  #serveQueue(): void {
    while (this.#queue.length > 0) {
      const acquisition = this.#queue[0]!;
      const idle = this.#idle.at(-1);
      if (acquisition.settled) {
        this.#queue.shift();
      } else if (idle !== undefined) {
        this.#idle.pop();
        if (!this.#maySend(idle, acquisition.isSafe)) {
          idle.close("upstream_surplus");
          continue;
        }
        this.#queue.shift();
        acquisition.deliver(this.#use(idle));
      } else if (
        this.count < this.#limits.connectionsMax &&
        this.#queue.length > this.#fresh.length
      ) {
        this.#queue.shift();
        acquisition.deadline.clear(); // the dial has its own
        this.#open(acquisition);
      } else return;
    }
  }

  /**
   * Gives a connection back after its exchange.
   *
   * @param reusable Whether the response was read to its end and the origin keeps
   *   the connection open.
   */
  release(connection: OriginConnection, reusable: boolean): void {
    const now = this.#wheel.now();
    // If a read has filled its buffer, there may be more bytes to come.
    const isClean = reusable && connection.isClean &&
      !connection.reader.hasFilled && !this.#closed;
    if (!isClean) {
      const reason = this.#closed ? "server_stopped" : "upstream_last";
      return this.discard(connection, reason);
    }
    const isWorn = connection.requestCount >= REQUESTS_MAX ||
      now - connection.openedMs >= LIFE_MS;
    if (isWorn) return this.discard(connection, "upstream_worn");
    const idleMs = Math.min(
      this.#limits.idleMs || Infinity,
      connection.idleHintMs,
    );
    this.#busyCount--;
    const isWanted = this.#queue.length > 0 ||
      (idleMs > 0 && this.#limits.idleMax > 0);
    if (!isWanted) return connection.close("upstream_surplus");
    if (this.#idle.length + this.#fresh.length >= this.#limits.idleMax) {
      // Close the one that has been idle the longest: it is the first that unsafe methods cannot use.
      (this.#idle.shift() ?? this.#fresh.shift())?.close("upstream_surplus");
    }
    connection.rest(now, idleMs === Infinity ? 0 : idleMs);
    connection.restedAt = this.#clock.advance();
    this.#fresh.push(connection);
    if (this.#queue.length > 0) this.#settleSoon();
  }

  /**
   * Counts a connection as a tunnel from now on, so that there is room for another;
   * it ends with `discard`.
   *
   * @returns False if there are as many tunnels as there may be: nothing has changed.
   */
  becomeTunnel(connection: OriginConnection): boolean {
    if (this.#tunnelCount >= this.#limits.tunnelsMax) return false;
    connection.isTunnel = true;
    this.#tunnelCount++;
    this.#busyCount--;
    this.#serveQueue();
    return true;
  }

  /** Closes a connection whose exchange has failed or whose origin will not reuse it. */
  discard(connection: OriginConnection, reason: CloseReason): void {
    if (connection.isTunnel) this.#tunnelCount--;
    else this.#busyCount--;
    connection.close(reason);
    this.#serveQueue();
  }

  onIdleEnd(connection: OriginConnection): void {
    for (const connections of [this.#idle, this.#fresh]) {
      const index = connections.indexOf(connection);
      if (index >= 0) connections.splice(index, 1);
    }
    this.#serveQueue(); // there is room for another
  }

  /** Closes the idle connections and keeps none from now on; busy ones end with their exchange. */
  close(): void {
    this.#closed = true;
    this.#loop.close();
    for (const connections of [this.#idle, this.#fresh]) {
      for (const connection of connections.splice(0)) {
        connection.close("server_stopped");
      }
    }
  }
}
