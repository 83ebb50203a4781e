/**
 * One connection from a client: its socket, its reader, its deadline, and what is
 * being waited for.
 *
 * It notices when the client leaves, and tells half-closing from leaving: TCP shows
 * both as the same end of input. A client that has finished its request and says
 * so at once (`nc -N`, a script) still wants the answer; one whose end comes later
 * has given up. A reset is always the latter. TLS shows a little more: an end without
 * `close_notify` is no half-close, and a connection that ends after one is seen to.
 */

import { unmapped } from "../net/client_address.ts";
import { HttpError } from "../http/error.ts";
import type { ConnectionEnds } from "../net/proxy_protocol.ts";
import type { ClientSocket, ServerIdentity } from "../net/client_socket.ts";
import type { Clock } from "../net/clock.ts";
import {
  Deadline,
  type DeadlineOwner,
  type DeadlineWheel,
} from "../net/deadline.ts";
import { directSocket } from "../net/direct_socket.ts";
import { Reader, type ReadWatcher } from "../net/reader.ts";
import { type WriteOwner, Writer } from "../net/writer.ts";
import { CLOSE, type CloseReason } from "../reasons/close.ts";
import type { ConnectionOptions } from "./connection_options.ts";

/** Bytes of the buffer that waits for a request; it grows with the head. */
export const REQUEST_BUFFER_BYTES = 1024;
/** An end of input within this time of the request's own end is a half-close. */
const HALF_CLOSE_MS = 50;
/**
 * Bytes of next requests that are kept while one is carried out. A client that has sent more
 * waits to send the rest, and is not seen to leave.
 */
const PIPELINED_BYTES_MAX = 15 * 1024;

/**
 * When a client is looked out for that has sent its last request: most are answered by
 * then, and no read is begun that the end of the connection has to end.
 */
const LATE_WATCH_MS = 50;

/** For the client to read its last response and close, when it may still be sending. */
export const LINGER_MS = 5000;

/** What a connection waits for when its deadline passes. */
type Wait = "request" | "head" | "watch" | "room" | "end";

/** Is told what happens to the client's connection while an exchange is under way. */
export interface ClientOwner {
  /** The client has left, or does not take its response. */
  onClientGone(error: HttpError): void;
  /** The deadline for the rest of a head has passed. */
  onHeadLate(): void;
  /** It is time to look out for the client's leaving, as {@linkcode ClientConnection.watchLater} has put off. */
  onWatchDue(): void;
}

