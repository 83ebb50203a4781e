/** Clients that speak TLS: which certificate they get, what is told when it cannot be, and what nobody can hold up. */

// deno-lint-ignore no-external-import -- the runtime's own TLS does not tell the certificate
import { connect as tlsConnect, type TLSSocket } from "node:tls";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import type { TlsOptions } from "../../lib/certificates/table.ts";
import { OPENINGS_MAX } from "../../lib/client/openings.ts";
import type { Config } from "../../lib/config/config.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get, Proxy } from "../support/proxy.ts";

const NOW = Date.now();
const ACME = await makeSelfSigned(NOW, ["acme.test", "www.acme.test"]);
const WILD = await makeSelfSigned(NOW, ["*.acme.test"]);
const OTHER = await makeSelfSigned(NOW, ["other.test"]);

function withTls(
  tls: Partial<TlsOptions> = {},
): (config: Config) => Config {
  return (config) => ({
    ...config,
    listen: config.listen.map((at) => ({ ...at, secure: true })),
    tls: {
      certificates: [ACME, WILD, OTHER],
      unknown: "default",
      needsTls13: false,
      ...tls,
    },
  });
}

interface Shaken extends Disposable {
  readonly socket: TLSSocket;
  /** The names of the certificate. */
  readonly names: string;
}

/** A handshake for a name; rejects with what the server's alert says. */
function shake(
  port: number,
  servername: string,
  options: object = {},
): Promise<Shaken> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({
      host: "127.0.0.1",
      port,
      servername,
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
      ...options,
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed")));
    socket.on("secureConnect", () =>
      resolve({
        socket,
        names: socket.getPeerCertificate().subjectaltname ?? "",
        [Symbol.dispose]: () => void socket.destroy(),
      }));
  });
}

