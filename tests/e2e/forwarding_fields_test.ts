/** What says where a request came from: taken from trusted proxies, and then part of the key. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

/** Names that applications and frameworks have been seen to believe. */
const REQUEST_NAMES = [
  "X-Forwarded",
  "X-Forwarded-Scheme",
  "X-Forwarded-Prefix",
  "X-Forwarded-Ssl",
  "X-Forwarded-Server",
  "X-Forwarded-Path",
  "X-Forwarded-Protocol",
  "X-Forwarded-User",
  "X-Forwarded-Anything-At-All",
  "X-Original-Host",
  "X-Original-Uri",
  "X-Rewrite-Whatever",
  "X-Host",
  "X-HTTP-Host-Override",
  "X-Forward-Host",
  "X-Real-Host",
  "X-Backend-Host",
  "X-Proxy-Host",
  "X-Client-Host",
  "Forwarded-Host",
  "Forwarded-Proto",
  "X-Forward-Proto",
  "X-Forward-Scheme",
  "HTTPS",
  "X-Https",
  "Fastly-SSL",
  "Front-End-Https",
  "X-Url-Scheme",
  "X-Scheme",
  "X-Arr-Ssl",
  "CloudFront-Forwarded-Proto",
  "X-Script-Name",
  "X-ProxyContextPath",
];
const ADDRESS_NAMES = [
  "X-Real-IP",
  "X-Client-IP",
  "True-Client-IP",
  "Client-IP",
  "X-Cluster-Client-IP",
  "CF-Connecting-IP",
  "Fastly-Client-IP",
  "X-ProxyUser-Ip",
  "X-Remote-IP",
  "X-Originating-IP",
  "WL-Proxy-Client-IP",
  "Forwarded-For",
  "X-Forwarder-For",
];
const NAMES = [...REQUEST_NAMES, ...ADDRESS_NAMES];

function recording(seen: Message[]): Origin {
  return Origin.answering((request) => {
    seen.push(request);
    return ok(String(seen.length), "Cache-Control: max-age=60");
  });
}

Deno.test("what clients say of where they come from never reaches the origin", async () => {
  const looks = NAMES.flatMap((name) => [
    name,
    name.toUpperCase(),
    name.toLowerCase(),
    name.replaceAll("-", "_"),
    name.replace("-", "."),
  ]);
  const seen: Message[] = [];
  await using origin = recording(seen);
  await using proxy = await Proxy.start(origin);
  const lines = looks.map((name) => `${name}: evil`);
  lines.splice(lines.length / 2, 0, "X-Forward: kept", "X-Foo_Bar: kept");
  // A part fits the bound of lines of a head.
  for (let at = 0; at < lines.length; at += 85) {
    const part = lines.slice(at, at + 85);
    await exchange(
      proxy,
      `PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n${
        part.join("\r\n")
      }\r\n\r\n`,
    );
  }
  const values = seen.flatMap(({ fields }) => fields);
  assertEquals(values.filter(([, value]) => value === "evil"), []);
  assertEquals(values.filter(([, value]) => value === "kept").length, 2);
});

Deno.test("a stored redirect is not poisoned by what a client says", async () => {
  await using origin = Origin.answering((request) => {
    const scheme = request.field("x-forwarded-scheme") ?? "https";
    const prefix = request.field("x-forwarded-prefix") ??
      request.field("x_forwarded_prefix") ?? "";
    return `HTTP/1.1 301 Moved\r\nLocation: ${scheme}://h${prefix}/\r\n` +
      "Cache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n";
  });
  await using proxy = await Proxy.start(origin);
  for (
    const field of [
      "X-Forwarded-Scheme: http",
      "X-Forwarded-Prefix: //evil",
      "X_Forwarded_Prefix: //evil",
      "x-forwarded.prefix: //evil",
    ]
  ) {
    const target = `/${encodeURIComponent(field)}`;
    await exchange(proxy, get(target, field));
    const { field: fieldOf } = await exchange(proxy, get(target));
    assertEquals(fieldOf("location"), "https://h/", field);
  }
});

Deno.test("all that a trusted proxy says of a request is passed on, and parts what is stored", async () => {
  const seen: Message[] = [];
  await using origin = recording(seen);
  await using proxy = await Proxy.start(origin, "--trust-proxy", "127.0.0.1");
  let target = "/";
  const content = async (...fields: string[]): Promise<string> =>
    (await exchange(proxy, get(target, ...fields))).content;
  for (const name of REQUEST_NAMES) {
    target = `/${name}`;
    const plain = await content();
    const one = await content(`${name}: 1`);
    assertEquals(seen.at(-1)!.field(name), "1", name);
    const two = await content(`${name}: 2`);
    assertEquals(new Set([plain, one, two]).size, 3, name);
    assertEquals(await content(`${name.toLowerCase()}: 1`), one, name);
    const joined = await content(`${name}: 1`, `${name}: 2`);
    assertEquals(new Set([plain, one, two, joined]).size, 4, name);
    assertEquals(await content(), plain);
  }
  const [first, second] = REQUEST_NAMES;
  const both = await content(`${first}: 1`, `${second}: 2`);
  assertEquals(await content(`${second}: 2`, `${first}: 1`), both);
});

Deno.test("the client's address passes from a trusted proxy, and does not part what is stored", async () => {
  const seen: Message[] = [];
  await using origin = recording(seen);
  await using proxy = await Proxy.start(origin, "--trust-proxy", "127.0.0.1");
  for (const name of ADDRESS_NAMES) {
    const first = await exchange(proxy, get(`/${name}`, `${name}: 192.0.2.1`));
    assertEquals(seen.at(-1)!.field(name), "192.0.2.1", name);
    const second = await exchange(proxy, get(`/${name}`, `${name}: 192.0.2.2`));
    assertEquals(second.content, first.content, name);
  }
});
