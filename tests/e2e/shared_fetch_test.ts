/** Content of unknown length that turns out larger than may be stored, while several read it. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const FRESH = "Cache-Control: max-age=60";
const HEAD =
  `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n`;
const CHUNK_BYTES = 256 * 1024;
const CHUNK = `${CHUNK_BYTES.toString(16)}\r\n${"x".repeat(CHUNK_BYTES)}\r\n`;
const CHUNKS = 64;
const LENGTH = CHUNKS * CHUNK_BYTES;

Deno.test("a reader that does not read is cut off, and those who share its request go on", async () => {
  const joined = Promise.withResolvers<void>();
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    await peer.send(HEAD + CHUNK);
    await joined.promise;
    for (let i = 1; i < CHUNKS; i++) await peer.send(CHUNK);
    await peer.send("0\r\n\r\n");
    await peer.readToEnd();
  });
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    ...["--cache-max-object", "1MiB", "--workers", "1"],
  );
  using idle = await proxy.connect();
  await idle.send(get("/"));
  const head = await idle.readHead();
  assertEquals(head.field("cache-status"), "sluice; fwd=uri-miss");
  using reader = await proxy.connect();
  await reader.send(get("/"));
  const reading = reader.readMessage();
  using another = await proxy.connect();
  await another.send(get("/"));
  const status = (await another.readHead()).field("cache-status");
  assertEquals(status, "sluice; fwd=miss; collapsed");
  joined.resolve();
  assertEquals((await clock.within(60_000, reading)).content.length, LENGTH);
  const lines = [await proxy.nextLogLine(), await proxy.nextLogLine()];
  assert(
    lines.some((line) => line.endsWith(" error=too_slow")),
    lines.join(""),
  );
  assertEquals(origin.connectionCount, 1);
});

Deno.test("what has turned out too large is not shared again for a while", async () => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readMessage();
      await peer.send(HEAD + CHUNK.repeat(8) + "0\r\n\r\n");
    }
  });
  await using proxy = await Proxy.start(
    origin,
    ...["--cache-max-object", "1MiB", "--workers", "1"],
  );
  const first = await exchange(proxy, get("/"));
  assertEquals(first.field("cache-status"), "sluice; fwd=uri-miss");
  assertEquals(first.content.length, 8 * CHUNK_BYTES);
  for (let i = 0; i < 2; i++) {
    const next = await exchange(proxy, get("/"));
    assertEquals(
      next.field("cache-status"),
      "sluice; fwd=uri-miss; detail=too-large",
    );
    assertEquals(next.content.length, 8 * CHUNK_BYTES);
  }
});

Deno.test("what arrives is stored or a hit only once that is certain", async () => {
  const whole = Promise.withResolvers<void>();
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      const { startLine } = await peer.readMessage();
      if (startLine.includes("length")) {
        await peer.send(ok("hello", FRESH).slice(0, -1));
        await whole.promise;
        await peer.send("o");
      } else {
        await peer.send(`${HEAD}5\r\nhello\r\n`);
        await whole.promise;
        await peer.send("0\r\n\r\n");
      }
    }
  });
  await using proxy = await Proxy.start(origin, "--workers", "1");
  const rows: [path: string, first: string][] = [
    ["/length", "sluice; fwd=uri-miss; stored"],
    ["/chunked", "sluice; fwd=uri-miss"],
  ];
  const clients = [];
  for (const [path, first] of rows) {
    for (const status of [first, "sluice; fwd=miss; collapsed"]) {
      const client = await proxy.connect();
      clients.push(client);
      await client.send(get(path));
      assertEquals((await client.readHead()).field("cache-status"), status);
    }
  }
  whole.resolve();
  for (const client of clients) {
    await client.readThrough("ell");
    client.close();
  }
  for (let i = 0; i < 4; i++) {
    const line = await proxy.nextLogLine();
    assert(/cache=(?:miss|collapsed)/.test(line), line);
  }
  for (const [path] of rows) {
    const answer = await exchange(proxy, get(path));
    assertEquals(answer.content, "hello");
    assert(answer.field("cache-status")!.startsWith("sluice; hit;"));
  }
});
