/**
 * A scripted origin: a listener whose connections the test drives by hand, or
 * serves with a function.
 */

import { type Message, Peer } from "./peer.ts";

/** Serves one connection of the origin. */
export type PeerScript = (peer: Peer, index: number) => Promise<void>;

/** See the module's comment. */
export class Origin implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.Listener;
  /** Connections that nobody has closed here, and what serves them. */
  readonly #peers = new Set<Peer>();
  readonly #running = new Set<Promise<void>>();
  #count = 0;
  #accepting: Promise<Peer> | undefined;
  #closed = false;

  /** @param port A port of the loopback interface; 0 for any. */
  constructor(port = 0) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.port = (this.#listener.addr as Deno.NetAddr).port;
  }

  /** An origin that serves each connection with `script`, which may end by throwing when its peer goes. */
  static serving(script: PeerScript, port = 0): Origin {
    const origin = new Origin(port);
    origin.#running.add(origin.#serve(script));
    return origin;
  }

  /** An origin that answers each request with what `answer` makes of it. */
  static answering(
    answer: (
      request: Message,
      index: number,
    ) => string | Uint8Array | Promise<string>,
    port = 0,
  ): Origin {
    let index = 0;
    return Origin.serving(async (peer) => {
      for (;;) await peer.send(await answer(await peer.readMessage(), index++));
    }, port);
  }

  /** The URL for `--upstream`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many connections have been accepted. */
  get connectionCount(): number {
    return this.#count;
  }

  /** The next connection. */
  async accept(): Promise<Peer> {
    this.#accepting = this.#listener.accept().then((socket) =>
      new Peer(socket)
    );
    const peer = await this.#accepting;
    this.#peers.add(peer);
    this.#count++;
    return peer;
  }

  async #serve(script: PeerScript): Promise<void> {
    for (;;) {
      let peer: Peer;
      try {
        peer = await this.accept();
      } catch (error) {
        if (this.#closed) return;
        throw error;
      }
      const index = this.#count - 1;
      const running = this.#attend(peer, script(peer, index));
      this.#running.add(running);
      running.then(() => this.#running.delete(running));
    }
  }

  /** A script ends by an error when its connection does: that is its normal end. */
  async #attend(peer: Peer, script: Promise<void>): Promise<void> {
    await script.catch(() => {});
    peer.close();
    this.#peers.delete(peer);
  }

  /** Stops listening; connections stay open until the origin is disposed of. */
  stopListening(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopListening();
    await this.#accepting?.catch(() => {});
    for (const peer of this.#peers) peer.close();
    await Promise.all(this.#running);
  }
}

/** A response with `Content-Length`. */
export function ok(content: string, ...fields: readonly string[]): string {
  const lines = [
    "HTTP/1.1 200 OK",
    ...fields,
    `Content-Length: ${content.length}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${content}`;
}
