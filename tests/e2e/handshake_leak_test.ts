/** A TLS handshake that never ends costs no descriptor, once it has been given up. */

import { assertEquals } from "../support/assert.ts";
import {
  AUTHORITY_PEM,
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../support/certificate.ts";
import { TestClock } from "../support/clock.ts";
import { ok } from "../support/origin.ts";
import { Program } from "../support/program.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { Peer } from "../support/peer.ts";

const REQUESTS = 30;
/** Those of the runtime's own that it opens meanwhile, and of handshakes that nobody knew would never end. */
const SPARE = 12;
const ignore = Deno.build.os !== "linux";

function descriptorsOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Accepts connections and says nothing. */
function silentOrigin(): Disposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const sockets: Deno.Conn[] = [];
  (async () => {
    for await (const socket of listener) sockets.push(socket);
  })();
  return {
    port: listener.addr.port,
    [Symbol.dispose](): void {
      listener.close();
      for (const socket of sockets) socket.close();
    },
  };
}

async function statusOf(port: number): Promise<number> {
  using client = await Peer.connect(port);
  await client.send(get("/"));
  return (await client.readMessage()).status;
}

for (
  const [name, atOnce] of [["one by one", 1], ["at once", REQUESTS]] as const
) {
  Deno.test({
    name: `handshakes that time out leave no descriptor: ${name}`,
    ignore,
    fn: async () => {
      using origin = silentOrigin();
      const program = new Program(
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        `https://127.0.0.1:${origin.port}`,
        "--connect-timeout",
        "10ms",
      );
      const port = await program.port();
      const before = descriptorsOf(program.pid);
      for (let i = 0; i < REQUESTS; i += atOnce) {
        const statuses = Array.from({ length: atOnce }, () => statusOf(port));
        for (const status of await Promise.all(statuses)) {
          assertEquals(status, 504);
        }
      }
      while (descriptorsOf(program.pid) > before + SPARE) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      program.signal("SIGTERM");
      assertEquals((await program.ended()).code, 0);
    },
  });
}

/** Speaks TLS, or, while it is told to be silent, nothing: a relay in front of a listener. */
class MoodyOrigin implements Disposable {
  isSilent = false;
  readonly #front = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #back = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: CERTIFICATE_PEM,
    key: KEY_PEM,
  });
  readonly #sockets: Deno.Conn[] = [];

  constructor() {
    this.#accept();
    this.#serve();
  }

  get port(): number {
    return this.#front.addr.port;
  }

  async #accept(): Promise<void> {
    for await (const socket of this.#front) {
      this.#sockets.push(socket);
      if (!this.isSilent) this.#relay(socket);
    }
  }

  async #relay(socket: Deno.Conn): Promise<void> {
    const back = await Deno.connect({ port: this.#back.addr.port });
    this.#sockets.push(back);
    socket.readable.pipeTo(back.writable).catch(() => {});
    back.readable.pipeTo(socket.writable).catch(() => {});
  }

  async #serve(): Promise<void> {
    for await (const socket of this.#back) this.#answer(new Peer(socket));
  }

  async #answer(peer: Peer): Promise<void> {
    try {
      for (;;) {
        await peer.readMessage();
        await peer.send(ok("hello", "Connection: close"));
        await peer.readToEnd();
      }
    } catch {
      peer.close();
    }
  }

  [Symbol.dispose](): void {
    this.#front.close();
    this.#back.close();
    for (const socket of this.#sockets) {
      try {
        socket.close();
      } catch {
        // its streams have closed it
      }
    }
  }
}

Deno.test({
  name: "an origin that falls silent and speaks again is found again",
  // The runtime's own handshakes outlive the test.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  const ca = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(ca, AUTHORITY_PEM);
  using origin = new MoodyOrigin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    `https://localhost:${origin.port}`,
    "--upstream-ca",
    ca,
    "--connect-timeout",
    "1s",
  );
  const target = get("/", "Cache-Control: no-store");
  for (
    const [isSilent, expected] of [[false, 200], [true, 504], [false, 200]]
  ) {
    origin.isSilent = isSilent as boolean;
    for (let i = 0; i < 3; i++) {
      const asked = Promise.all(
        Array.from({ length: 10 }, () => exchange(proxy, target)),
      );
      const all = await (isSilent ? clock.within(6000, asked) : asked);
      for (const { status } of all) assertEquals(status, expected);
    }
  }
});
