/** The write side of a socket: it writes all bytes, or fails. */

/** The part of a socket that writing needs. */
export interface WritableSocket {
  write(bytes: Uint8Array): Promise<number>;
}

/** Is told how writes end. */
export interface WriteOwner {
  /** All bytes of a write have been taken. */
  onWritten(): void;
  /** A write has failed: throws the error that it rejects with. */
  onWriteFailure(reason: unknown): never;
}

const EMPTY = new Uint8Array(0);

/**
 * Writes runs of bytes to one socket, one after the other, each to its end.
 *
 * The handlers that run after a write are made once, for the first write that needs
 * them: many connections carry one request, and write once.
 */
export class Writer {
  /** Bytes written; the code that counts sets it to 0. */
  count = 0;
  readonly #socket: WritableSocket;
  readonly #owner: WriteOwner;
  #onWritten: ((count: number) => Promise<void> | undefined) | undefined;
  #onFailure: ((reason: unknown) => never) | undefined;
  /** The bytes that are being written. */
  #unwritten: Uint8Array = EMPTY;

  constructor(socket: WritableSocket, owner: WriteOwner) {
    this.#socket = socket;
    this.#owner = owner;
  }

  /**
   * Writes all of `bytes`, which must not change until the promise settles; nothing
   * else is written until then.
   *
   * @throws Whatever the owner throws.
   */
  write(bytes: Uint8Array): Promise<void> {
    this.#unwritten = bytes;
    this.#onWritten ??= (count) => this.wrote(count);
    this.#onFailure ??= (reason) => this.fail(reason);
    return this.#socket.write(bytes).then(this.#onWritten, this.#onFailure);
  }

  /**
   * Begins to write all of `bytes` for somebody who waits for it alone, and who passes on
   * what it resolves to (`wrote`) or rejects with (`fail`): a promise and a job less than
   * {@linkcode Writer.write}.
   */
  begin(bytes: Uint8Array): Promise<number> {
    this.#unwritten = bytes;
    return this.#socket.write(bytes);
  }

  /**
   * Takes in how many bytes have been written; see {@linkcode Writer.begin}.
   *
   * @returns Settles when the rest is written, too; undefined if there is none.
   */
  wrote(count: number): Promise<void> | undefined {
    this.count += count;
    if (count < this.#unwritten.length) {
      return this.write(this.#unwritten.subarray(count));
    }
    this.#unwritten = EMPTY;
    this.#owner.onWritten();
    return undefined;
  }

  /** Takes in why nothing has been written; see {@linkcode Writer.begin}. */
  fail(reason: unknown): never {
    return this.#owner.onWriteFailure(reason);
  }
}

/**
 * Writes all of `bytes`, which must not change until the promise settles.
 *
 * @throws Whatever the socket throws: the peer is gone, or the socket was closed.
 */
export async function writeAll(
  socket: WritableSocket,
  bytes: Uint8Array,
): Promise<void> {
  let written = await socket.write(bytes);
  while (written < bytes.length) {
    written += await socket.write(bytes.subarray(written));
  }
}
