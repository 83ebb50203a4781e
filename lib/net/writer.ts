/** The write side of a socket: all octets, or an error. */

/** What writing needs of a socket. */
export interface WritableSocket {
  write(bytes: Uint8Array): Promise<number>;
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