/** What is answered to a request. */
async function answer(
  { socket }: Shaken,
  request: string,
): Promise<string> {
  let text = "";
  socket.on("data", (bytes) => text += bytes.toString());
  const ended = new Promise<void>((resolve) => socket.on("end", resolve));
  socket.write(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  await ended;
  return text;
}

const requestTo = (host: string): string =>
  `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

Deno.test("the certificate is chosen by the name that the client asks for", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.startWith(withTls(), origin);
  for (
    const [name, names] of [
      ["acme.test", "DNS:acme.test, DNS:www.acme.test"],
      ["www.ACME.test", "DNS:acme.test, DNS:www.acme.test"],
      ["api.acme.test", "DNS:*.acme.test"],
      ["other.test", "DNS:other.test"],
      ["unknown.test", "DNS:acme.test, DNS:www.acme.test"],
      ["", "DNS:acme.test, DNS:www.acme.test"],
    ] as const
  ) {
    using shaken = await shake(proxy.port, name);
    assertEquals(shaken.names, names, name);
  }
});

Deno.test("an unknown name can be refused, and a client without one is not", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.startWith(
    withTls({ unknown: "refuse" }),
    origin,
  );
  const refused = await shake(proxy.port, "unknown.test").then(
    () => "shaken",
    (error) => error.message,
  );
  assertMatch(refused, /unrecogni[sz]ed.?name/i);
  using _ = await shake(proxy.port, "");
});

Deno.test("a client that has no TLS 1.3 is refused where that is needed", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.startWith(
    withTls({ needsTls13: true }),
    origin,
  );
  using _ = await shake(proxy.port, "acme.test");
  const old = { maxVersion: "TLSv1.2" };
  const refused = await shake(proxy.port, "acme.test", old).then(
    () => "shaken",
    (error) => error.message,
  );
  assertMatch(refused, /protocol.?version/i);
});

Deno.test("a host that the handshake's name does not allow gets 421", async () => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readMessage();
      await peer.send(ok("here"));
    }
  });
  await using proxy = await Proxy.startWith(withTls(), origin);
  for (
    const [name, host, status] of [
      ["acme.test", "acme.test", 200],
      ["acme.test", `ACME.test:${proxy.port}`, 200],
      ["acme.test", "www.acme.test", 200], // its certificate has both names
      ["acme.test", "api.acme.test", 421],
      ["api.acme.test", "img.acme.test", 200],
      ["unknown.test", "unknown.test", 200],
      ["unknown.test", "other.test", 421],
      ["", "other.test", 200],
    ] as const
  ) {
    using shaken = await shake(proxy.port, name);
    const [line] = (await answer(shaken, requestTo(host))).split("\r\n");
    assertMatch(line!, new RegExp(`^HTTP/1.1 ${status} `), `${name}, ${host}`);
  }
});

Deno.test("plain HTTP where TLS is spoken is told so", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.startWith(withTls(), origin);
  using client = await Peer.connect(proxy.port);
  await client.send(get("/"));
  const { status, content } = await client.readMessage();
  assertEquals(status, 400);
  assertMatch(content, /this port speaks HTTPS/);
  assertEquals(await client.readToEnd(), "");
});

Deno.test("what is neither is closed, and others are served", async () => {
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    await peer.send(ok("here"));
  });
  await using proxy = await Proxy.startWith(withTls(), origin);
  for (
    const bytes of [[0x16, 3, 1, 0, 1, 2], [0x16, 0xff], [0x16, 3, 1, 0, 0]]
  ) {
    using client = await Peer.connect(proxy.port);
    await client.send(Uint8Array.from(bytes));
    await client.end();
    await client.readToEnd();
  }
  using shaken = await shake(proxy.port, "acme.test");
  assertMatch(await answer(shaken, requestTo("acme.test")), /here$/);
});

Deno.test({
  name: "two thousand half handshakes keep nobody out",
  async fn(): Promise<void> {
    await using origin = Origin.serving(async (peer) => {
      await peer.readMessage();
      await peer.send(ok("here"));
    });
    await using proxy = await Proxy.startWith(withTls(), origin);
    const half: Peer[] = [];
    try {
      for (let i = 0; i < 2000; i++) {
        const client = await Peer.connect(proxy.port);
        half.push(client);
        await client.send(Uint8Array.of(0x16, 3, 1, 2, 0, 1));
      }
      using shaken = await shake(proxy.port, "acme.test");
      assertMatch(await answer(shaken, requestTo("acme.test")), /here$/);
      // The first ones have been closed for the last ones.
      assertEquals(await half[0]!.readToEnd(), "");
      assert(half.length > OPENINGS_MAX);
    } finally {
      for (const client of half) client.close();
    }
  },
});

Deno.test("certificates change for new connections, and no connection is closed", async () => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readMessage();
      await peer.send(ok("here"));
    }
  });
  const first = withTls({ certificates: [ACME] });
  await using proxy = await Proxy.startWith(first, origin);
  using before = await shake(proxy.port, "acme.test");
  const next = await makeSelfSigned(NOW, ["acme.test"]);
  await proxy.replaceWith((config) => ({
    ...withTls({ certificates: [next] })(config),
    upstreams: config.upstreams.map((options) => ({
      ...options,
      servers: options.servers.map((server) => ({
        ...server,
        address: {
          ...server.address,
          socket: {
            transport: "tcp" as const,
            hostname: "127.0.0.1",
            port: origin.port,
          },
        },
      })),
    })),
    listen: [{
      transport: "tcp",
      hostname: "127.0.0.1",
      port: proxy.port,
      secure: true,
    }],
  }));
  using after = await shake(proxy.port, "acme.test");
  assertEquals(after.names, "DNS:acme.test");
  assertMatch(await answer(before, requestTo("acme.test")), /here$/);
  assertMatch(await answer(after, requestTo("acme.test")), /here$/);
});

Deno.test("a certificate that is no good changes nothing", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.startWith(withTls(), origin);
  const broken = { ...ACME, key: OTHER.key, source: "broken.pem" };
  const refused = await proxy.replaceWith((config) => ({
    ...withTls({ certificates: [broken] })(config),
    listen: [{ transport: "tcp", hostname: "127.0.0.1", port: proxy.port }],
  })).then(() => "replaced", (error) => error.message);
  assertMatch(refused, /^broken\.pem: the private key does not belong/);
  using shaken = await shake(proxy.port, "other.test");
  assertEquals(shaken.names, "DNS:other.test");
});

/** Both schemes, with these options of the route. */
function bothSchemes(
  options: { readonly httpsPort?: number; readonly hstsLine?: Uint8Array },
): (config: Config) => Config {
  return (config) => ({
    ...config,
    listen: [
      ...config.listen,
      ...config.listen.map((at) => ({ ...at, secure: true })),
    ],
    tls: { certificates: [ACME], unknown: "default", needsTls13: false },
    hosts: config.hosts.map((host) => ({
      ...host,
      routes: host.routes.map((route) => ({
        ...route,
        options: { ...route.options, ...options },
      })),
    })),
  });
}

Deno.test("plain HTTP is sent to HTTPS, unless a trusted proxy has got it by that", async () => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readMessage();
      await peer.send(ok("here"));
    }
  });
  for (const [httpsPort, port] of [[443, ""], [8443, ":8443"]] as const) {
    await using proxy = await Proxy.startWith(
      bothSchemes({ httpsPort }),
      origin,
      "--trust-proxy",
      "127.0.0.1",
    );
    using client = await Peer.connect(proxy.port);
    await client.send(
      "GET /a?b=%20c HTTP/1.1\r\nHost: acme.test:8080\r\n\r\n",
    );
    const moved = await client.readMessage();
    assertEquals(
      [moved.startLine, moved.field("Location")],
      [
        "HTTP/1.1 308 Permanent Redirect",
        `https://acme.test${port}/a?b=%20c`,
      ],
    );
    await client.send(get("/", "X-Forwarded-Proto: https"));
    assertEquals((await client.readMessage()).content, "here");
  }
});

Deno.test("browsers are told to stay with HTTPS, on HTTPS only", async () => {
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    await peer.send(ok("here"));
  });
  const line = "Strict-Transport-Security: max-age=60\r\n";
  const change = bothSchemes({ hstsLine: bytesOf(line) });
  const secureOnly = (config: Config): Config => {
    const both = change(config);
    return { ...both, listen: both.listen.slice(1) };
  };
  await using proxy = await Proxy.startWith(secureOnly, origin);
  using shaken = await shake(proxy.port, "acme.test");
  const text = await answer(shaken, requestTo("acme.test"));
  assert(text.includes(`\r\n${line}\r\n`), text);
  await using plain = await Proxy.startWith(change, origin);
  using client = await Peer.connect(plain.port);
  await client.send(get("/"));
  const { head } = await client.readMessage();
  assert(!head.includes("Strict-Transport-Security"), head);
});
