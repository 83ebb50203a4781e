/** Clients that say that their request is the last: they are looked out for later, and not waited for. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { get, Proxy } from "../support/proxy.ts";

const LAST = get("/slow", "Connection: close");

Deno.test("one that half-closes at once still gets its response", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  using client = await proxy.connect();
  await client.send(LAST);
  await client.end();
  const peer = await origin.accept();
  await peer.readHead();
  await clock.advance(60); // it is looked out for, and its end is found
  await peer.send(ok("hello"));
  assertEquals((await client.readMessage()).content, "hello");
  assertEquals(await client.readToEnd(), "");
});

Deno.test("one that leaves while the origin thinks cancels the request", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  using client = await proxy.connect();
  await client.send(LAST);
  const peer = await origin.accept();
  await peer.readHead();
  await clock.advance(150); // it is looked out for
  await clock.advance(150); // later than a half-close would come
  client.close();
  assertEquals(await peer.readToEnd(), "");
  const line = await proxy.nextLogLine();
  assert(line.includes('"GET /slow HTTP/1.1" 499 0 '), line);
});

Deno.test("one that leaves in the middle of a stream cancels it", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  using client = await proxy.connect();
  await client.send(LAST);
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  await client.readHead();
  await clock.advance(150);
  await clock.advance(150);
  client.close();
  assertEquals(await peer.readToEnd(), "");
});

Deno.test("what one sends behind its last request costs it no response", async () => {
  await using origin = Origin.serving(async (peer) => {
    await peer.readHead();
    await peer.send(ok("x".repeat(100_000)));
  });
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(LAST + get("/never", "X-Padding: " + "y".repeat(4000)));
  assertEquals((await client.readMessage()).content.length, 100_000);
  assertEquals(await client.readToEnd(), "");
});

Deno.test("the log names the request of one that was looked out for late", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  using client = await proxy.connect();
  await client.send(LAST);
  const peer = await origin.accept();
  await peer.readHead();
  await clock.advance(150);
  await peer.send(ok("hello"));
  await client.readToEnd();
  const line = await proxy.nextLogLine();
  assert(line.includes('"GET /slow HTTP/1.1" 200 '), line);
});
