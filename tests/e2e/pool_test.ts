/** Connections to the origin: reused, bounded, queued for, and never raced. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

Deno.test("one connection carries many requests of many clients", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.start(origin);
  for (let i = 0; i < 5; i++) await exchange(proxy, get("/"));
  assertEquals(origin.connectionCount, 1);
});

const UNUSABLE: readonly { name: string; response: string }[] = [
  { name: "says close", response: ok("hello", "Connection: close") },
  { name: "is of HTTP/1.0", response: ok("hello").replace("/1.1", "/1.0") },
  {
    name: "is longer than it says",
    response: ok("hello") + "HTTP/1.1 200 OK\r\n",
  },
  {
    name: "has both lengths",
    response:
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "5\r\nhello\r\n0\r\n\r\n",
  },
];

for (const { name, response } of UNUSABLE) {
  Deno.test(`a connection is not used again after a response that ${name}`, async () => {
    await using origin = Origin.answering(() => response);
    await using proxy = await Proxy.start(origin);
    for (let i = 0; i < 2; i++) {
      assertEquals((await exchange(proxy, get("/"))).content, "hello");
    }
    assertEquals(origin.connectionCount, 2);
  });
}

Deno.test("bytes that arrive on an idle connection are never taken for a response", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  const first = exchange(proxy, get("/1"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(ok("one"));
  assertEquals((await first).content, "one");
  await peer.send(ok("poison"));
  assertEquals(await peer.readToEnd(), ""); // sluice has closed it
  const second = exchange(proxy, get("/2"));
  const fresh = await origin.accept();
  assertEquals((await fresh.readHead()).startLine, "GET /2 HTTP/1.1");
  await fresh.send(ok("two"));
  assertEquals((await second).content, "two");
});

Deno.test("of more idle connections than are kept, the one that was used last stays", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, "--upstream-max-idle", "1");
  const first = exchange(proxy, get("/1"));
  const older = await origin.accept();
  await older.readHead();
  const second = exchange(proxy, get("/2"));
  const younger = await origin.accept();
  await younger.readHead();
  await older.send(ok("one"));
  await first;
  await younger.send(ok("two"));
  await second;
  assertEquals(await older.readToEnd(), "");
  const third = exchange(proxy, get("/3"));
  assertEquals((await younger.readHead()).startLine, "GET /3 HTTP/1.1");
  await younger.send(ok("three"));
  assertEquals((await third).content, "three");
});

/** An origin whose first connection answers once and closes when the second request has come. */
function dyingOrigin(seen: string[]): Origin {
  return Origin.serving(async (peer, index) => {
    for (;;) {
      const { startLine } = await peer.readMessage();
      seen.push(`${index} ${startLine.split(" ")[0]}`);
      if (index === 0 && seen.length === 2) return;
      await peer.send(ok("hello"));
    }
  });
}

Deno.test("an unsafe method, or content, is sent only on a connection that was idle for less than 4 seconds", async () => {
  const clock = new TestClock();
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.startAt(clock, origin);
  const connectionsAfter = async (
    idleMs: number,
    method: string,
  ): Promise<number> => {
    await clock.advance(idleMs);
    const length = method === "QUERY" ? "Content-Length: 1\r\n\r\nx" : "\r\n";
    const request = `${method} / HTTP/1.1\r\nHost: a\r\n${length}`;
    assertEquals((await exchange(proxy, request)).status, 200);
    return origin.connectionCount;
  };
  assertEquals(await connectionsAfter(5000, "GET"), 1);
  assertEquals(await connectionsAfter(0, "POST"), 1);
  assertEquals(await connectionsAfter(3000, "POST"), 1);
  assertEquals(await connectionsAfter(5000, "POST"), 2);
  assertEquals(await connectionsAfter(5000, "GET"), 2);
  assertEquals(await connectionsAfter(3000, "QUERY"), 2);
  assertEquals(await connectionsAfter(5000, "QUERY"), 3);
});

Deno.test("an idempotent request is sent again when a reused connection dies before it answers", async () => {
  const seen: string[] = [];
  await using origin = dyingOrigin(seen);
  await using proxy = await Proxy.start(origin);
  for (let i = 0; i < 2; i++) {
    assertEquals((await exchange(proxy, get("/"))).status, 200);
  }
  assertEquals(seen, ["0 GET", "0 GET", "1 GET"]);
});

