/**
 * A connection in TLS, with the shape of any other (`ClientSocket`).
 *
 * Bytes are read when somebody asks for them, and a write ends when the system has
 * taken what it became. So a slow reader slows its client, and at most one read and
 * one write wait in memory.
 *
 * `closeWrite` says in TLS that this was all (`close_notify`); `close` alone does not,
 * so that a client sees a response that was cut (RFC 8446 §6.1). The client may say
 * the same for its side, and still gets its answer. A connection that ends without
 * this word was cut: to read from it fails.
 */

import type { ClientSocket, ServerIdentity } from "./client_socket.ts";
import { coversName, namesIn } from "./certificate_names.ts";
import { type TlsContext, TlsEngine } from "./tls_engine.ts";

/** Bytes for one read of a connection that sends little … */
const READ_BYTES = 1024;
/** … and of one that fills that: a record, and a little more. */
const READ_BYTES_MAX = 17 * 1024;
/** The most plain bytes that are encrypted at once: two records. */
const WRITE_BYTES_MAX = 32 * 1024;

/** A read that waits for plain bytes. */
interface Waiting {
  readonly buffer: Uint8Array;
  resolve(count: number | null): void;
  reject(error: unknown): void;
}

/** See the module's comment. */
export class TlsSocket implements ClientSocket {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly identity?: ServerIdentity;
  readonly #conn: ClientSocket;
  readonly #engine: TlsEngine;
  /** For encrypted bytes that come. */
  #input: Uint8Array<ArrayBuffer> = new Uint8Array(READ_BYTES);
  /** Plain bytes that did not fit into the buffer of their read. */
  #rest: Uint8Array | undefined;
  #waiting: Waiting | undefined;
  #isReading = false;
  /** The connection under TLS has ended. */
  #isCut = false;
  /** The connection under TLS has failed. */
  #failure: unknown;
  /** Writes what is due to the client, until nothing is. */
  #flushing: Promise<void> | undefined;
  /** Whether the client has been told that this was all. */
  #hasEnded = false;
  #isClosed = false;
  /** Is told when the connection ends after the peer's word that it sends nothing more. */
  #onEnd: ((wasReset: boolean) => void) | undefined;
  readonly #onInput: (count: number | null) => void;
  readonly #onFailure: (reason: unknown) => void;

  /**
   * The connection of a client of ours; its handshake has not begun.
   *
   * @param identity What the client has asked for, and what it is shown.
   */
  static ofClient(
    conn: ClientSocket,
    context: TlsContext,
    identity: ServerIdentity,
  ): TlsSocket {
    return new TlsSocket(
      conn,
      (onPlain) => TlsEngine.forServer(context, onPlain),
      identity,
    );
  }

  /**
   * The connection to a server; its handshake has not begun.
   *
   * @param serverName The name that its certificate must have.
   */
  static ofServer(
    conn: ClientSocket,
    context: TlsContext,
    serverName: string,
  ): TlsSocket {
    return new TlsSocket(
      conn,
      (onPlain) => TlsEngine.forClient(context, serverName, onPlain),
    );
  }

  private constructor(
    conn: ClientSocket,
    makeEngine: (onPlain: () => void) => TlsEngine,
    identity?: ServerIdentity,
  ) {
    this.#conn = conn;
    this.localAddr = conn.localAddr;
    this.remoteAddr = conn.remoteAddr;
    if (identity !== undefined) this.identity = identity;
    this.#engine = makeEngine(() => this.#settle());
    this.#onInput = (count) => this.#arrived(count);
    this.#onFailure = (reason) => this.#failed(reason);
  }

