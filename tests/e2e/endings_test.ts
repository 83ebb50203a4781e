/** How connections end: nothing of another's is sent, nothing waits for who is done. */

import { assert, assertEquals } from "../support/assert.ts";
import { pause, TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { get, Proxy } from "../support/proxy.ts";

/** More than all buffers on the way hold. */
const PLENTY = 32 * 1024 * 1024;
/** Looks at which nothing more has been taken: then the buffers on the way are full. */
const STALLED_LOOKS = 10;
/** Between two looks, in ms. */
const LOOK_MS = 20;
/** Longer than the origin may be silent, which is 2 s. */
const PATIENCE_MS = 2500;

/** Sends `letter` until nobody takes it, or the connection is closed. */
class Flood {
  readonly ended: Promise<void>;
  #sent = 0;

  constructor(peer: Peer, letter: string) {
    this.ended = this.#run(peer, letter.repeat(65536)).catch(() => {});
  }

  async #run(peer: Peer, piece: string): Promise<void> {
    for (; this.#sent < PLENTY; this.#sent += piece.length) {
      await peer.send(piece);
    }
  }

  /** Resolves when no more of it is taken. */
  async stalled(): Promise<void> {
    for (let looks = 0; looks < STALLED_LOOKS; looks++) {
      const before = this.#sent;
      await pause(LOOK_MS);
      if (this.#sent > before) looks = 0;
    }
    assert(this.#sent < PLENTY, "somebody has taken it all");
  }
}

/** Which is first: that the server has stopped, or the end of patience with it. */
async function firstOf(stopped: Promise<void>): Promise<string> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("it waits"), 30_000);
  const first = await Promise.race([
    stopped.then(() => "it stops"),
    late.promise,
  ]);
  clearTimeout(timer);
  return first;
}

function plenty(length: number): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
}

Deno.test("what a client is being sent stays its own when its exchange is broken off", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
  );
  const peer = await origin.accept();
  await peer.readThrough("1\r\nx\r\n");
  await peer.send(plenty(PLENTY));
  const flood = new Flood(peer, "a");
  await flood.stalled(); // the response is being written
  await client.send("no chunk\r\n");
  await flood.ended; // the origin's connection is closed
  using other = await proxy.connect();
  await other.send(get("/"));
  const second = await origin.accept();
  await second.readHead();
  const content = "b".repeat(4 * 1024 * 1024);
  const sending = second.send(plenty(content.length) + content);
  assertEquals((await other.readMessage()).content, content);
  await sending;
  const got = await client.readToEnd();
  const own = got.slice(got.indexOf("\r\n\r\n") + 4);
  assert(/^a+$/.test(own), "another's bytes are among them");
});

for (const flags of [[], ["--no-cache"]]) {
  const how = ["by default", ...flags].at(-1);
  Deno.test(`a client that is slow does not make its origin late, ${how}`, async () => {
    await using origin = new Origin();
    const clock = new TestClock();
    await using proxy = await Proxy.startAt(
      clock,
      origin,
      "--read-timeout",
      "2s",
      "--response-timeout",
      "2s",
      ...flags,
    );
    using client = await proxy.connect();
    await client.send(get("/"));
    const peer = await origin.accept();
    await peer.readHead();
    await peer.send(plenty(PLENTY));
    const flood = new Flood(peer, "a");
    await flood.stalled();
    await clock.advance(PATIENCE_MS);
    assertEquals((await client.readMessage()).content.length, PLENTY);
    await flood.ended;
  });
}

for (const option of ["close", "keep-alive"]) {
  Deno.test(`a drain does not wait for a client to close that has its last response, ${option}`, async () => {
    await using origin = new Origin();
    const proxy = await Proxy.start(origin, "--drain-timeout", "1m");
    using client = await proxy.connect();
    await client.send(get("/", `Connection: ${option}`));
    const peer = await origin.accept();
    await peer.readHead();
    const stopped = proxy[Symbol.asyncDispose]();
    await peer.send(ok("last"));
    assertEquals((await client.readMessage()).content, "last");
    assertEquals(await client.readToEnd(), "");
    const first = await firstOf(stopped);
    client.close();
    await stopped;
    assertEquals(first, "it stops");
  });
}

Deno.test("a drain ends a connection whose response had begun, and promised to go on", async () => {
  await using origin = new Origin();
  const proxy = await Proxy.start(origin, "--drain-timeout", "1m");
  using client = await proxy.connect();
  await client.send(get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
  const head = await client.readThrough("\r\n\r\na");
  assertEquals(/^connection:/im.exec(head), null);
  const stopped = proxy[Symbol.asyncDispose]();
  await peer.send("b");
  assertEquals(await client.readThrough("b"), "b");
  const first = await firstOf(stopped);
  client.close();
  await stopped;
  assertEquals(first, "it stops");
});

Deno.test("a drain answers the request that had come behind another", async () => {
  await using origin = new Origin();
  const proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/first") + get("/second"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
  await client.readThrough("\r\n\r\na");
  const stopped = proxy[Symbol.asyncDispose]();
  await peer.send("b");
  const second = await origin.accept(); // the pool is closed: no connection is kept
  assertEquals((await second.readHead()).startLine, "GET /second HTTP/1.1");
  await second.send(ok("last"));
  assertEquals(await client.readThrough("b"), "b");
  const { head, content } = await client.readMessage();
  assertEquals([/^connection: (.*)$/im.exec(head)?.[1], content], [
    "close",
    "last",
  ]);
  assertEquals(await client.readToEnd(), "");
  client.close();
  await stopped;
});
