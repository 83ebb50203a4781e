/** Connections that a proxy in front passes on, with a header of the PROXY protocol. */

import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { parseListen } from "../../lib/config/address_values.ts";
import type { Config } from "../../lib/config/config.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get, Proxy } from "../support/proxy.ts";

const OTHER = await makeSelfSigned(Date.now(), ["other.test"]);

function withTls(config: Config): Config {
  return {
    ...config,
    listen: config.listen.map((at) => ({
      ...at,
      secure: true,
      proxyProtocol: true,
    })),
    tls: { certificates: [OTHER], unknown: "default", needsTls13: false },
  };
}

Deno.test("a PROXY header before TLS tells the client, split at every byte", async () => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      const { fields } = await peer.readMessage();
      const [, value] = fields.find(([name]) => name === "X-Forwarded-For")!;
      await peer.send(ok(value));
    }
  });
  await using proxy = await Proxy.startWith(
    withTls,
    origin,
    "--trust-proxy",
    "127.0.0.1",
  );
  const header = bytesOf("PROXY TCP4 192.0.2.7 192.0.2.1 5000 443\r\n");
  for (const at of [1, 5, 20, header.length - 1, header.length]) {
    const conn = await Deno.connect({
      hostname: "127.0.0.1",
      port: proxy.port,
    });
    conn.setNoDelay(true);
    await conn.write(header.subarray(0, at));
    if (at < header.length) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await conn.write(header.subarray(at));
    }
    const tls = await Deno.startTls(conn, {
      hostname: "other.test",
      caCerts: [OTHER.cert],
    });
    using peer = new Peer(tls);
    await peer.send(get("/").replace("sluice.test", "other.test"));
    assertEquals((await peer.readMessage()).content, "192.0.2.7", `${at}`);
  }
});

Deno.test({
  name: "an origin is told of both ends in one family, whatever the socket's",
  ignore: Deno.build.os !== "linux", // elsewhere, a socket has one family
}, async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.startWith((config) => ({
    ...config,
    listen: [parseListen(":0")],
    upstreams: config.upstreams.map((options) => ({
      ...options,
      pool: { ...options.pool, isUnshared: true },
    })),
  }), origin);
  using client = await Peer.connect(proxy.port); // in plain text, whatever others speak
  await client.send(get("/"));
  const peer = await origin.accept();
  assertMatch(
    await peer.readThrough("\r\n"),
    /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/,
  );
  await peer.readHead();
  await peer.send(ok("hello"));
  assertEquals((await client.readMessage()).content, "hello");
});

Deno.test("a PROXY header is expected of trusted proxies, and refused from others", async (t) => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      const { fields } = await peer.readMessage();
      const [, value] = fields.find(([name]) => name === "X-Forwarded-For")!;
      await peer.send(ok(value));
    }
  });
  const plain = (config: Config): Config => ({
    ...config,
    listen: config.listen.map((at) => ({ ...at, proxyProtocol: true })),
  });
  const header = "PROXY TCP4 192.0.2.7 192.0.2.1 5000 80\r\n";
  const ask = async (proxy: Proxy, text: string): Promise<string> => {
    using client = await Peer.connect(proxy.port);
    await client.send(text);
    const [, line = "closed"] = (await client.readSome()).split("\r\n\r\n");
    return line;
  };
  await t.step("a trusted proxy", async () => {
    await using proxy = await Proxy.startWith(
      plain,
      origin,
      "--trust-proxy",
      "127.0.0.1",
    );
    assertEquals(await ask(proxy, header + get("/")), "192.0.2.7");
    assertEquals(await ask(proxy, get("/")), "closed");
    assertEquals(await ask(proxy, "PROXY UNKNOWN\r\n" + get("/")), "127.0.0.1");
    assertEquals(
      await ask(proxy, "PROXY TCP4 nonsense\r\n" + get("/")),
      "closed",
    );
  });
  await t.step("another", async () => {
    await using proxy = await Proxy.startWith(
      plain,
      origin,
      "--trust-proxy",
      "192.0.2.1",
    );
    assertEquals(await ask(proxy, header + get("/")), "closed");
    assertEquals(await ask(proxy, get("/")), "127.0.0.1");
  });
});
