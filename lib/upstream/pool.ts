/**
 * The connections to one server: reuse and limits.
 *
 * The youngest idle connection is used first, so that surplus ones grow old and are
 * closed. A connection is kept idle for less time than the origin keeps it. A request
 * that must not run twice, or whose content cannot be sent twice, gets only a connection
 * that was idle for a moment, because the origin may be closing an older one just when
 * the request is sent (RFC 9112 §9.3.1, §9.5).
 *
 * An origin may send more than its response. Nobody may get that as the response to
 * another request. So a connection that has been given back is fresh at first, and is
 * used again only once the event loop has looked at it and nothing was there.
 */

import type { HttpError } from "../http/error.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import type { DeadlineWheel } from "../net/deadline.ts";
import type { LoopClock } from "../net/loop_clock.ts";
import type { CloseReason } from "../reasons/close.ts";
import type { Acquisition } from "./acquisition.ts";
import { dial, type DialOptions } from "./dial.ts";
import {
  OriginConnection,
  type OriginConnectionOwner,
} from "./origin_connection.ts";
import type {
  DialWatcher,
  PoolLimits,
  PoolOwner,
  PoolPlace,
} from "./pool_terms.ts";
import type { Server } from "./server.ts";

/** What cannot be sent again goes only on connections that were idle for less than this: Node closes after 5 s. */
const UNSAFE_IDLE_MS = 4000;
/** A connection is used no longer than this, so that load follows a name that moves. */
const LIFE_MS = 3_600_000;
/** The most requests on one connection: peers limit them too (nginx to 1000), and a new one costs little. */
const REQUESTS_MAX = 10_000;

/** See the module's comment. */
export class Pool implements OriginConnectionOwner {
  readonly server: Server;
  /** Requests that a round through the queue has promised a fresh connection. */
  promised = 0;
  readonly #limits: PoolLimits;
  /** Connections to the server, of all workers and all configurations. */
  #connectionsMax: number;
  readonly #dialOptions: DialOptions;
  readonly #wheel: DeadlineWheel;
  readonly #watcher: DialWatcher;
  readonly #owner: PoolOwner;
  /** Idle connections, the youngest last. */
  readonly #idle: OriginConnection[] = [];
  /** Connections that were given back a moment ago, the youngest last. */
  readonly #fresh: OriginConnection[] = [];
  /** Each connection that is given back begins a moment. */
  readonly #clock: LoopClock;
  /** Connections that carry an exchange. */
  #busyCount = 0;
  /** Connections that have become tunnels: they last, and must not keep requests out. */
  #tunnelCount = 0;
  /** Connections being opened. */
  #dialing = 0;
  /** The pool of the same server under a newer configuration: it gets what comes free. */
  #heir: Pool | undefined;
  /** Connections that were open then are not used again, on the wheel's clock. */
  #renewedMs = -Infinity;
  #closed = false;

  constructor(
    server: Server,
    limits: PoolLimits,
    dialOptions: DialOptions,
    place: PoolPlace,
    watcher: DialWatcher,
    owner: PoolOwner,
  ) {
    this.server = server;
    this.#limits = limits;
    this.#connectionsMax = limits.connectionsMax;
    this.#dialOptions = dialOptions;
    this.#wheel = place.wheel;
    this.#clock = place.clock;
    this.#watcher = watcher;
    this.#owner = owner;
  }

  /** Connections that are open or being opened. */
  get count(): number {
    return this.#idle.length + this.#fresh.length + this.#busyCount +
      this.#dialing;
  }

  /** Whether some have been given back that the loop has not looked at. */
  get hasFresh(): boolean {
    return this.#fresh.length > 0;
  }

  /** Connections that will be free when the loop has looked at them, as far as they are not promised. */
  get unpromised(): number {
    return this.#fresh.length - this.promised;
  }

  /** Whether there may be one more connection, in all workers together. */
  get hasRoom(): boolean {
    return this.count < this.#connectionsMax && !this.#isFull;
  }

