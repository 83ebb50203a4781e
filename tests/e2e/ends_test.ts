/** The JSON log says how each exchange ended. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { get, Proxy, speaksTls } from "../support/proxy.ts";
import { refusingUrl } from "../support/free_port.ts";

interface Row {
  readonly end: string;
  readonly flags?: readonly string[];
  /** Why it does not hold for clients that speak TLS. */
  readonly notInTls?: string;
  /** What the origin does with the request. */
  readonly serve?: (peer: Peer) => Promise<void>;
  /** What the client does, up to where its exchange ends. */
  readonly ask: (client: Peer) => Promise<void>;
}

async function respondWith(peer: Peer, response: string): Promise<void> {
  await peer.readHead();
  await peer.send(response);
}

const asks = async (client: Peer): Promise<void> => {
  await client.send(get("/"));
  await client.readToEnd();
};
const LARGE = `HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n${
  "x".repeat(1_000_000)
}`;
const TEN = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345";

const ROWS: readonly Row[] = [
  {
    end: "ok",
    serve: (peer) => respondWith(peer, ok("x")),
    ask: async (client) => {
      await client.send(get("/"));
      await client.readMessage();
    },
  },
  {
    end: "ok", // whatever its status
    serve: (peer) =>
      respondWith(peer, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"),
    ask: async (client) => {
      await client.send(get("/", "Connection: close"));
      await client.readToEnd();
    },
  },
  {
    end: "bad_request",
    ask: async (client) => {
      await client.send("GET /\r\n\r\n");
      await client.readToEnd();
    },
  },
  {
    end: "refused",
    ask: async (client) => {
      await client.send(get("/", "Cache-Control: only-if-cached"));
      await client.readMessage();
    },
  },
  {
    end: "timeout_header",
    flags: ["--header-timeout", "300ms"], // a handshake takes less
    ask: async (client) => {
      await client.send("GET / HTTP/1.1\r\nHos");
      await client.readToEnd();
    },
  },
  {
    end: "timeout_body",
    flags: ["--body-timeout", "50ms"],
    serve: async (peer) => {
      await peer.readToEnd();
    },
    ask: async (client) => {
      await client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
      );
      await client.readToEnd();
    },
  },
  {
    end: "client_abort",
    notInTls:
      "to close, the runtime's client half-closes; tls_leaving_test has this",
    serve: async (peer) => {
      await respondWith(peer, LARGE);
      await peer.readToEnd();
    },
    ask: async (client) => {
      await client.send(get("/"));
      await client.readHead();
      client.close(); // with bytes unread: a reset
    },
  },
  {
    end: "upstream_reset",
    serve: (peer) => respondWith(peer, ""),
    ask: async (client) => {
      await client.send(get("/"));
      await client.readMessage();
    },
  },
  {
    end: "upstream_reset", // within the response
    serve: (peer) => respondWith(peer, TEN),
    ask: asks,
  },
  {
    end: "upstream_invalid",
    serve: (peer) => respondWith(peer, "nonsense\r\n\r\n"),
    ask: async (client) => {
      await client.send(get("/"));
      await client.readMessage();
    },
  },
  {
    end: "upstream_timeout",
    flags: ["--response-timeout", "50ms"],
    serve: async (peer) => {
      await peer.readToEnd();
    },
    ask: async (client) => {
      await client.send(get("/"));
      await client.readMessage();
    },
  },
  {
    end: "upstream_timeout", // within the response
    flags: ["--read-timeout", "50ms"],
    serve: async (peer) => {
      await respondWith(peer, TEN);
      await peer.readToEnd();
    },
    ask: asks,
  },
];

Deno.test("the JSON log says how each exchange ended", async (t) => {
  for (const [index, row] of ROWS.entries()) {
    const { end, flags = [], serve, ask, notInTls } = row;
    const isSkipped = notInTls !== undefined && speaksTls();
    const name = `${index}: ${end}${
      isSkipped ? ` (skipped: ${notInTls})` : ""
    }`;
    const fn = async (): Promise<void> => {
      await using origin = Origin.serving(serve ?? (() => Promise.resolve()));
      await using proxy = await Proxy.start(
        origin,
        "--log-format",
        "json",
        ...flags,
      );
      using client = await proxy.connect();
      await ask(client);
      client.close(); // its end is not waited for
      const line = JSON.parse(await proxy.nextLogLine());
      assertEquals(line.end, end);
    };
    await t.step({ name, ignore: isSkipped, fn });
  }
});

Deno.test("… when the origin is not there, and when the server stops", async (t) => {
  await t.step("upstream_unreachable", async () => {
    await using proxy = await Proxy.start(
      refusingUrl(),
      "--log-format",
      "json",
    );
    using client = await proxy.connect();
    await client.send(get("/"));
    await client.readMessage();
    const line = JSON.parse(await proxy.nextLogLine());
    assertEquals([line.end, line.error], [
      "upstream_unreachable",
      "origin_refused",
    ]);
  });
  await t.step("server_stopped", async () => {
    await using origin = new Origin();
    const proxy = await Proxy.start(origin, "--log-format", "json");
    using client = await proxy.connect();
    await client.send(get("/"));
    const peer = await origin.accept();
    await peer.readHead();
    await proxy[Symbol.asyncDispose](); // it drains for 100 ms
    const line = JSON.parse(await proxy.nextLogLine());
    assertEquals(line.end, "server_stopped");
  });
});
