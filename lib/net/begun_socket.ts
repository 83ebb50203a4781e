/**
 * A connection of which the first bytes have been read already: they are read again,
 * before what follows. It may have other addresses than the connection under it: those
 * that a proxy in front has told.
 */

import type { ClientSocket } from "./client_socket.ts";
import type { Endpoint } from "./proxy_protocol.ts";

/** See the module's comment. */
export class BegunSocket implements ClientSocket {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly #socket: ClientSocket;
  /** What has been read and is to be read again. */
  #begun: Uint8Array;

  /**
   * @param begun Bytes that have been read; they must not change any more.
   * @param client Whose connection it is; undefined for the peer's own.
   * @param server What that client connected to.
   */
  constructor(
    socket: ClientSocket,
    begun: Uint8Array,
    client: Endpoint | undefined,
    server: Endpoint | undefined,
  ) {
    this.#socket = socket;
    this.#begun = begun;
    this.remoteAddr = addressOf(client) ?? socket.remoteAddr;
    this.localAddr = addressOf(server) ?? socket.localAddr;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const begun = this.#begun;
    if (begun.length === 0) return this.#socket.read(buffer);
    const count = Math.min(begun.length, buffer.length);
    buffer.set(begun.subarray(0, count));
    this.#begun = begun.subarray(count);
    return Promise.resolve(count);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#socket.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#socket.closeWrite();
  }

  close(): void {
    this.#socket.close();
  }
}

function addressOf(endpoint: Endpoint | undefined): Deno.NetAddr | undefined {
  return endpoint && { transport: "tcp", ...endpoint };
}
