/** What fails at the origin is told to the client, in a status or in a broken body. */

import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { refusingUrl } from "../support/free_port.ts";

const BAD: readonly { name: string; response: string }[] = [
  { name: "closes without a word", response: "" },
  { name: "closes within the head", response: "HTTP/1.1 200 OK\r\nA: b\r\n" },
  { name: "talks nonsense", response: "220 smtp.test ESMTP\r\n\r\n" },
  { name: "speaks HTTP/2", response: "HTTP/2 200\r\n\r\n" },
  {
    name: "has a malformed field",
    response: "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
  },
  { name: "folds a field", response: "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n" },
  {
    name: "ends lines with LF",
    response: "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
  },
  {
    name: "gives two lengths",
    response:
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
  },
  {
    name: "gives a malformed length",
    response: "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
  },
  {
    name: "uses an unknown transfer coding",
    response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
  },
  {
    name: "sends a head that is too large",
    response: `HTTP/1.1 200 OK\r\nA: ${"x".repeat(65536)}\r\n\r\n`,
  },
  {
    name: "sends too many fields",
    response: `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(201)}\r\n`,
  },
];

for (const { name, response } of BAD) {
  Deno.test(`502: the origin ${name}`, async () => {
    await using origin = Origin.serving(async (peer) => {
      await peer.readMessage();
      await peer.send(response);
    });
    await using proxy = await Proxy.start(origin);
    using client = await proxy.connect();
    await client.send(get("/"));
    const answer = await client.readMessage();
    assertEquals(answer.status, 502);
    assertEquals(answer.content, "502 Bad Gateway\n");
    assertEquals(answer.field("cache-control"), "no-store");
    assertEquals(answer.fields.map(([field]) => field), [
      "Date",
      "Content-Type",
      "Cache-Control",
      "Content-Length",
      "Cache-Status",
      "Proxy-Status",
    ]);
    await client.send(get("/")); // the client's connection is not to blame
    assertEquals((await client.readMessage()).status, 502);
  });
}

Deno.test("502 after an upload that was read whole: the connection goes on, the log does not wait", async () => {
  // It was half-closed without a word and lingered for 5 s: the next request was lost.
  await using origin = Origin.serving(async (peer) => {
    const request = await peer.readMessage();
    if (request.startLine.startsWith("GET")) await peer.send(ok("hello"));
  });
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  const content = "u".repeat(65536);
  await client.send(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
  );
  const answer = await client.readMessage();
  assertEquals([answer.status, answer.field("connection")], [502, undefined]);
  await client.send(get("/"));
  assertEquals((await client.readMessage()).content, "hello");
  for (const method of ["POST", "GET"]) {
    assertStringIncludes(await proxy.nextLogLine(), `"${method} / HTTP/1.1"`);
  }
});

Deno.test("502: the origin's name does not resolve", async () => {
  await using proxy = await Proxy.start("http://no-such-host.invalid");
  assertEquals((await exchange(proxy, get("/"))).status, 502);
});

Deno.test("HEAD gets the fields of an error without its content", async () => {
  await using origin = Origin.serving(() => Promise.resolve());
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const answer = await client.readMessage(true);
  assertEquals([answer.status, answer.field("content-length")], [502, "16"]);
  assertEquals(await client.readToEnd(), "");
});

Deno.test("504: the origin does not answer in time", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--response-timeout",
    "100ms",
  );
  const response = exchange(proxy, get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  await clock.advance(200); // up to two ticks later
  assertEquals((await response).status, 504);
  assertEquals(await peer.readToEnd(), "");
});

Deno.test("an upload may take longer than the origin may think", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--response-timeout",
    "200ms",
  );
  using client = await proxy.connect();
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
  const peer = await origin.accept();
  await peer.readHead();
  for (const byte of "abcd") {
    await clock.advance(100); // 400 ms in all
    await client.send(byte);
    await peer.readExactly(1);
  }
  await peer.send(ok("taken"));
  assertEquals((await client.readMessage()).content, "taken");
});

const CUT: readonly { name: string; response: string; whole: string }[] = [
  {
    name: "by length",
    response: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
    whole: "hello",
  },
  {
    name: "chunked, within a chunk",
    response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello",
    whole: "5\r\nhello\r\n",
  },
  {
    name: "chunked, between chunks",
    response:
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    whole: "5\r\nhello\r\n",
  },
  {
    name: "chunked, within the trailer section",
    response:
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n",
    whole: "5\r\nhello\r\n",
  },
];

for (const { name, response, whole } of CUT) {
  Deno.test(`a body that breaks off is seen to be broken: ${name}`, async () => {
    await using origin = new Origin();
    await using proxy = await Proxy.start(origin);
    using client = await proxy.connect();
    await client.send(get("/"));
    const peer = await origin.accept();
    await peer.readHead();
    await peer.send(response);
    await client.readHead();
    assertEquals(await client.readExactly(whole.length), whole);
    peer.close();
    assertEquals(await client.readToEnd(), "");
    assert((await proxy.nextLogLine()).endsWith(" error=origin_body_cut"));
  });
}

Deno.test("a malformed chunk in the middle of a body breaks it off", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
  );
  await client.readThrough("5\r\nhello\r\n");
  await peer.send("0x5\r\nhello\r\n0\r\n\r\n");
  assertEquals(await client.readToEnd(), "");
});

Deno.test("a response that comes to a halt is cut off", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--read-timeout",
    "100ms",
  );
  using client = await proxy.connect();
  await client.send(get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
  await client.readThrough("hello");
  await clock.advance(200);
  assertEquals(await client.readToEnd(), "");
  assert((await proxy.nextLogLine()).endsWith(" error=origin_timeout"));
});

Deno.test("an event stream may pause for as long as it likes", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--read-timeout",
    "100ms",
  );
  using client = await proxy.connect();
  await client.send(get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(
    "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream;charset=utf-8\r\n\r\n",
  );
  await client.readHead();
  await clock.advance(300); // three times the timeout
  await peer.send("data: late\n\n");
  assertEquals(await client.readThrough("\n\n\r\n"), "c\r\ndata: late\n\n\r\n");
});

Deno.test("an origin that answers early and closes is heard, and the content is not waited for", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello",
  );
  const peer = await origin.accept();
  await peer.readThrough("hello");
  await peer.send(
    "HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
  );
  peer.close();
  const response = await client.readMessage();
  assertEquals([response.status, response.content], [413, "no"]);
  await client.send("more" + get("/next")); // the rest of the content: thrown away
  const next = await origin.accept();
  assertEquals((await next.readHead()).startLine, "GET /next HTTP/1.1");
  await next.send(ok("next"));
  assertEquals((await client.readMessage()).content, "next");
});

Deno.test("502 before the content has come ends the connection", async () => {
  await using proxy = await Proxy.start(refusingUrl());
  using client = await proxy.connect();
  await client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello",
  );
  const response = await client.readMessage();
  assertEquals([response.status, response.field("connection")], [502, "close"]);
  await client.end();
  assertEquals(await client.readToEnd(), "");
});
