/** What a response from memory looks like, and to whom. */

import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy, speaksTls } from "../support/proxy.ts";

/** How a key tells the scheme. */
const SCHEME = speaksTls() ? " https" : "";

const FRESH = "Cache-Control: max-age=60";

Deno.test("fields that private and no-cache name are not stored, tags are not passed on", async () => {
  await using origin = Origin.answering(() =>
    ok(
      "x",
      'Cache-Control: max-age=60, private="x-user", no-cache="x-nonce"',
      "X-User: 1",
      "X-Nonce: 1",
      "X-A: 1",
      "Cache-Tag: t",
      "Warning: 110 - x",
    )
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  const names = (await exchange(proxy, get("/"))).fields.map(([name]) => name);
  assertEquals(names, [
    "Cache-Control",
    "X-A",
    "Date",
    "Via",
    "Content-Length",
    "Age",
    "Cache-Status",
  ]);
});

Deno.test("Cache-Status can be left out, or tell the key", async () => {
  await using origin = Origin.answering(() =>
    ok("x", FRESH, "Cache-Status: upstream; hit")
  );
  await using off = await Proxy.start(origin, "--cache-status", "off");
  assertEquals(
    (await exchange(off, get("/"))).field("cache-status"),
    "upstream; hit",
  );
  await using full = await Proxy.start(origin, "--cache-status", "full");
  assertEquals(
    (await exchange(full, get('/"'))).field("cache-status"),
    `upstream; hit, sluice; fwd=uri-miss; stored; key="sluice.test /\\"${SCHEME}"`,
  );
  const hit = (await exchange(full, get('/"'))).field("cache-status")!;
  const key = `; key="sluice.test /\\"${SCHEME}"; ttl=`;
  assert(hit.includes(`hit${key}`), hit);
});

Deno.test("HTTP/1.0 clients get what is stored, and the end of their connection", async () => {
  await using origin = Origin.answering(() =>
    `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`
  );
  await using proxy = await Proxy.start(origin);
  for (let i = 0; i < 2; i++) {
    using client = await proxy.connect();
    await client.send("GET / HTTP/1.0\r\nHost: sluice.test\r\n\r\n");
    const text = await client.readToEnd();
    assert(
      text.includes("\r\nContent-Length: 5\r\n") &&
        text.includes("\r\nConnection: close\r\n") &&
        text.endsWith("\r\n\r\nhello"),
      text,
    );
  }
  assertEquals(origin.connectionCount, 1);
});

Deno.test("pipelined hits are answered in order", async () => {
  await using origin = Origin.answering((request) =>
    ok(request.startLine.split(" ")[1]!, FRESH)
  );
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  for (let round = 0; round < 2; round++) {
    const targets = Array.from({ length: 50 }, (_, i) => `/${i}`);
    await client.send(targets.map((target) => get(target)).join(""));
    for (const target of targets) {
      assertEquals((await client.readMessage()).content, target);
    }
  }
});

Deno.test("a default lifetime for what has none", async () => {
  let count = 0;
  await using origin = Origin.answering(() => ok(String(++count)));
  await using proxy = await Proxy.start(origin, "--cache-default-ttl", "1m");
  assertEquals([
    (await exchange(proxy, get("/"))).content,
    (await exchange(proxy, get("/"))).content,
    (await exchange(proxy, get("/?q"))).content,
    (await exchange(proxy, get("/?q"))).content,
  ], ["1", "1", "2", "2"]);
});
