/** The write side of a socket: all octets, or an error. */

/** What writing needs of a socket. */
export interface WritableSocket {
  write(bytes: Uint8Array): Promise<number>;
}

const EMPTY = new Uint8Array(0);

/**
 * Writes runs of octets to one socket, one after the other, each to its end.
 *
 * What follows a write is settled once for the connection and not for each write:
 * the handlers are made with it.
 */
export class Writer {
  /** Octets written; set to 0 by whoever counts. */
  count = 0;
  readonly #socket: WritableSocket;
  readonly #onDone: () => void;
  readonly #onFailure: (reason: unknown) => never;
  readonly #onWritten: (count: number) => Promise<void> | void;
  /** What is being written. */
  #unwritten: Uint8Array = EMPTY;

  /**
   * @param onDone Called when all octets of a write have been taken.
   * @param onFailure Throws what a write that failed rejects with.
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
