/**
 * Turns of the event loop for long work: a step, then whatever the sockets have to say.
 *
 * The runtime looks at its sockets when it has nothing else to do. Work that goes on
 * after a promise, a message or `setImmediate` leaves it no such moment: a connection
 * then waits for 60 ms and more for each read (measured). A timer gives it one, but
 * idles for more than a millisecond each time. So work goes on when a byte has come
 * back through a socket pair of its own: that takes 10 µs, and comes after all that
 * other sockets had ready.
 */

/** Work of one turn; about 2 ms. */
const TURN_WORK = 128 * 1024;
/** Connections that are accepted in search of our own, if others find the port. */
const STRANGERS_MAX = 4;

interface Waiting {
  readonly work: number;
  readonly resolve: () => void;
}

/** See the module's comment; one for each thread. */
export class Turns {
  #left = TURN_WORK;
  readonly #waiting: Waiting[] = [];
  #pair: SocketPair | undefined;
  #closed = false;

  /**
   * Asked before each step of long work.
   *
   * @param work How long the step takes, in bytes encoded with gzip.
   * @returns Undefined if it may be done at once; else a promise to wait for, in order.
   */
  take(work: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#left > 0) {
      this.#left -= work;
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ work, resolve });
    if (this.#waiting.length === 1) this.#run();
    return promise;
  }

  /** Lets those who wait go on, so many in each turn as there is work for; never rejects. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#pass();
      this.#left = TURN_WORK;
      while (this.#waiting.length > 0 && this.#left > 0) {
        const { work, resolve } = this.#waiting[0]!;
        this.#left -= work;
        this.#waiting.shift();
        resolve();
      }
    }
  }

  /** Resolves when the runtime has looked at its sockets. */
  async #pass(): Promise<void> {
    try {
      if (!this.#closed) {
        this.#pair ??= await openPair();
        return await pingPong(this.#pair);
      }
    } catch {
      this.#closePair(); // no descriptors, no loopback: a timer does, too
    }
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }

  #closePair(): void {
    this.#pair?.near.close();
    this.#pair?.far.close();
    this.#pair = undefined;
  }

  /** Gives the sockets back. What waits goes on; later turns are by timers. */
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

/** The read is begun before the write: so it ends only when the runtime looks at its sockets. */
async function pingPong({ near, far }: SocketPair): Promise<void> {
  const received = far.read(new Uint8Array(1));
  await Promise.all([near.write(BYTE), received]);
}
