/**
 * Why the origin cannot be reached stands in both logs: a code for each request in
 * the access log, one line with a hint in the event log.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import {
  EARLY,
  EXPIRED,
  type Identity,
  SELF_SIGNED,
} from "../support/bad_certificates.ts";
import {
  AUTHORITY_PEM,
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../support/certificate.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { get } from "../support/proxy.ts";
import { freePort, refusingUrl } from "../support/free_port.ts";
import { rows } from "../support/tries.ts";

const GOOD: Identity = { cert: CERTIFICATE_PEM, key: KEY_PEM };
const TLS_ALERT = new Uint8Array([0x15, 3, 1, 0, 2, 2, 70]);

/** An origin that does not work: its URL, and what ends it. */
interface Broken extends Disposable {
  readonly url: string;
}

function nothingAt(url: string): Broken {
  return { url, [Symbol.dispose](): void {} };
}

/** Nobody listens on the port. */
function refusing(): Broken {
  return nothingAt(refusingUrl());
}

/** Does with each connection as it is told. */
function listening(
  scheme: string,
  serve: (socket: Deno.Conn) => Promise<void>,
): Broken {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const sockets: Deno.Conn[] = [];
  (async () => {
    for await (const socket of listener) {
      sockets.push(socket);
      serve(socket).catch(() => {}); // the proxy has closed
    }
  })();
  return {
    url: `${scheme}://localhost:${listener.addr.port}`,
    [Symbol.dispose](): void {
      listener.close();
      for (const socket of sockets) socket.close();
    },
  };
}

/** Shows this certificate. */
function secure(name: string, { cert, key }: Identity): Broken {
  const listener = Deno.listenTls({
    hostname: "0.0.0.0",
    port: 0,
    cert,
    key,
  });
  (async () => {
    for await (const socket of listener) {
      await socket.handshake().catch(() => {}); // the proxy does not go on
      socket.close();
    }
  })();
  return {
    url: `https://${name}:${listener.addr.port}`,
    [Symbol.dispose]: () => listener.close(),
  };
}

async function answering(socket: Deno.Conn, answer: string): Promise<void> {
  await socket.read(new Uint8Array(4096));
  await new Peer(socket).send(answer);
}

const silent = () => Promise.resolve();