  /** Whether there are more than there may be: a reload has lowered the bound. */
  get #isOver(): boolean {
    return this.server.connections > this.#connectionsMax;
  }

  /** Whether the workers have as many together as there may be. */
  get #isFull(): boolean {
    return this.server.connections >= this.#connectionsMax;
  }

  /** Another bound holds for the connections to the server. */
  goBy(connectionsMax: number): void {
    this.#connectionsMax = connectionsMax;
  }

  /** No connection that is open now is used again: its server has moved. */
  renew(): void {
    this.#renewedMs = this.#wheel.now();
    for (const connections of [this.#idle, this.#fresh]) {
      for (const connection of connections.splice(0)) {
        connection.close("upstream_worn");
      }
    }
    this.#note();
    this.#tellOfRoom();
  }

  /** From now on, another pool of the same server has the connections that are, or will be, idle. */
  handOver(heir: Pool): void {
    this.#heir = heir;
    for (const connections of [this.#idle, this.#fresh]) {
      for (const connection of connections.splice(0)) {
        connection.moveTo(heir, heir.server);
        heir.#fresh.push(connection);
      }
    }
    this.#note();
    heir.#note();
    heir.#shrink();
  }

  /** Closes idle connections beyond the bound, which may have become a lower one. */
  #shrink(): void {
    while (this.#isOver) {
      const surplus = this.#idle.shift() ?? this.#fresh.shift();
      if (surplus === undefined) return;
      surplus.close("upstream_surplus");
      this.#note();
    }
  }

  #handOn(connection: OriginConnection, heir: Pool, reusable: boolean): void {
    this.#busyCount--;
    this.#note();
    connection.moveTo(heir, heir.server);
    heir.#busyCount++;
    heir.#note();
    connection.release(reusable);
  }

  #tellOfRoom(): void {
    if (this.#heir === undefined) this.#owner.onRoom();
    else this.#heir.#tellOfRoom();
  }

  /** Tells the other workers what there is. */
  #note(): void {
    this.server.note(this.count, this.#busyCount + this.#dialing);
  }

  /**
   * An idle connection, if there is one that this request may use; the caller
   * gives it back with `release` or `discard`.
   *
   * @param isRepeatable Whether the request's method is safe and it has no content.
   */
  take(isRepeatable: boolean): OriginConnection | undefined {
    this.settle();
    const connection = this.#idle.at(-1);
    if (connection === undefined || !this.#maySend(connection, isRepeatable)) {
      return undefined;
    }
    this.#idle.pop();
    return this.#use(connection);
  }

  /** The same for a request that has waited: idle ones that it may not use make room. */
  takeOrClose(isRepeatable: boolean): OriginConnection | undefined {
    this.settle();
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      if (this.#maySend(connection, isRepeatable)) return this.#use(connection);
      connection.close("upstream_surplus");
    }
  }

  /** The fresh connections that the loop has looked at since they were given back are idle. */
  settle(): void {
    const fresh = this.#fresh;
    if (fresh.length === 0) return;
    let count = 0;
    while (
      count < fresh.length &&
      this.#clock.hasLookedSince(fresh[count]!.restedAt)
    ) this.#idle.push(fresh[count++]!);
    if (count === fresh.length) fresh.length = 0; // as mostly, and without a new list
    else if (count > 0) fresh.splice(0, count);
  }

  #maySend(connection: OriginConnection, isRepeatable: boolean): boolean {
    return isRepeatable ||
      this.#wheel.now() - connection.idleSinceMs < UNSAFE_IDLE_MS;
  }

  #use(connection: OriginConnection): OriginConnection {
    this.#busyCount++;
    connection.begin();
    this.#note();
    return connection;
  }

  /**
   * Closes an idle connection if there is no room for another one.
   *
   * A request that is sent once more gets a new one, if it need not wait for it.
   */
  makeRoom(isRetry: boolean): void {
    if (this.hasRoom) return;
    // Idle for too long for this request, or not to be trusted with it.
    const surplus = this.#idle.shift() ??
      (isRetry ? this.#fresh.shift() : undefined);
    surplus?.close("upstream_surplus");
    if (surplus !== undefined) this.#note();
  }

  /** Closes an idle connection that another worker could have in its place; returns whether there was one. */
  yieldIdle(): boolean {
    const isLeft = this.#idle.length + this.unpromised > 0;
    if (!isLeft || !this.#isFull) return false;
    const surplus = this.#idle.shift() ?? this.#fresh.shift();
    surplus?.close("upstream_surplus");
    if (surplus !== undefined) this.#note();
    return surplus !== undefined;
  }

  /**
   * Opens a connection for a request.
   *
   * @returns False if another worker has taken the room meanwhile.
   */
  open(acquisition: Acquisition): boolean {
    this.#dialing++;
    this.#note();
    if (this.server.connections > this.#connectionsMax) {
      this.#dialing--;
      this.#note();
      return false;
    }
    acquisition.beginDial(this.server);
    this.#dial(acquisition);
    return true;
  }

  async #dial(acquisition: Acquisition): Promise<void> {
    const { clock } = this.#wheel;
    const beganMs = clock.monotonic();
    let socket: ClientSocket;
    try {
      socket = await dial(
        this.server.address,
        this.#dialOptions,
        this.#wheel,
        acquisition.wish.preface,
      );
    } catch (error) {
      this.#dialing--;
      this.#note();
      this.#watcher.dialFailed(error as HttpError); // all that dial throws
      acquisition.fail(error as HttpError);
      this.#tellOfRoom();
      return;
    }
    this.#dialing--;
    this.#watcher.dialed(clock.monotonic() - beganMs);
    acquisition.deliver(this.#use(
      new OriginConnection(
        socket,
        this.#wheel,
        this,
        this.#clock,
        this.server,
      ),
    ));
  }

  /**
   * Gives a connection back after its exchange.
   *
   * @param reusable Whether the response was read to its end and the origin keeps
   *   the connection open.
   */
  release(connection: OriginConnection, reusable: boolean): void {
    const heir = this.#heir;
    if (heir !== undefined) return this.#handOn(connection, heir, reusable);
    const now = this.#wheel.now();
    // If a read has filled its buffer, there may be more bytes to come.
    const isClean = reusable && !this.#limits.isUnshared &&
      connection.isClean &&
      !connection.reader.hasFilled && !this.#closed;
    if (!isClean) {
      const reason = this.#closed ? "server_stopped" : "upstream_last";
      return this.discard(connection, reason);
    }
    const isWorn = connection.requestCount >= REQUESTS_MAX ||
      now - connection.openedMs >= LIFE_MS ||
      connection.openedMs <= this.#renewedMs;
    if (isWorn) return this.discard(connection, "upstream_worn");
    const idleMs = Math.min(
      this.#limits.idleMs || Infinity,
      connection.idleHintMs,
    );
    this.#busyCount--;
    const { isAwaited, isAwaitedElsewhere, hasWaitingKin } = this.#owner;
    const isContested = isAwaitedElsewhere && this.#isFull;
    const isPassed = isContested && isAwaited && this.#owner.isTurnOver();
    const isWanted = !this.server.isDown && !this.#isOver && !isPassed &&
      !(hasWaitingKin && isContested) &&
      (isAwaited ||
        (idleMs > 0 && this.#limits.idleMax > 0 && !isContested));
    if (!isWanted) {
      connection.close("upstream_surplus");
      this.#note();
      return isPassed ? this.#owner.passTurn() : this.#tellOfRoom();
    }
    if (this.#idle.length + this.#fresh.length >= this.#limits.idleMax) {
      // Close the one that has been idle the longest: it is the first that unsafe methods cannot use.
      (this.#idle.shift() ?? this.#fresh.shift())?.close("upstream_surplus");
    }
    connection.rest(now, idleMs === Infinity ? 0 : idleMs);
    connection.restedAt = this.#clock.advance();
    this.#fresh.push(connection);
    this.#note();
    if (isAwaited) this.#tellOfRoom();
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
    this.#note();
    this.#tellOfRoom();
    return true;
  }

  /** Closes a connection whose exchange has failed or whose origin will not reuse it. */
  discard(connection: OriginConnection, reason: CloseReason): void {
    if (connection.isTunnel) this.#tunnelCount--;
    else this.#busyCount--;
    connection.close(reason);
    this.#note();
    this.#tellOfRoom();
  }

  onIdleEnd(connection: OriginConnection): void {
    for (const connections of [this.#idle, this.#fresh]) {
      const index = connections.indexOf(connection);
      if (index >= 0) connections.splice(index, 1);
    }
    this.#note();
    this.#tellOfRoom(); // there is room for another
  }

  /** Closes the idle connections and keeps none from now on; busy ones end with their exchange. */
  close(): void {
    this.#closed = true;
    for (const connections of [this.#idle, this.#fresh]) {
      for (const connection of connections.splice(0)) {
        connection.close("server_stopped");
      }
    }
    this.#note();
  }
}
