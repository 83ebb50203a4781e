/** Attacks on several workers with small memory, and on content that turns out too large for it. */

import { assertEquals, assertRejects } from "../support/assert.ts";
import { Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const RUN = "x".repeat(16_000);
const CHUNK = `${RUN.length.toString(16)}\r\n${RUN}\r\n`;
const CHUNKED_HEAD = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n" +
  'ETag: "x"\r\nTransfer-Encoding: chunked\r\n\r\n';
/** With the smallest cache, workers have room for objects of some 10 KiB. */
const SMALL = ["--workers", "2", "--cache-size", "64KiB"];

Deno.test("content that is too large with its first octets reaches the client whole", async () => {
  await using origin = Origin.answering(() =>
    `${CHUNKED_HEAD}${CHUNK}${CHUNK}0\r\n\r\n`
  );
  await using proxy = await Proxy.start(origin, ...SMALL);
  for (let i = 0; i < 3; i++) {
    assertEquals((await exchange(proxy, get("/"))).content, RUN + RUN);
  }
});

Deno.test("content that is too large and that nobody reads is not fetched to its end", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, ...SMALL);
  const answer = exchange(proxy, get("/", 'If-None-Match: "x"'));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(CHUNKED_HEAD);
  assertEquals((await answer).status, 304);
  await assertRejects(async () => {
    for (let i = 0; i < 10_000; i++) await peer.send(CHUNK);
  }, Error);
});
