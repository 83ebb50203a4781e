/**
 * Waits until the runtime has looked at its sockets.
 *
 * The runtime looks when it has nothing else to do. Work that goes on after a promise,
 * a message or `setImmediate` leaves it no such moment: a connection then waits 60 ms
 * and more for each read (measured). A timer gives it one, but idles for more than a
 * millisecond each time. So work goes on when a byte has come back through a socket
 * pair of our own: that takes 10 µs, and happens after everything that other sockets
 * had ready.
 */

import { nextTurn } from "./clock.ts";

/** Connections that are accepted in search of our own, if others find the port. */
const STRANGERS_MAX = 4;

/** See the module's comment. */
export class EventLoop {
  #pair: SocketPair | undefined;
  #closed = false;

  /** Resolves when the runtime has looked at its sockets; one call at a time. Never rejects. */
  async pass(): Promise<void> {
    try {
      if (!this.#closed) {
        this.#pair ??= await openPair();
        if (this.#closed) return this.#closePair(); // while it was opened
        return await pingPong(this.#pair);
      }
    } catch {
      if (this.#closed) return; // in the meantime: nobody needs it any more
      this.#closePair(); // no descriptors, no loopback: a timer does, too
    }
    await nextTurn();
  }

  #closePair(): void {
    this.#pair?.near.close();
    this.#pair?.far.close();
    this.#pair = undefined;
  }

  /** Gives the sockets back; from here on, timers take their place. */
  close(): void {
    this.#closed = true;
    this.#closePair();
  }
}

/** Two ends of one connection. */
interface SocketPair {
  readonly near: Deno.TcpConn;
  readonly far: Deno.TcpConn;
}

async function openPair(): Promise<SocketPair> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const near = await Deno.connect({
      hostname: "127.0.0.1",
      port: listener.addr.port,
    });
    for (let i = 0; i < STRANGERS_MAX; i++) {
      const far = await listener.accept();
      if (far.remoteAddr.port === near.localAddr.port) {
        near.setNoDelay(true);
        return { near, far };
      }
      far.close();
    }
    near.close();
  } finally {
    listener.close();
  }
  throw new Error("Others took the port");
}

const BYTE = new Uint8Array(1);

/** The read begins before the write, so that it ends only when the runtime looks at its sockets. */
async function pingPong({ near, far }: SocketPair): Promise<void> {
  const received = far.read(new Uint8Array(1));
  await Promise.all([near.write(BYTE), received]);
}
