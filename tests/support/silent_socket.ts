/** Sockets without a system behind them, for tests that count what a request costs. */

/** See the module's comment. */
export class SilentSocket {
  readonly localAddr: Deno.NetAddr = addressOf(80);
  readonly remoteAddr: Deno.NetAddr = addressOf(50_000);
  /** What has been written since it was looked at. */
  written = 0;
  /** How many writes that were. */
  writes = 0;
  #buffer: Uint8Array | undefined;
  /** What the peer has sent and nobody has read. */
  #unread: Uint8Array = new Uint8Array(0);
  #received: ((count: number | null) => void) | undefined;

  /** Whether somebody reads. */
  get isRead(): boolean {
    return this.#received !== undefined;
  }

  /** The peer sends something, which whoever reads gets at once, as far as there is room. */
  send(bytes: Uint8Array): void {
    this.#unread = bytes;
    const received = this.#received!;
    this.#received = undefined;
    received(this.#take(this.#buffer!));
  }

  #take(buffer: Uint8Array): number {
    const taken = this.#unread.subarray(0, buffer.length);
    buffer.set(taken);
    this.#unread = this.#unread.subarray(taken.length);
    return taken.length;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    if (this.#unread.length > 0) return Promise.resolve(this.#take(buffer));
    this.#buffer = buffer;
    return new Promise((resolve) => this.#received = resolve);
  }

  write(bytes: Uint8Array): Promise<number> {
    this.written += bytes.length;
    this.writes++;
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  setNoDelay(): void {}

  close(): void {
    this.#received?.(null);
    this.#received = undefined;
  }
}

/** A listener with one connection; further ones never come. */
export class SilentListener {
  readonly addr: Deno.NetAddr = addressOf(80);
  readonly #clients: SilentSocket[];
  #close: ((reason: Error) => void) | undefined;

  /** @param clients Whoever listens first and accepts gets one. */
  constructor(clients: SilentSocket[]) {
    this.#clients = clients;
  }

  accept(): Promise<SilentSocket> {
    const client = this.#clients.pop();
    if (client !== undefined) return Promise.resolve(client);
    return new Promise((_, reject) => this.#close = reject);
  }

  close(): void {
    this.#close?.(new Deno.errors.BadResource("It is closed"));
  }
}

function addressOf(port: number): Deno.NetAddr {
  return { transport: "tcp", hostname: "127.0.0.1", port };
}
