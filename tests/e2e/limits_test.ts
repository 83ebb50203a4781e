/** Every limit and every deadline has an answer of its own. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const SMALL_HEAD = [
  "--max-head",
  "1KiB",
  "--max-target",
  "100",
  "--max-fields",
  "5",
];
const LIMITS: readonly {
  name: string;
  flags: readonly string[];
  request: string;
  status: number;
}[] = [
  {
    name: "a target of 100 bytes",
    flags: SMALL_HEAD,
    request: get("/" + "x".repeat(99)),
    status: 200,
  },
  {
    name: "a target of 101 bytes",
    flags: SMALL_HEAD,
    request: get("/" + "x".repeat(100)),
    status: 414,
  },
  {
    name: "five field lines",
    flags: SMALL_HEAD,
    request: get("/", "A: 1", "B: 2", "C: 3", "D: 4"),
    status: 200,
  },
  {
    name: "six field lines",
    flags: SMALL_HEAD,
    request: get("/", "A: 1", "B: 2", "C: 3", "D: 4", "E: 5"),
    status: 431,
  },
  {
    name: "a head of 1 KiB",
    flags: SMALL_HEAD,
    request: get("/", `A: ${"x".repeat(1024 - get("/", "A: ").length)}`),
    status: 200,
  },
  {
    name: "a head of 1 KiB and a byte",
    flags: SMALL_HEAD,
    request: get("/", `A: ${"x".repeat(1025 - get("/", "A: ").length)}`),
    status: 431,
  },
  {
    name: "a head of 32 KiB, by default",
    flags: [],
    request: get("/", `A: ${"x".repeat(32768 - get("/", "A: ").length)}`),
    status: 200,
  },
  {
    name: "a head of 32 KiB and a byte, by default",
    flags: [],
    request: get("/", `A: ${"x".repeat(32769 - get("/", "A: ").length)}`),
    status: 431,
  },
  {
    name: "content of the limit",
    flags: ["--max-body", "5"],
    request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    status: 200,
  },
  {
    name: "content beyond the limit",
    flags: ["--max-body", "5"],
    request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nhello!",
    status: 413,
  },
  {
    name: "chunked content beyond the limit",
    flags: ["--max-body", "5"],
    request:
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n",
    status: 413,
  },
];

for (const { name, flags, request, status } of LIMITS) {
  Deno.test(`${status} for ${name}`, async () => {
    await using origin = Origin.answering(() => ok("hello"));
    await using proxy = await Proxy.start(origin, ...flags);
    using client = await proxy.connect();
    await client.send(request);
    const response = await client.readMessage();
    assertEquals(response.status, status);
    assertEquals(
      response.field("connection"),
      status === 200 ? undefined : "close",
    );
  });
}

Deno.test("a head that does not end in time gets 408, however slowly it goes on", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.start(origin, "--header-timeout", "200ms");
  using client = await proxy.connect();
  const drip = setInterval(() => client.send("x").catch(() => {}), 20);
  await client.send("GET /");
  const response = await client.readMessage();
  clearInterval(drip);
  assertEquals([response.status, response.field("connection")], [408, "close"]);
  assertEquals(await client.readToEnd(), "");
  client.close(); // its end is not waited for
  assert((await proxy.nextLogLine()).endsWith(" error=request_timeout"));
});

Deno.test("a head that comes to a halt gets 408, and the connection ends", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.start(origin, "--header-timeout", "100ms");
  using client = await proxy.connect();
  await client.send("GET / HTTP/1.1\r\nHost: a");
  assertEquals((await client.readMessage()).status, 408);
  assertEquals(await client.readToEnd(), "");
});

Deno.test("a connection without a request is closed without a word", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--idle-timeout",
    "100ms",
  );
  using fresh = await proxy.connect();
  await clock.advance(200);
  assertEquals(await fresh.readToEnd(), "");
  using used = await proxy.connect();
  await used.send(get("/"));
  await used.readMessage();
  await clock.advance(200);
  assertEquals(await used.readToEnd(), "");
});

Deno.test("content that comes to a halt gets 408, and the origin's connection ends", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, "--body-timeout", "100ms");
  using client = await proxy.connect();
  await client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello",
  );
  const peer = await origin.accept();
  await peer.readThrough("hello");
  assertEquals((await client.readMessage()).status, 408);
  assertEquals(await peer.readToEnd(), "");
});

Deno.test("a client that does not take its response is cut off", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, "--write-timeout", "200ms");
  using client = await proxy.connect();
  await client.send(get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  const length = 1 << 28;
  await peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
  const piece = "x".repeat(65536);
  let isCut = false;
  for (let sent = 0; sent < length && !isCut; sent += piece.length) {
    await peer.send(piece).catch(() => isCut = true);
  }
  assert(isCut, "256 MiB were taken that nobody read");
});

Deno.test("an idle connection does not count against the time of the next request's head", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--header-timeout",
    "100ms",
  );
  using client = await proxy.connect();
  await clock.advance(200); // twice the timeout
  await client.send(get("/"));
  assertEquals((await client.readMessage()).status, 200);
});

Deno.test("503 says when to try again", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(
    origin,
    "--upstream-max",
    "1",
    "--upstream-queue",
    "0",
  );
  const first = exchange(proxy, get("/1"));
  const peer = await origin.accept();
  await peer.readHead();
  const refused = await exchange(proxy, get("/2"));
  assertEquals([refused.status, refused.field("retry-after")], [503, "1"]);
  await peer.send(ok(""));
  await first;
});
