/** Interim responses and `Expect` work from end to end (RFC 9110 §10.1.1, §15.2). */

import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const EXPECTING =
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

Deno.test("the content waits for the origin's 100", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(EXPECTING);
  const peer = await origin.accept();
  const request = await peer.readHead();
  assertEquals(request.field("expect"), "100-continue");
  await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
  assertEquals((await client.readHead()).startLine, "HTTP/1.1 100 Continue");
  await client.send("hello");
  assertEquals(await peer.readExactly(5), "hello");
  await peer.send(ok("thanks"));
  assertEquals((await client.readMessage()).content, "thanks");
});

Deno.test("a final response in place of 100 ends the connection: the content may or may not come", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(EXPECTING);
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send("HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n");
  const response = await client.readMessage();
  assertEquals([response.status, response.field("connection")], [413, "close"]);
  await client.end();
  assertEquals(await client.readToEnd(), "");
});

Deno.test("103 reaches a client of HTTP/1.1 ahead of the response", async () => {
  await using origin = Origin.answering(() =>
    "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x-b\r\nX-B: c\r\n\r\n" +
    "HTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n" + ok("page")
  );
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  const [first, second] = [await client.readHead(), await client.readHead()];
  assertEquals(first.fields, [["Link", "</a.css>"]]);
  assertEquals([second.status, second.fields], [103, [["Link", "</b.css>"]]]);
  assertEquals((await client.readMessage()).content, "page");
});

Deno.test("a client of HTTP/1.0 gets no interim response, and its Expect is ignored", async () => {
  await using origin = Origin.answering((request) =>
    "HTTP/1.1 103 Early Hints\r\n\r\n" + ok(`${request.field("expect")}`)
  );
  await using proxy = await Proxy.start(origin);
  const response = await exchange(
    proxy,
    "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
  );
  assertEquals([response.status, response.content], [200, "undefined"]);
});

Deno.test("an expectation that nobody knows is refused with 417", async () => {
  await using origin = Origin.answering(() => ok(""));
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/", "Expect: miracles"));
  assertEquals((await client.readMessage()).status, 417);
  await client.send(get("/")); // there was no content: the connection goes on
  assertEquals((await client.readMessage()).status, 200);
});

Deno.test("a flood of interim responses is the origin's fault", async () => {
  const hint = `HTTP/1.1 103 Early Hints\r\nLink: </${
    "a".repeat(8000)
  }>\r\n\r\n`;
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    for (;;) await peer.send(hint);
  });
  await using proxy = await Proxy.start(origin);
  for (const version of ["1.0", "1.1"]) { // also where nobody is told of them
    using client = await proxy.connect();
    await client.send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
    let head = await client.readHead();
    while (head.status === 103) head = await client.readHead();
    assertEquals(head.status, 502);
  }
});

Deno.test("an origin may tell of its progress hundreds of times", async () => {
  const count = 1000;
  await using origin = Origin.answering(() =>
    "HTTP/1.1 104 Upload Resumption Supported\r\nUpload-Offset: 1\r\n\r\n"
      .repeat(count) + ok("stored")
  );
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  );
  for (let i = 0; i < count; i++) {
    assertEquals((await client.readHead()).status, 104);
  }
  assertEquals((await client.readMessage()).content, "stored");
});

Deno.test("each interim response gives the origin its time anew", async () => {
  const clock = new TestClock();
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    for (let i = 0; i < 5; i++) {
      await clock.advance(300);
      await peer.send("HTTP/1.1 102 Processing\r\n\r\n");
    }
    await peer.send(ok("late"));
  });
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--response-timeout",
    "1s",
  );
  for (const version of ["1.0", "1.1"]) {
    using client = await proxy.connect();
    await client.send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
    let message = await client.readMessage();
    while (message.status === 102) message = await client.readMessage();
    assertEquals(message.content, "late");
  }
});

Deno.test("what an interim response says of a body is not believed, nor passed on", async () => {
  await using origin = Origin.answering(() =>
    "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nLink: </a.css>\r\n\r\n" +
    "HTTP/1.1 102 Processing\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n" +
    ok("page")
  );
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  assertEquals((await client.readHead()).fields, [["Link", "</a.css>"]]);
  assertEquals((await client.readHead()).fields, []);
  assertEquals((await client.readMessage()).content, "page");
});