/** See the module's comment. */
export class ClientConnection
  implements ReadWatcher, WriteOwner, DeadlineOwner {
  readonly socket: ClientSocket;
  readonly reader: Reader;
  readonly deadline: Deadline;
  readonly options: ConnectionOptions;
  /** The peer's IP address; `unknown` for a Unix socket. */
  readonly address: string;
  /** Whether the peer is a trusted proxy. */
  readonly isTrusted: boolean;
  /** The scheme by which it speaks to us. */
  readonly scheme: "http" | "https";
  /** What TLS has told of it; undefined without TLS. */
  readonly identity: ServerIdentity | undefined;
  /** The last host that the identity was found to allow, as it came. */
  allowedHost: Uint8Array | undefined;
  /** What the deadline is for. */
  wait: Wait = "request";
  /** Why it was closed; undefined as long as it is open. */
  closeReason: CloseReason | undefined;
  /** When it was last written to, or not accepted yet, on the clock of the origin's connections. */
  sentAt = 0;
  readonly #clock: Clock;
  readonly #owner: ClientOwner;
  readonly #writer: Writer;
  /** When the request in progress had arrived whole, in ms since the epoch. */
  #requestEndMs = 0;
  /** Whether to look out for the client's leaving has been put off. */
  #watchesLater = false;
  /** Whether something has been written since the client is known to have read. */
  #hasWritten = false;
  /** Whether the system sends at once what is written. */
  #sendsAtOnce = false;
  /** Why the connection ends while it lingers. */
  #endReason: CloseReason = "client_closed";

  constructor(
    socket: ClientSocket,
    options: ConnectionOptions,
    address: string,
    isTrusted: boolean,
    wheel: DeadlineWheel,
    owner: ClientOwner,
  ) {
    this.socket = socket;
    this.identity = socket.identity;
    this.scheme = this.identity === undefined ? "http" : "https";
    const direct = directSocket(socket);
    this.reader = new Reader(direct, REQUEST_BUFFER_BYTES);
    this.deadline = new Deadline(wheel, this);
    this.#clock = wheel.clock;
    this.options = options;
    this.address = address;
    this.isTrusted = isTrusted;
    this.#owner = owner;
    this.#writer = new Writer(direct, this);
  }

  get closed(): boolean {
    return this.closeReason !== undefined;
  }

  /** Bytes that the client has been sent since this was last set to 0. */
  get bytesOut(): number {
    return this.#writer.count;
  }

  set bytesOut(count: number) {
    this.#writer.count = count;
  }

  /** The two ends of the connection; undefined if it is not TCP. */
  get endpoints(): ConnectionEnds | undefined {
    const { remoteAddr: client, localAddr: server } = this.socket;
    if (client.transport !== "tcp" || server.transport !== "tcp") {
      return undefined;
    }
    return {
      client: { ...client, hostname: this.address },
      server: { ...server, hostname: unmapped(server.hostname) },
    };
  }

  /** Sets the deadline of a wait; 0 ms for none. */
  expect(wait: Wait, withinMs: number): void {
    this.wait = wait;
    this.deadline.set(withinMs);
  }

  /** Gives a large buffer back before the next request is waited for: many connections may wait for long. */
  shrink(): void {
    const { reader } = this;
    const isEmpty = reader.available === 0 && !reader.isReading;
    if (isEmpty && !this.closed) reader.resize(REQUEST_BUFFER_BYTES);
  }

  /**
   * Looks out for the client's leaving, from the end of its request on.
   *
   * @param nowMs The time, in ms since the epoch.
   */
  watch(nowMs: number): void {
    const { reader } = this;
    this.#requestEndMs = nowMs;
    reader.watcher = this;
    this.onArrival();
  }

  /**
   * The same when the request's content has been taken: the buffer that it came in
   * goes to the next one who needs it, while it is in the processor's cache.
   */
  watchFrom(nowMs: number): void {
    this.shrink();
    this.watch(nowMs);
  }

  /** Looks out for the client's leaving if the exchange takes long: nothing more is to come from it. */
  watchLater(): void {
    this.#watchesLater = true;
    this.expect("watch", LATE_WATCH_MS);
  }

  /** Stops looking out: the next arrival is waited for. */
  unwatch(): void {
    this.reader.watcher = undefined;
    if (this.#watchesLater) this.deadline.clear();
    this.#watchesLater = false;
  }

  /** A request has come that was waited for: the client has read what it was sent before. */
  noteRequest(): void {
    this.#hasWritten = false;
  }

  onArrival(): void {
    const { reader } = this;
    if (!reader.ended) {
      if (reader.available <= PIPELINED_BYTES_MAX) reader.watch();
      return;
    }
    if (reader.failure !== undefined || !this.#mayHalfClose) {
      return this.#leave("client_abort", "The client left");
    }
    this.socket.watchEnd?.((wasReset) => {
      const hasLeft = wasReset || !this.#mayHalfClose;
      if (hasLeft && reader.watcher === this) {
        this.#leave("client_abort", "The client left");
      }
    });
  }

  /** Whether an end of input that comes now is a half-close. */
  get #mayHalfClose(): boolean {
    return this.#clock.now() - this.#requestEndMs < HALF_CLOSE_MS;
  }

  #leave(reason: CloseReason, detail: string): void {
    const { failure } = this.reader;
    this.close(reason);
    this.#owner.onClientGone(new HttpError("client_gone", detail, failure));
  }

  onDeadline(): void {
    switch (this.wait) {
      case "request":
        return this.close("timeout_idle");
      case "head":
        return this.#owner.onHeadLate();
      case "watch":
        this.#watchesLater = false;
        return this.#owner.onWatchDue();
      case "room":
        return this.#leave(
          "client_stalled",
          "The client does not take its response",
        );
      case "end":
        return this.close(this.#endReason);
    }
  }

  /**
   * Writes to the client; the bytes must not change until the promise settles, and
   * nothing else is written until then.
   *
   * @param withinMs How long the client may take to make room; 0 for no limit.
   * @throws {HttpError} `client_gone`.
   */
  write(bytes: Uint8Array, withinMs: number): Promise<void> {
    this.#expectRoom(withinMs);
    return this.#writer.write(bytes);
  }

  /**
   * Begins to write for somebody who waits for it alone, and who passes on what it
   * resolves to or rejects with: see `Writer.begin`.
   *
   * @throws {HttpError} `client_gone`.
   */
  beginWrite(bytes: Uint8Array, withinMs: number): Promise<number> {
    this.#expectRoom(withinMs);
    return this.#writer.begin(bytes);
  }

  /** Takes in what has been written; returns what is to be waited for, if there is a rest. */
  wrote(count: number): Promise<void> | undefined {
    return this.#writer.wrote(count);
  }

  /** @throws {HttpError} `client_gone`. */
  failWrite(reason: unknown): never {
    return this.#writer.fail(reason);
  }

  /** @throws {HttpError} `client_gone`. */
  #expectRoom(withinMs: number): void {
    if (this.closed) {
      throw new HttpError("client_gone", "The client left before its response");
    }
    this.expect("room", withinMs);
    // What leaves in two writes must not wait for the acknowledgement of the first.
    if (this.#hasWritten && !this.#sendsAtOnce) this.#sendAtOnce();
    this.#hasWritten = true;
  }

  #sendAtOnce(): void {
    this.#sendsAtOnce = true;
    try {
      this.socket.setNoDelay?.(true);
    } catch {
      // The client is gone already: what is written next says so.
    }
  }

  onWritten(): void {
    if (this.#watchesLater) this.expect("watch", LATE_WATCH_MS);
    else this.deadline.clear();
  }

  onWriteFailure(reason: unknown): never {
    this.close("client_abort");
    throw new HttpError(
      "client_gone",
      "The client left before its response ended",
      reason,
    );
  }

  /**
   * Closes the sending side and reads on for a while before the rest: closing at
   * once, with bytes unread, would reset the connection, and the client could lose
   * the response that tells it why (RFC 9112 §9.6). A client that has said that its
   * request is the last, and of which nothing is unread, loses nothing.
   *
   * @param withinMs How long the client has in all.
   * @param reason Why the connection ends.
   */
  async linger(withinMs: number, reason: CloseReason): Promise<void> {
    const { reader } = this;
    if (this.closed) return;
    if (reason === "client_last" && this.#hasReadAll) return this.close(reason);
    this.unwatch();
    this.#endReason = reason;
    this.expect("end", withinMs);
    try {
      await this.socket.closeWrite();
    } catch {
      // The client has closed before us: what is read next says so.
    }
    while (!reader.ended) {
      reader.start = reader.end;
      await reader.more();
    }
    this.close(reason);
  }

  /** Whether all that the client has sent is read, as far as anybody can tell without waiting. */
  get #hasReadAll(): boolean {
    const { reader, socket } = this;
    return reader.available === 0 && !reader.isReading && !reader.hasFilled &&
      socket.finish === undefined;
  }

  /** Whether the connection ends before what is being sent on it has. */
  get #isCut(): boolean {
    return CLOSE[this.closeReason!].fault !== "none" ||
      this.closeReason === "server_stopped" && this.wait === "room";
  }

  /**
   * Closes the socket; outstanding reads and writes end.
   *
   * @param reason Why: the first one stands.
   */
  close(reason: CloseReason): void {
    if (this.closed) return;
    this.closeReason = reason;
    this.deadline.dispose();
    this.reader.release();
    const { socket } = this;
    if (this.#isCut || socket.finish === undefined) socket.close();
    else socket.finish();
  }
}
