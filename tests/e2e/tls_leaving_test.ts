/** How a TLS client that leaves is told from one that only half-closes, right after its request. */

// deno-lint-ignore no-external-import -- the runtime's own sockets cannot reset
import { connect, type Socket } from "node:net";
// deno-lint-ignore no-external-import
import { once } from "node:events";
import {
  createClientContext,
  type TlsContext,
} from "../../lib/net/tls_engine.ts";
import { TlsSocket } from "../../lib/net/tls_socket.ts";
import type { ClientSocket } from "../../lib/net/client_socket.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { writeAll } from "../../lib/net/writer.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { AUTHORITY_PEM } from "../support/certificate.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get, Proxy, secured } from "../support/proxy.ts";

let context: TlsContext | undefined;

/** A clock that knows how often it was asked: by the proxy alone, as long as the client and the origin are silent. */
class AskedClock extends TestClock {
  #count = 0;
  #asked: (() => void) | undefined;

  override now(): number {
    this.#count++;
    this.#asked?.();
    return super.now();
  }

  /** Resolves once it has been asked so often, from now on. */
  async asked(times: number): Promise<void> {
    const end = this.#count + times;
    while (this.#count < end) {
      await new Promise<void>((resolve) => this.#asked = resolve);
    }
  }
}

/** What TLS needs of a connection. */
function connectionOf(socket: Socket): ClientSocket {
  const addr: Deno.Addr = { transport: "tcp", hostname: "127.0.0.1", port: 0 };
  return {
    localAddr: addr,
    remoteAddr: addr,
    async read(buffer: Uint8Array): Promise<number | null> {
      while (socket.readableLength === 0) {
        if (socket.readableEnded || socket.destroyed) return null;
        await Promise.race([once(socket, "readable"), once(socket, "end")]);
        if (socket.readableLength === 0) socket.read(0);
      }
      const count = Math.min(buffer.length, socket.readableLength);
      buffer.set(socket.read(count));
      return count;
    },
    write(bytes: Uint8Array): Promise<number> {
      return new Promise((resolve, reject) =>
        socket.write(
          bytes,
          (error) => error ? reject(error) : resolve(bytes.length),
        )
      );
    },
    closeWrite: () => Promise.resolve(), // only `end` ends the connection
    close: () => {},
  };
}

/** A client of which each step of an end can be taken alone. */
class Leaver implements Disposable {
  readonly #socket: Socket;
  readonly #tls: TlsSocket;

  private constructor(socket: Socket, tls: TlsSocket) {
    this.#socket = socket;
    this.#tls = tls;
  }

  static async connect(port: number): Promise<Leaver> {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    socket.on("error", () => {});
    await once(socket, "connect");
    context ??= createClientContext({
      authorities: [AUTHORITY_PEM],
      cert: undefined,
      key: undefined,
      insecure: false,
    });
    // An address, so that no name is asked for, and any host may be.
    const under = connectionOf(socket);
    const tls = TlsSocket.ofServer(under, context, "127.0.0.1");
    await tls.handshake();
    return new Leaver(socket, tls);
  }

  ask(): Promise<void> {
    return writeAll(this.#tls, bytesOf(get("/")));
  }

  /** Says that it sends nothing more, and leaves the connection open. */
  notify(): Promise<void> {
    return this.#tls.closeWrite();
  }

  /** Ends the connection's sending side. */
  async end(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(() => resolve()));
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  async answer(): Promise<string> {
    return (await new Peer(this.#tls as unknown as Deno.Conn).readMessage())
      .content;
  }

  /** How the connection ends from the other side. */
  async ending(): Promise<"close_notify" | "cut"> {
    try {
      while (await this.#tls.read(new Uint8Array(1024)) !== null);
      return "close_notify";
    } catch {
      return "cut";
    }
  }

  [Symbol.dispose](): void {
    this.#tls.free();
    this.#socket.destroy();
  }
}

interface Row {
  readonly name: string;
  readonly isAnswered: boolean;
  /** What the client does; the proxy asks the clock about each end that it sees. */
  readonly leave: (client: Leaver, clock: AskedClock) => Promise<void> | void;
}

/** Says that it sends nothing more, and waits until the proxy has seen it. */
async function notifySeen(client: Leaver, clock: AskedClock): Promise<void> {
  const seen = clock.asked(1);
  await client.notify();
  await seen;
}

const ROWS: readonly Row[] = [
  {
    name: "close_notify alone is a half-close",
    isAnswered: true,
    leave: notifySeen,
  },
  {
    name: "close_notify with the connection's end may be a half-close",
    isAnswered: true,
    leave: async (client, clock) => {
      const seen = clock.asked(2);
      await client.notify();
      await client.end();
      await seen;
    },
  },
  {
    name: "an end without close_notify is none",
    isAnswered: false,
    leave: (client) => client.end(),
  },
  {
    name: "an end that comes long after close_notify is none",
    isAnswered: false,
    leave: async (client, clock) => {
      await notifySeen(client, clock);
      await clock.advance(200);
      await client.end();
    },
  },
  {
    name: "a reset is none",
    isAnswered: false,
    leave: (client) => client.reset(),
  },
  {
    name: "a reset after close_notify is none",
    isAnswered: false,
    leave: async (client) => {
      await client.notify();
      client.reset();
    },
  },
  {
    name: "a reset after close_notify that was seen is none",
    isAnswered: false,
    leave: async (client, clock) => {
      await notifySeen(client, clock);
      client.reset();
    },
  },
];

for (const { name, isAnswered, leave } of ROWS) {
  Deno.test(name, async () => {
    await using origin = new Origin();
    const clock = new AskedClock();
    await using proxy = await Proxy.startAtWith(clock, secured, origin);
    using client = await Leaver.connect(proxy.port);
    await client.ask();
    const peer = await origin.accept();
    await peer.readHead(); // no time has passed since then
    await clock.advance(0); // the proxy waits, and does not ask the clock
    await leave(client, clock);
    if (isAnswered) {
      await clock.advance(200);
      await peer.send(ok("hello"));
      assertEquals(await client.answer(), "hello");
    } else {
      assertEquals(await peer.readToEnd(), "");
      const line = await proxy.nextLogLine();
      assert(line.endsWith(" error=client_gone"), line);
    }
  });
}

Deno.test("a client that is idle when the server stops is told of the end", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const proxy = await Proxy.startWith(secured, origin);
  using client = await Leaver.connect(proxy.port);
  await client.ask();
  assertEquals(await client.answer(), "hello");
  const ending = client.ending();
  await proxy[Symbol.asyncDispose]();
  assertEquals(await ending, "close_notify");
});
