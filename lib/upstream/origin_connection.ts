/**
 * One connection to the origin: its socket, its reader, its deadline and its age.
 *
 * It carries one exchange at a time. While it is idle, a read is outstanding: if the
 * origin closes it or sends bytes that nobody asked for, it ends at once. So a response
 * is never paired with a later request (RFC 9112 §9.2, §9.3).
 */

import { HttpError, type RetryVerdict } from "../http/error.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import { Deadline, type DeadlineWheel } from "../net/deadline.ts";
import { directSocket } from "../net/direct_socket.ts";
import type { LoopClock } from "../net/loop_clock.ts";
import { Reader, type ReadWatcher } from "../net/reader.ts";
import { type WriteOwner, Writer } from "../net/writer.ts";
import type { CloseReason } from "../reasons/close.ts";
import type { Server } from "./server.ts";

/** Bytes of the buffer that waits for a response: most whole responses fit. */
const RESPONSE_BUFFER_BYTES = 16 * 1024;

/** The pool that it belongs to. */
export interface OriginConnectionOwner {
  /** An idle connection has ended. */
  onIdleEnd(connection: OriginConnection): void;
  /** Takes it back after its exchange; `reusable` tells whether it may carry another. */
  release(connection: OriginConnection, reusable: boolean): void;
  /** Closes it: its exchange has failed, or the origin will not reuse it. */
  discard(connection: OriginConnection, reason: CloseReason): void;
  /** Counts it as a tunnel from now on; false if there are as many as there may be. */
  becomeTunnel(connection: OriginConnection): boolean;
}

/** See the module's comment. */
export class OriginConnection implements ReadWatcher, WriteOwner {
  readonly socket: ClientSocket;
  /** The server at its other end; another one of the same after a reload. */
  server: Server | undefined;
  readonly reader: Reader;
  /** The deadline of the current wait: for a response head, bytes, room to write or the next request. */
  readonly deadline: Deadline;
  readonly openedMs: number;
  /** Requests sent on it, the current one included. */
  requestCount = 0;
  /** When it became idle, on the wheel's clock. */
  idleSinceMs = 0;
  /** How long the origin keeps it idle, by its `Keep-Alive` field; Infinity if it does not say. */
  idleHintMs = Infinity;
  /** The moment of the loop's clock at which it became idle. */
  restedAt = 0;
  /** Its deadline passed while an exchange used it; the socket is closed. */
  timedOut = false;
  /** Why it was closed; undefined as long as it is open. */
  closeReason: CloseReason | undefined;
  /** Whether it has become a tunnel. */
  isTunnel = false;
  #owner: OriginConnectionOwner;
  readonly #clock: LoopClock;
  /** When it was last written to, on that clock. */
  #sentAt = 0;
  #idle = false;
  readonly #writer: Writer;

  constructor(
    socket: ClientSocket,
    wheel: DeadlineWheel,
    owner: OriginConnectionOwner,
    clock: LoopClock,
    server?: Server,
  ) {
    this.socket = socket;
    this.server = server;
    const direct = directSocket(socket);
    this.reader = new Reader(direct, RESPONSE_BUFFER_BYTES);
    this.deadline = new Deadline(wheel, this);
    this.openedMs = wheel.now();
    this.#owner = owner;
    this.#clock = clock;
    this.#writer = new Writer(direct, this);
  }

  /**
   * What it means for the request under way that the origin has ended the connection
   * without a byte of a response. One that is reused may be closed at any time, and
   * the request has crossed with that (RFC 9112 §9.3.1).
   */
  get endVerdict(): RetryVerdict {
    return this.requestCount > 1 ? "nothing-processed" : "unanswered";
  }

  /** Another pool has it from now on: that of the same server in another generation. */
  moveTo(owner: OriginConnectionOwner, server: Server): void {
    this.#owner = owner;
    this.server = server;
  }

  /** Gives it back to its pool; `reusable` tells whether it may carry another exchange. */
  release(reusable: boolean): void {
    this.#owner.release(this, reusable);
  }

  /** Closes it, in place of giving it back. */
  discard(reason: CloseReason): void {
    this.#owner.discard(this, reason);
  }

  /** Makes a tunnel of it; false if there are as many as there may be. */
  becomeTunnel(): boolean {
    return this.#owner.becomeTunnel(this);
  }

  /** Begins an exchange. */
  begin(): void {
    this.#idle = false;
    this.requestCount++;
    this.reader.watcher = undefined;
  }

  /**
   * Writes to the origin; the bytes must not change until the promise settles, and
   * nothing else is written until then.
   *
   * @throws {HttpError} `origin_closed_early`.
   */
  write(bytes: Uint8Array): Promise<void> {
    this.#sentAt = this.#clock.now;
    return this.#writer.write(bytes);
  }

  onWritten(): void {}

  onWriteFailure(reason: unknown): never {
    throw new HttpError(
      "origin_closed_early",
      "The origin closed before it was asked",
      reason,
      this.endVerdict,
    );
  }

  /** Call it when something has arrived that was waited for after a write. */
  noteResponse(): void {
    this.#clock.noteEffect(this.#sentAt);
  }

  /** Goes idle: from here on, any byte that arrives ends it. */
  rest(nowMs: number, idleMs: number): void {
    this.#idle = true;
    this.idleSinceMs = nowMs;
    this.deadline.set(idleMs);
    this.reader.resize(RESPONSE_BUFFER_BYTES);
    this.reader.watcher = this;
    this.reader.watch();
  }

  /** Whether it can carry another exchange: it is open and has no byte beyond the last response. */
  get isClean(): boolean {
    return !this.closed && !this.reader.ended && this.reader.available === 0;
  }

  get closed(): boolean {
    return this.closeReason !== undefined;
  }

  /** Why it is of no use any more when something has arrived that nobody waited for. */
  get arrivalReason(): CloseReason {
    return this.reader.ended ? "upstream_closed" : "upstream_unasked";
  }

  onArrival(): void {
    this.#end(this.arrivalReason);
  }

  onDeadline(): void {
    this.timedOut = true;
    this.#end(this.#idle ? "upstream_idle" : "upstream_timeout");
  }

  #end(reason: CloseReason): void {
    const wasIdle = this.#idle;
    this.close(reason);
    if (wasIdle) this.#owner.onIdleEnd(this);
  }

  /**
   * Closes the socket; an outstanding read ends.
   *
   * @param reason Why: the first one stands.
   */
  close(reason: CloseReason): void {
    this.deadline.dispose(); // it may have been set again after the first time
    if (this.closed) return;
    this.closeReason = reason;
    this.#idle = false;
    // Content that the origin would have ended with the connection is not whole.
    if (!this.reader.ended) this.reader.failure ??= reason;
    this.reader.release();
    this.socket.close();
  }
}
