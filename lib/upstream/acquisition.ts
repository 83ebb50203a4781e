/** A request's wait for a connection, in a queue or while one is opened. */

import { HttpError } from "../http/error.ts";
import type { Clock } from "../net/clock.ts";
import { Deadline, type DeadlineWheel } from "../net/deadline.ts";
import type { OriginConnection } from "./origin_connection.ts";
import type { Server } from "./server.ts";

const NONE: ReadonlySet<Server> = new Set();

/** What a request wants of the connection that it gets. */
export interface Wish {
  /** Whether its method is safe and it has no content: it is sent again if need be. */
  readonly isRepeatable: boolean;
  /** Whether it has been sent on a connection that had died. */
  readonly isRetry: boolean;
  /** The server that was chosen for it; undefined if there is only one. */
  readonly server: Server | undefined;
  /** The part of the upstream that it belongs to. */
  readonly part?: number;
  /** Servers that have failed it. */
  readonly tried?: ReadonlySet<Server>;
  /** The route that it goes by: those who wait take turns by it. */
  readonly route?: object;
  /** When a response must have begun, on the wheel's clock. */
  readonly dueMs?: number;
  /** What a new connection begins with: it is this request's alone then. */
  readonly preface?: Uint8Array | undefined;
}

/** See the module's comment; it ends with the first of `deliver` and `fail`. */
export class Acquisition {
  /** Rejects with an {@linkcode HttpError}. */
  readonly connection: Promise<OriginConnection>;
  wish: Wish;
  /** How long it may stand in the queue. */
  readonly deadline: Deadline;
  settled = false;
  /** Its turn in the queue. */
  turn = 0;
  /** Whether it has been promised a connection that is free in a moment. */
  isPromised = false;
  /** The server that a connection is being opened to. */
  server: Server | undefined;
  /** How long it stood in the queue, in ms; -1 as long as it does. */
  queueMs = -1;
  /** How long the connection took to open, in ms; -1 if none was opened. */
  connectMs = -1;
  /** What to do when it is time, in place of giving up: it waits to begin. */
  onTime: (() => void) | undefined;
  readonly #resolve: (connection: OriginConnection) => void;
  readonly #reject: (error: HttpError) => void;
  readonly #clock: Clock;
  /** Undefined as long as it is in no queue. */
  #countQueued: ((more: 1 | -1) => void) | undefined;
  /** When the phase began that it is in. */
  #sinceMs: number;

  constructor(wish: Wish, wheel: DeadlineWheel) {
    const { promise, resolve, reject } = Promise.withResolvers<
      OriginConnection
    >();
    this.connection = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.wish = wish;
    this.deadline = new Deadline(wheel, this);
    this.#clock = wheel.clock;
    this.#sinceMs = this.#clock.monotonic();
  }

  get tried(): ReadonlySet<Server> {
    return this.wish.tried ?? NONE;
  }

  onDeadline(): void {
    if (this.onTime === undefined) return this.fail(this.#late());
    const begin = this.onTime;
    this.onTime = undefined;
    if (!this.settled) begin();
  }

  /**
   * Gives it so long to get a connection, and no longer than all tries may take.
   *
   * @param ms 0 for no limit of its own.
   */
  waitFor(ms: number): void {
    const { dueMs = Infinity } = this.wish;
    if (dueMs === Infinity) return this.deadline.set(ms);
    const leftMs = Math.max(1, dueMs - this.#clock.monotonic());
    this.deadline.set(ms === 0 ? leftMs : Math.min(ms, leftMs));
  }

  #late(): HttpError {
    return this.server === undefined
      ? overloaded("No connection became free in time")
      : new HttpError(
        "origin_connect_timeout",
        "no connection within the time for all tries",
        undefined,
        "nothing-sent",
      );
  }

  /**
   * It stands in a queue.
   *
   * @param count Is told of that, and when it does no more.
   */
  enterQueue(count: (more: 1 | -1) => void): void {
    if (this.#countQueued !== undefined) return; // it has gone to another queue
    this.#countQueued = count;
    count(1);
  }

  #leaveQueue(): void {
    this.#countQueued?.(-1);
    this.#countQueued = undefined;
  }

  /** It leaves the queue: a connection is being opened for it. */
  beginDial(server: Server): void {
    this.#leaveQueue();
    this.waitFor(0); // the dial has its own deadline
    this.server = server;
    this.queueMs = this.#lap();
  }

  /** Milliseconds since the phase began; another begins. */
  #lap(): number {
    const nowMs = this.#clock.monotonic();
    const ms = nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
    return ms;
  }

  deliver(connection: OriginConnection): void {
    if (this.settled) return connection.release(true); // given up in the meantime
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
    this.#leaveQueue();
    if (this.queueMs < 0) this.queueMs = this.#lap();
    else this.connectMs = this.#lap();
    this.deadline.dispose();
  }
}

/** There is no connection to be had. */
export function overloaded(detail: string): HttpError {
  return new HttpError("overloaded", detail, undefined, "nothing-sent");
}

/** The operator has taken all servers out of use. */
export function noServer(): HttpError {
  const detail = "The operator has taken all servers out of use";
  return new HttpError("no_server", detail, undefined, "nothing-sent");
}
