/** What an origin in TLS may ask for: a name of its own, a certificate of ours; and that nothing is verified only by that word. */

import type { Config } from "../../lib/config/config.ts";
import type { UpstreamOptions } from "../../lib/upstream/upstream_options.ts";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import {
  AUTHORITY_PEM,
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../support/certificate.ts";
import { Origin } from "../support/origin.ts";
import { exchange, get, Proxy, speakPlainHttp } from "../support/proxy.ts";

// deno-lint-ignore no-external-import -- the runtime's own TLS does not ask for certificates
import { createServer, type Server as TlsServer } from "node:tls";

speakPlainHttp("the TLS of it is that with origins");

/** An origin in TLS that tells whose certificate it was shown. */
async function tlsOrigin(
  asksForCertificate: boolean,
): Promise<AsyncDisposable & { url: string; names: string[] }> {
  const names: string[] = [];
  const options = {
    cert: CERTIFICATE_PEM,
    key: KEY_PEM,
    ca: [AUTHORITY_PEM],
    requestCert: asksForCertificate,
    rejectUnauthorized: asksForCertificate,
    SNICallback: (name: string, done: (e: null, c?: undefined) => void) => {
      names.push(name);
      done(null);
    },
  };
  const server: TlsServer = createServer(options as object, (socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      const subject = socket.getPeerCertificate()?.subject?.CN ?? "nobody";
      socket.end(
        `HTTP/1.1 200 OK\r\nContent-Length: ${subject.length}\r\nConnection: close\r\n\r\n${subject}`,
      );
    });
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `https://127.0.0.1:${port}`,
    names,
    async [Symbol.asyncDispose](): Promise<void> {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function withUpstream(
  change: Partial<UpstreamOptions>,
): (config: Config) => Config {
  return (config) => ({
    ...config,
    upstreams: config.upstreams.map((options) => ({ ...options, ...change })),
  });
}

async function ask(
  url: string,
  change: Partial<UpstreamOptions>,
): Promise<{ status: number; content: string; log: string }> {
  await using proxy = await Proxy.startWith(
    withUpstream(change),
    url,
    "--connect-timeout",
    "3s",
  );
  const { status, content } = await exchange(proxy, get("/"));
  return { status, content, log: await proxy.nextLogLine() };
}

Deno.test("an origin is known by the name that it is given", async () => {
  await using origin = await tlsOrigin(false);
  const { status } = await ask(origin.url, {
    certificates: [AUTHORITY_PEM],
    tls: { name: "localhost" },
  });
  assertEquals([status, origin.names], [200, ["localhost"]]);
  const other = await ask(origin.url, {
    certificates: [AUTHORITY_PEM],
    tls: { name: "other.test" },
  });
  assertEquals(other.status, 502);
  assertMatch(other.log, /error=origin_certificate_name/);
});

Deno.test("an origin that asks for a certificate gets it", async () => {
  await using origin = await tlsOrigin(true);
  const tls = { name: "localhost", cert: CERTIFICATE_PEM, key: KEY_PEM };
  const { status, content } = await ask(origin.url, {
    certificates: [AUTHORITY_PEM],
    tls,
  });
  assertEquals([status, content], [200, "localhost"]);
});

Deno.test("… and is verified as any other", async () => {
  await using origin = await tlsOrigin(true);
  const shown = { cert: CERTIFICATE_PEM, key: KEY_PEM };
  const unknown = await ask(origin.url, {
    tls: { name: "localhost", ...shown },
  });
  assertEquals(unknown.status, 502);
  assertMatch(unknown.log, /error=origin_certificate_unknown/);
  const other = await ask(origin.url, {
    certificates: [AUTHORITY_PEM],
    tls: { name: "other.test", ...shown },
  });
  assertEquals(other.status, 502);
  assertMatch(other.log, /error=origin_certificate_name/);
});

Deno.test("nothing is verified where the configuration says so", async () => {
  await using origin = await tlsOrigin(false);
  const { status } = await ask(origin.url, { tls: { insecure: true } });
  assertEquals(status, 200);
});

Deno.test("a key that is not the certificate's is an error before anything is sent", async () => {
  const { key } = await makeSelfSigned(Date.now());
  await using origin = await tlsOrigin(false);
  let message = "";
  try {
    await ask(origin.url, { tls: { cert: CERTIFICATE_PEM, key } });
  } catch (error) {
    message = (error as Error).message;
  }
  assertMatch(message, /cannot be used together/);
});

Deno.test("an origin that wants the PROXY protocol gets a connection for each request", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.startWith(
    (config) => ({
      ...config,
      upstreams: config.upstreams.map((options) => ({
        ...options,
        pool: { ...options.pool, isUnshared: true },
      })),
    }),
    origin,
  );
  using client = await proxy.connect();
  const { localAddr } = client.socket;
  const { port } = localAddr as Deno.NetAddr;
  for (const target of ["/1", "/2"]) {
    await client.send(get(target));
    using peer = await origin.accept();
    assertEquals(
      await peer.readThrough("\r\n"),
      `PROXY TCP4 127.0.0.1 127.0.0.1 ${port} ${proxy.port}\r\n`,
    );
    assertMatch((await peer.readHead()).startLine, /^GET \/[12] /);
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assertEquals((await client.readMessage()).status, 200);
  }
});
