/**
 * A connection of Node's `net` with the shape of any other: for listening sockets that
 * only that module can take over.
 *
 * Node reads ahead, up to its own bound, and stops reading until that is taken. A write
 * ends when the system has taken it. So a slow reader slows its peer, as elsewhere.
 */

import type { ClientSocket } from "./client_socket.ts";

type Socket = import("node:net").Socket;

/** A read that waits for bytes. */
interface Waiting {
  readonly buffer: Uint8Array;
  resolve(count: number | null): void;
  reject(error: unknown): void;
}

/** See the module's comment. */
export class NodeConnection implements ClientSocket {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly #socket: Socket;
  /** What did not fit into the buffer of its read. */
  #rest: Uint8Array | undefined;
  #waiting: Waiting | undefined;
  #hasEnded = false;
  #failure: Error | undefined;

  /** @param unixPath Where the listener is, if that is a Unix socket. */
  constructor(socket: Socket, unixPath: string | undefined) {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    this.#socket = socket;
    this.localAddr = unixPath === undefined
      ? tcpAddress(localAddress, localPort)
      : { transport: "unix", path: unixPath };
    this.remoteAddr = unixPath === undefined
      ? tcpAddress(remoteAddress, remotePort)
      : { transport: "unix", path: "" };
    socket.on("readable", () => this.#settle());
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
    socket.on("error", (error) => {
      this.#failure ??= error;
      this.#end();
    });
  }

  setNoDelay(isOn: boolean): void {
    this.#socket.setNoDelay(isOn);
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    this.#waiting = { buffer, resolve, reject };
    this.#settle();
    return promise;
  }

  #end(): void {
    this.#hasEnded = true;
    this.#settle();
  }

  /** Ends the read that waits, if there is an answer. */
  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const count = this.#take(waiting.buffer);
    if (count === 0 && !this.#hasEnded) return;
    this.#waiting = undefined;
    if (count > 0) waiting.resolve(count);
    else if (this.#failure === undefined) waiting.resolve(null);
    else waiting.reject(this.#failure);
  }

  /** Moves what is here into a buffer, as far as it fits. */
  #take(buffer: Uint8Array): number {
    let length = 0;
    while (length < buffer.length) {
      const bytes: Uint8Array | null = this.#rest ?? this.#socket.read();
      if (bytes === null) break;
      const count = Math.min(bytes.length, buffer.length - length);
      buffer.set(bytes.subarray(0, count), length);
      this.#rest = count < bytes.length ? bytes.subarray(count) : undefined;
      length += count;
    }
    return length;
  }

  write(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#socket.write(bytes, (error) => {
      if (error) reject(error);
      else resolve(bytes.length);
    });
    return promise;
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  close(): void {
    this.#socket.destroy();
  }
}

function tcpAddress(hostname = "", port = 0): Deno.NetAddr {
  return { transport: "tcp", hostname, port };
}