  /**
   * Shakes hands.
   *
   * @param received What the peer has sent already.
   * @throws What went wrong; the socket has to be closed.
   */
  async handshake(received?: Uint8Array): Promise<void> {
    const engine = this.#engine;
    if (received !== undefined) engine.receive(received);
    for (;;) {
      await this.#flush();
      if (engine.error !== undefined) throw engine.error;
      if (engine.isEstablished) return;
      const count = await this.#conn.read(this.#input);
      if (count === null) throw new Deno.errors.UnexpectedEof("it closed");
      engine.receive(this.#input.subarray(0, count));
    }
  }

  /**
   * Checks that the server has shown a certificate for this name.
   *
   * @throws {Error} if it has not.
   */
  checkPeer(name: string): void {
    const der = this.#engine.peerCertificate;
    const names = der === undefined ? [] : namesIn(der);
    if (coversName(names, name.toLowerCase())) return;
    const other = names.length === 0 ? "nobody" : names.join(", ");
    throw new Error(
      `certificate not valid for name "${name}"; it is only valid for ${other}`,
    );
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const plain = this.#rest ?? this.#engine.takePlain();
    if (plain !== undefined) return Promise.resolve(this.#take(plain, buffer));
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    this.#waiting = { buffer, resolve, reject };
    this.#settle();
    if (this.#waiting !== undefined) this.#readOn();
    return promise;
  }

  /** Moves what fits into a buffer. */
  #take(plain: Uint8Array, buffer: Uint8Array): number {
    const count = Math.min(plain.length, buffer.length);
    if (count < plain.length) {
      buffer.set(plain.subarray(0, count));
      this.#rest = plain.subarray(count);
    } else {
      buffer.set(plain);
      this.#rest = undefined;
    }
    return count;
  }

  /** Ends the read that waits, if there is an answer. */
  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const { error, hasEnded } = this.#engine;
    const plain = this.#engine.takePlain();
    const failure = this.#failure ?? error;
    const isOver = hasEnded || this.#isCut || this.#isClosed;
    if (plain === undefined && failure === undefined && !isOver) return;
    this.#waiting = undefined;
    if (plain !== undefined) waiting.resolve(this.#take(plain, waiting.buffer));
    else if (failure !== undefined) waiting.reject(failure);
    else if (hasEnded || this.#isClosed) waiting.resolve(null);
    else waiting.reject(new Deno.errors.UnexpectedEof("TLS was cut"));
  }

  watchEnd(onEnd: (wasReset: boolean) => void): void {
    if (!this.#engine.hasEnded || this.#isClosed) return;
    this.#onEnd = onEnd;
    this.#readOn();
  }

  /** Tells whoever watches for it that the connection has ended. */
  #tellEnd(): void {
    const wasReset = this.#failure !== undefined;
    if (this.#isClosed || !wasReset && !this.#isCut) return;
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.(wasReset);
  }

  #readOn(): void {
    if (this.#isReading) return;
    if (this.#isCut || this.#failure !== undefined) return this.#tellEnd();
    this.#isReading = true;
    this.#conn.read(this.#input).then(this.#onInput, this.#onFailure);
  }

  #arrived(count: number | null): void {
    this.#isReading = false;
    if (count === null) this.#isCut = true;
    else if (!this.#isClosed && !this.#engine.hasEnded) {
      this.#engine.receive(this.#input.subarray(0, count));
      this.#resize(count);
      const flushed = this.#flush();
      if (flushed !== undefined) {
        flushed.then(() => this.#goOn(), this.#onFailure);
        return;
      }
    }
    this.#goOn();
  }

  #goOn(): void {
    this.#settle();
    if (this.#waiting !== undefined || this.#onEnd !== undefined) {
      this.#readOn();
    }
  }

  #failed(reason: unknown): void {
    this.#isReading = false;
    this.#failure ??= reason;
    this.#settle();
    this.#tellEnd();
  }

  /** Who sends much gets a large buffer, until it sends little. */
  #resize(count: number): void {
    const size = this.#input.length;
    if (count === size && size === READ_BYTES) {
      this.#input = new Uint8Array(READ_BYTES_MAX);
    } else if (count <= READ_BYTES && size > READ_BYTES) {
      this.#input = new Uint8Array(READ_BYTES);
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.#isClosed) {
      return Promise.reject(new Error("The socket is closed"));
    }
    const part = bytes.length <= WRITE_BYTES_MAX
      ? bytes
      : bytes.subarray(0, WRITE_BYTES_MAX);
    this.#engine.encrypt(part);
    const count = part.length;
    return this.#flush()?.then(() => count) ?? Promise.resolve(count);
  }

  /** Writes what is due to the client; undefined if nothing is. */
  #flush(): Promise<void> | undefined {
    return this.#flushing ??= this.#writeDue();
  }

  #writeDue(): Promise<void> | undefined {
    const bytes = this.#engine.takeEncrypted();
    if (bytes.length === 0) return undefined;
    return this.#writeAll(bytes);
  }

  /** Each response goes through here: no promise more than the write itself needs. */
  async #writeAll(first: Uint8Array): Promise<void> {
    try {
      let bytes = first;
      while (bytes.length > 0) {
        for (let at = 0; at < bytes.length;) {
          at += await this.#conn.write(at === 0 ? bytes : bytes.subarray(at));
        }
        if (this.#isClosed) return;
        bytes = this.#engine.takeEncrypted();
      }
    } finally {
      this.#flushing = undefined;
    }
  }

  async closeWrite(): Promise<void> {
    if (this.#isClosed || this.#hasEnded) return;
    this.#hasEnded = true;
    this.#engine.end();
    await this.#flush();
    if (!this.#isClosed) await this.#conn.closeWrite();
  }

  /** Closes, and says that this was all: nothing must be under way. */
  finish(): void {
    if (this.#isClosed) return;
    if (this.#flushing === undefined && !this.#hasEnded) {
      this.#engine.end();
      const bytes = this.#engine.takeEncrypted();
      // It fits into what the system holds, or nobody reads it.
      if (bytes.length > 0) this.#conn.write(bytes).catch(() => {});
    }
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.free();
    this.#conn.close();
  }

  /** Ends TLS; the connection under it is the caller's to close. */
  free(): void {
    this.#isClosed = true;
    this.#engine.close();
    this.#settle();
  }
}
