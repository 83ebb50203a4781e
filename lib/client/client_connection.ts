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

import { HttpError } from "../http/error.ts";
import type { ConnectionEnds } from "../net/proxy_protocol.ts";
import type { ClientSocket, ServerIdentity } from "../net/client_socket.ts";
import type { Clock } from "../net/clock.ts";
import {
  Deadline,
  type DeadlineOwner,
  type DeadlineWheel,
} from "../net/deadline.ts";
import { Reader, type ReadWatcher } from "../net/reader.ts";
import { Writer } from "../net/writer.ts";
import { CLOSE, type CloseReason } from "../reasons/close.ts";
import type { ConnectionOptions } from "./connection_options.ts";

/** Bytes of the buffer that waits for a request; it grows with the head. */
export const REQUEST_BUFFER_BYTES = 1024;
/** An end of input within this time of the request's own end is a half-close. */
const HALF_CLOSE_MS = 50;
/**
 * Bytes of next requests that are kept while one is carried out. Who has sent more
 * waits to send the rest, and is not seen to leave.
 */
const PIPELINED_BYTES_MAX = 15 * 1024;

/** For the client to read its last response and close, when it may still be sending. */
export const LINGER_MS = 5000;

/** What a connection waits for when its deadline passes. */
type Wait = "request" | "head" | "room" | "end";

/** Is told what happens to the client's connection while an exchange is under way. */
export interface ClientOwner {
  /** The client has left, or does not take its response. */
  onClientGone(error: HttpError): void;
  /** The deadline for the rest of a head has passed. */
  onHeadLate(): void;
}

/** See the module's comment. */
export class ClientConnection implements ReadWatcher, DeadlineOwner {
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
  /** What the origin is told of the peer with each request, once it has been made. */
  readonly forwardingHeaders: (Uint8Array | undefined)[] = [];
  /** What the deadline is for. */
  wait: Wait = "request";
  /** Why it was closed; undefined as long as it is open. */
  closeReason: CloseReason | undefined;
  /** When it was last written to, on the clock of the origin's connections. */
  sentAt = 0;
  readonly #clock: Clock;
  readonly #owner: ClientOwner;
  readonly #writer: Writer;
  /** When the request in progress had arrived whole, in ms since the epoch. */
  #requestEndMs = 0;
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
    this.reader = new Reader(socket, REQUEST_BUFFER_BYTES);
    this.deadline = new Deadline(wheel, this);
    this.#clock = wheel.clock;
    this.options = options;
    this.address = address;
    this.isTrusted = isTrusted;
    this.#owner = owner;
    this.#writer = new Writer(
      socket,
      () => this.deadline.clear(),
      (reason) => {
        this.close("client_abort");
        throw new HttpError(
          "client_gone",
          "The client left before its response ended",
          reason,
        );
      },
    );
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
    return { client: { ...client, hostname: this.address }, server };
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

  /** Stops looking out: the next arrival is waited for. */
  unwatch(): void {
    this.reader.watcher = undefined;
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
    if (this.closed) {
      throw new HttpError("client_gone", "The client left before its response");
    }
    this.expect("room", withinMs);
    return this.#writer.write(bytes);
  }

  /**
   * Closes the sending side and reads on for a while before the rest: closing at
   * once, with bytes unread, would reset the connection, and the client could lose
   * the response that tells it why (RFC 9112 §9.6).
   *
   * @param withinMs How long the client has in all.
   * @param reason Why the connection ends.
   */
  async linger(withinMs: number, reason: CloseReason): Promise<void> {
    const { reader } = this;
    if (this.closed) return;
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
