/** The write side of a socket: it writes all bytes, or fails. */

/** The part of a socket that writing needs. */
export interface WritableSocket {
  write(bytes: Uint8Array): Promise<number>;
}

const EMPTY = new Uint8Array(0);

/**
 * Writes runs of bytes to one socket, one after the other, each to its end.
 *
 * The handlers that run after a write are made once for the connection, not for each
 * write.
 */
export class Writer {
  /** Bytes written; the code that counts sets it to 0. */
  count = 0;
  readonly #socket: WritableSocket;
  readonly #onDone: () => void;
  readonly #onFailure: (reason: unknown) => never;
  readonly #onWritten: (count: number) => Promise<void> | void;
  /** The bytes that are being written. */
  #unwritten: Uint8Array = EMPTY;

  /**
   * @param onDone Called when all bytes of a write have been taken.
   * @param onFailure Throws the error that a failed write rejects with.
   */
  constructor(
    socket: WritableSocket,
    onDone: () => void,
    onFailure: (reason: unknown) => never,
  ) {
    this.#socket = socket;
    this.#onDone = onDone;
    this.#onFailure = onFailure;
    this.#onWritten = (count) => this.#written(count);
  }

  /**
   * Writes all of `bytes`, which must not change until the promise settles; nothing
   * else is written until then.
   *
   * @throws Whatever `onFailure` throws.
   */
  write(bytes: Uint8Array): Promise<void> {
    this.#unwritten = bytes;
    return this.#socket.write(bytes).then(this.#onWritten, this.#onFailure);
  }

  #written(count: number): Promise<void> | void {
    this.count += count;
    if (count < this.#unwritten.length) {
      return this.write(this.#unwritten.subarray(count));
    }
    this.#unwritten = EMPTY;
    this.#onDone();
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