const NOT_TWICE: readonly { name: string; request: string }[] = [
  { name: "POST", request: "POST / HTTP/1.1\r\nHost: a\r\n\r\n" },
  {
    name: "PATCH",
    request: "PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
  },
  { name: "an unknown method", request: "FROB / HTTP/1.1\r\nHost: a\r\n\r\n" },
  {
    name: "PUT with content",
    request: "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
  },
];

for (const { name, request } of NOT_TWICE) {
  Deno.test(`${name} is never sent twice`, async () => {
    const seen: string[] = [];
    await using origin = dyingOrigin(seen);
    await using proxy = await Proxy.start(origin);
    await exchange(proxy, get("/"));
    assertEquals((await exchange(proxy, request)).status, 502);
    assertEquals(seen.length, 2);
  });
}

Deno.test("a request is not sent again on a connection of its own", async () => {
  let count = 0;
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    count++;
  });
  await using proxy = await Proxy.start(origin);
  assertEquals((await exchange(proxy, get("/"))).status, 502);
  assertEquals(count, 1);
});

Deno.test("a request is not sent again once a byte of its response has come", async () => {
  let count = 0;
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readMessage();
      if (++count === 2) return await peer.send("HTTP/1.1 2");
      await peer.send(ok("hello"));
    }
  });
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  assertEquals((await exchange(proxy, get("/"))).status, 502);
  assertEquals(count, 2);
});

Deno.test("a request waits for a connection to come free, and one too many gets 503", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(
    origin,
    "--upstream-max",
    "1",
    "--upstream-queue",
    "1",
  );
  const first = exchange(proxy, get("/1"));
  const peer = await origin.accept();
  await peer.readHead();
  const others = [exchange(proxy, get("/2")), exchange(proxy, get("/3"))];
  const refused = await Promise.race(others); // the one that came second
  assertEquals([refused.status, refused.field("retry-after")], [503, "1"]);
  await peer.send(ok("one"));
  assertEquals((await first).content, "one");
  await peer.readHead();
  await peer.send(ok("two"));
  const statuses = (await Promise.all(others)).map(({ status }) => status);
  assertEquals(statuses.toSorted(), [200, 503]);
  assertEquals(origin.connectionCount, 1);
});

Deno.test("a request does not queue for longer than it may", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(
    origin,
    "--upstream-max",
    "1",
    "--upstream-queue-timeout",
    "100ms",
  );
  const first = exchange(proxy, get("/1"));
  const peer = await origin.accept();
  await peer.readHead();
  assertEquals((await exchange(proxy, get("/2"))).status, 503);
  await peer.send(ok("one"));
  assertEquals((await first).content, "one");
});

Deno.test("a connection that the origin keeps for a second is not kept at all", async () => {
  await using origin = Origin.answering(() =>
    ok("hello", "Keep-Alive: timeout=1")
  );
  await using proxy = await Proxy.start(origin);
  for (let i = 0; i < 2; i++) await exchange(proxy, get("/"));
  assertEquals(origin.connectionCount, 2);
});

Deno.test("how long the origin keeps a connection counts, though content has come after it", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  const [head, content] = ok("a".repeat(300), "Keep-Alive: timeout=1")
    .split(/(?<=\r\n\r\n)/) as [string, string];
  await client.send(get("/1"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(head);
  await client.readHead();
  await peer.send(content);
  await client.readExactly(300);
  await client.send(get("/2"));
  await Promise.any([origin.accept(), peer.readHead()]);
  assertEquals(origin.connectionCount, 2);
});

Deno.test("an idle connection is given up after its time", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(
    origin,
    "--upstream-idle-timeout",
    "100ms",
  );
  const first = exchange(proxy, get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(ok("hello"));
  await first;
  assertEquals(await peer.readToEnd(), "");
});

Deno.test("no more idle connections are kept than allowed", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, "--upstream-max-idle", "1");
  const responses = [exchange(proxy, get("/1")), exchange(proxy, get("/2"))];
  const peers = [await origin.accept(), await origin.accept()];
  for (const peer of peers) await peer.readHead();
  await peers[0]!.send(ok(""));
  await peers[1]!.send(ok(""));
  await Promise.all(responses);
  const ended = await Promise.race(peers.map((peer) => peer.readToEnd()));
  assertEquals(ended, "");
  assert(origin.connectionCount === 2);
});