const ROWS: readonly {
  name: string;
  origin: () => Broken;
  authority?: string;
  status?: number;
  code: string;
  event: RegExp;
}[] = [
  {
    name: "nobody listens",
    origin: refusing,
    code: "origin_refused",
    event: /connection refused; is the application running/,
  },
  {
    name: "its name is not found",
    origin: () => nothingAt("http://nowhere.invalid:80"),
    code: "origin_name_not_found",
    event:
      /nowhere\.invalid: its name is not found; is the name in its URL right/,
  },
  {
    name: "there is no such socket",
    origin: () => nothingAt("unix:/nowhere/app.sock"),
    code: "origin_socket_missing",
    event: /upstream unix:\/nowhere\/app\.sock: no such socket; /,
  },
  {
    name: "it does not speak TLS",
    origin: () =>
      listening(
        "https",
        (socket) => answering(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"),
      ),
    code: "origin_not_tls",
    event: /does not speak TLS on this port; use http:\/\//,
  },
  {
    name: "it speaks TLS, and is not spoken to in TLS",
    origin: () =>
      listening(
        "http",
        (socket) => answering(socket, String.fromCharCode(...TLS_ALERT)),
      ),
    code: "origin_is_tls",
    event: /speaks TLS on this port; use https:\/\//,
  },
  {
    name: "its authority is not known",
    origin: () => secure("localhost", GOOD),
    code: "origin_certificate_unknown",
    event: /unknown authority; --upstream-ca FILE/,
  },
  {
    name: "its certificate is self-signed",
    origin: () => secure("localhost", SELF_SIGNED),
    code: "origin_certificate_unknown",
    event: /self-signed/,
  },
  {
    name: "its certificate is for another name",
    origin: () => secure("127.0.0.2", GOOD),
    authority: AUTHORITY_PEM,
    code: "origin_certificate_name",
    event: /not valid for name "127\.0\.0\.2"; .*"localhost".*; use a name/,
  },
  {
    name: "its certificate is too old",
    origin: () => secure("localhost", EXPIRED),
    authority: SELF_SIGNED.cert,
    code: "origin_certificate_expired",
    event: /certificate expired: .*; renew it/,
  },
  {
    name: "its certificate is not good yet",
    origin: () => secure("localhost", EARLY),
    authority: SELF_SIGNED.cert,
    code: "origin_certificate_invalid",
    event: /not valid yet/,
  },
  {
    name: "it ends the handshake",
    origin: () =>
      listening("https", async (socket) => {
        await socket.read(new Uint8Array(4096));
        await socket.closeWrite();
      }),
    code: "origin_tls_failed",
    event: /closed the connection during the TLS handshake/,
  },
  {
    name: "it never shakes hands",
    origin: () => listening("https", silent),
    status: 504,
    code: "origin_tls_timeout",
    event: /no TLS handshake within 200 ms; does it speak TLS/,
  },
  {
    name: "it never answers",
    origin: () => listening("http", silent),
    status: 504,
    code: "origin_timeout",
    event: /no response in time; --response-timeout/,
  },
  {
    name: "it talks nonsense",
    origin: () => listening("http", (socket) => answering(socket, "220 smtp")),
    code: "origin_bad_message",
    event: /warn: upstream localhost:\d+: /,
  },
];

/** That fail in stages far apart: each takes a program. */
const FAR_APART = ROWS.filter(({ name }) =>
  [
    "nobody listens",
    "its certificate is for another name",
    "it never shakes hands",
    "it talks nonsense",
  ].includes(name)
);

for (
  const { name, origin, authority, status = 502, code, event } of rows(
    ROWS,
    ...FAR_APART,
  )
) {
  Deno.test(`${code}: ${name}`, async () => {
    using broken = origin();
    const path = await Deno.makeTempFile({ suffix: ".pem" });
    await Deno.writeTextFile(path, authority ?? AUTHORITY_PEM);
    const program = new Program(
      ...["--listen", "127.0.0.1:0", "--upstream", broken.url],
      ...["--response-timeout", code === "origin_timeout" ? "200ms" : "10s"],
      ...[
        "--connect-timeout",
        code === "origin_tls_timeout" ? "200ms" : "10s",
      ],
      ...authority === undefined ? [] : ["--upstream-ca", path],
    );
    using client = await Peer.connect(await program.port());
    for (let i = 0; i < 3; i++) {
      await client.send(get("/"));
      const response = await client.readMessage();
      assertEquals(response.status, status);
    }
    program.signal("SIGTERM");
    const { out, err } = await program.ended();
    assertEquals(
      out.split("\n").filter((line) => line.endsWith(` error=${code}`)).length,
      3,
      out + err,
    );
    const events = err.split("\n").filter((line) => line.includes(" warn: "));
    assertEquals(events.length, 1, err);
    assertMatch(events[0]!, event);
  });
}

Deno.test("an origin that is back is told, once by all workers", async () => {
  const port = freePort();
  const program = new Program(
    ...["--listen", "127.0.0.1:0", "--upstream", `http://127.0.0.1:${port}`],
    ...["--workers", Deno.build.os === "linux" ? "2" : "1", "--no-cache"],
  );
  const front = await program.port();
  const ask = async (): Promise<number> => {
    using client = await Peer.connect(front);
    await client.send(get("/"));
    return (await client.readMessage()).status;
  };
  for (let i = 0; i < 20; i++) assertEquals(await ask(), 502);
  await program.until(/is the application running/);
  {
    await using _origin = Origin.answering(() => ok("back"), port);
    for (let i = 0; i < 20; i++) assertEquals(await ask(), 200);
  }
  await program.until(/connected again/);
  program.signal("SIGTERM");
  const { err } = await program.ended();
  assertEquals(err.match(/application running/g)!.length, 1, err);
  assertEquals(err.match(/connected again/g)!.length, 1, err);
  assertStringIncludes(err, `upstream 127.0.0.1:${port}: connected again`);
});

Deno.test("a refresh in the background that fails is told", async () => {
  let count = 0;
  await using origin = Origin.answering(() =>
    count++ === 0
      ? ok("a", "Cache-Control: max-age=0, stale-while-revalidate=60")
      : "220 smtp\r\n\r\n"
  );
  const program = new Program(
    ...["--listen", "127.0.0.1:0", "--upstream", origin.url],
  );
  using client = await Peer.connect(await program.port());
  for (let i = 0; i < 2; i++) {
    await client.send(get("/"));
    assertEquals((await client.readMessage()).content, "a");
  }
  await program.until(/warn: upstream 127\.0\.0\.1:\d+: /);
  program.signal("SIGTERM");
  assertEquals((await program.ended()).code, 0);
});

Deno.test("TLS to the plain port is one line and one code, however it arrives", async () => {
  const hello = await clientHello();
  await using origin = new Origin();
  const program = new Program(
    ...["--listen", "127.0.0.1:0", "--upstream", origin.url],
  );
  const port = await program.port();
  for (const size of [hello.length, 100, 1]) {
    using client = await Peer.connect(port);
    try {
      for (let at = 0; at < hello.length; at += size) {
        await client.send(hello.subarray(at, at + size));
      }
    } catch {
      // It has answered, and does not wait for the rest.
    }
    assertMatch(await client.readToEnd(), /^HTTP\/1\.1 400 /);
  }
  program.signal("SIGTERM");
  const { out, err } = await program.ended();
  const lines = out.trimEnd().split("\n");
  assertEquals(lines.length, 3, out);
  for (const line of lines) assert(line.endsWith(" error=tls_on_plain_port"));
  assertEquals(err.match(/speaks TLS to a port for plain HTTP/g)!.length, 1);
});

/** What a client sends that wants TLS. */
async function clientHello(): Promise<Uint8Array> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [server, socket] = await Promise.all([
    listener.accept(),
    Deno.connect({ hostname: "127.0.0.1", port }),
  ]);
  const client = await Deno.startTls(socket, { hostname: "localhost" });
  const shaken = client.handshake().catch(() => {}); // nobody answers
  const buffer = new Uint8Array(4096);
  const count = (await server.read(buffer))!;
  server.close();
  await shaken;
  client.close();
  return buffer.slice(0, count);
}
