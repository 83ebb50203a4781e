/** Targets in absolute form that begin with `https`: over TLS they mean what origin form does with that Host (RFC 9112 §3.2.2). */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { AUTHORITY_PEM } from "../support/certificate.ts";
import { Peer } from "../support/peer.ts";
import { Proxy, secured } from "../support/proxy.ts";

const TRUST = ["--trust-proxy", "127.0.0.1"] as const;

/** A request whose target and Host are these. */
function request(
  target: string,
  host: string,
  ...fields: readonly string[]
): string {
  const lines = [`GET ${target} HTTP/1.1`, `Host: ${host}`, ...fields];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A client that asks for this name in its handshake; an address is none. */
async function connect(port: number, hostname: string): Promise<Peer> {
  return new Peer(
    await Deno.connectTls({ hostname, port, caCerts: [AUTHORITY_PEM] }),
  );
}

Deno.test("over TLS both forms reach the origin alike, and share what is stored", async () => {
  const seen: string[] = [];
  await using origin = Origin.answering(({ startLine, field }) => {
    seen.push(
      [startLine, field("host"), field("x-forwarded-proto")].join(", "),
    );
    return ok(String(seen.length), "Cache-Control: max-age=60");
  });
  await using proxy = await Proxy.startWith(secured, origin);
  using client = await connect(proxy.port, "127.0.0.1");
  for (
    const [target, host, content] of [
      ["https://a.test/x?y", "a.test", "1"],
      ["/x?y", "a.test", "1"],
      ["HTTPS://a.test/x?y", "other.test", "1"], // the target's host is the one that counts
      ["/x?y", "other.test", "2"],
      ["https://a.test", "a.test", "3"],
      ["/", "a.test", "3"],
    ] as const
  ) {
    await client.send(request(target, host));
    assertEquals((await client.readMessage()).content, content, target);
  }
  assertEquals(seen, [
    "GET /x?y HTTP/1.1, a.test, https",
    "GET /x?y HTTP/1.1, other.test, https",
    "GET / HTTP/1.1, a.test, https",
  ]);
});

Deno.test("the handshake's name is held against the target, not against Host", async () => {
  await using origin = Origin.answering(() => ok("here"));
  await using proxy = await Proxy.startWith(secured, origin);
  for (
    const [target, host, status] of [
      ["https://localhost/", "localhost", 200],
      [`https://localhost:${proxy.port}/`, "other.test", 200],
      ["https://other.test/", "localhost", 421],
    ] as const
  ) {
    using client = await connect(proxy.port, "localhost");
    await client.send(request(target, host));
    assertEquals((await client.readMessage()).status, status, target);
  }
});

Deno.test("over plain HTTP it is refused, unless a trusted proxy has got it by HTTPS", async () => {
  await using origin = Origin.answering(() => ok("here"));
  for (
    const [flags, field, status] of [
      [[], "X-Other: 1", 421],
      [[], "X-Forwarded-Proto: https", 421],
      [TRUST, "X-Forwarded-Proto: http", 421],
      [TRUST, "X-Other: 1", 421],
      [TRUST, "X-Forwarded-Proto: https", 200],
    ] as const
  ) {
    await using proxy = await Proxy.startWith(
      (config) => config,
      origin,
      ...flags,
    );
    using client = await Peer.connect(proxy.port);
    await client.send(request("https://a.test/", "a.test", field));
    assertEquals((await client.readMessage()).status, status, field);
  }
});
