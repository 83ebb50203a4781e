/** An https origin is spoken to in TLS, and verified. */

import { assertEquals } from "../support/assert.ts";
import {
  AUTHORITY_PEM,
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../support/certificate.ts";
import { ok } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

/** Answers every request over TLS until it is closed. */
function secureOrigin(): Deno.TlsListener & { port: number } {
  const listener = Deno.listenTls({
    hostname: "0.0.0.0",
    port: 0,
    cert: CERTIFICATE_PEM,
    key: KEY_PEM,
  });
  (async () => {
    for await (const socket of listener) answer(new Peer(socket));
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return Object.assign(listener, { port });
}

async function answer(peer: Peer): Promise<void> {
  try {
    for (;;) await peer.send(ok((await peer.readMessage()).startLine));
  } catch {
    peer.close(); // the handshake failed, or the proxy has closed
  }
}

async function authorityFile(): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(path, AUTHORITY_PEM);
  return path;
}

Deno.test("an origin whose authority is given is trusted", async () => {
  const ca = await authorityFile();
  using origin = secureOrigin();
  await using proxy = await Proxy.start(
    `https://localhost:${origin.port}`,
    "--upstream-ca",
    ca,
  );
  using client = await proxy.connect();
  for (const target of ["/1", "/2"]) {
    await client.send(get(target));
    const { content } = await client.readMessage();
    assertEquals(content, `GET ${target} HTTP/1.1`);
  }
});

Deno.test("an origin whose authority is not known is not", async () => {
  using origin = secureOrigin();
  await using proxy = await Proxy.start(`https://localhost:${origin.port}`);
  assertEquals((await exchange(proxy, get("/"))).status, 502);
});

Deno.test("an origin of another name is not, whoever signed for it", async () => {
  const ca = await authorityFile();
  using origin = secureOrigin();
  await using proxy = await Proxy.start(
    `https://127.0.0.2:${origin.port}`,
    "--upstream-ca",
    ca,
  );
  assertEquals((await exchange(proxy, get("/"))).status, 502);
});
