/** Whatever is waited for ends: no client, by falling silent, holds what others need. */

import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { get, Proxy } from "../support/proxy.ts";

/** The head of a request with content. */
function post(framing: string, ...fields: readonly string[]): string {
  return ["POST / HTTP/1.1", "Host: a", framing, ...fields].join("\r\n") +
    "\r\n\r\n";
}

/** A response without content that begins with this line. */
function status(line: string, ...fields: readonly string[]): string {
  return [`HTTP/1.1 ${line}`, ...fields, "Content-Length: 0"].join("\r\n") +
    "\r\n\r\n";
}

/** What an origin says to a request whose content it does not wait for, and then. */
const EARLY: readonly {
  name: string;
  answer: string;
  closes?: boolean;
  expected: number;
}[] = [
  { name: "401", answer: status("401 Unauthorized"), expected: 401 },
  { name: "404", answer: status("404 Not Found"), expected: 404 },
  { name: "405", answer: status("405 Not Allowed"), expected: 405 },
  { name: "500", answer: status("500 Oh"), expected: 500 },
  { name: "200", answer: ok("early"), expected: 200 },
  { name: "302", answer: status("302 Found", "Location: /"), expected: 302 },
  {
    name: "401 and the end of the connection",
    answer: status("401 Unauthorized", "Connection: close"),
    expected: 401,
  },
  {
    name: "200 delimited by the end of the connection",
    answer: "HTTP/1.1 200 OK\r\n\r\nuntil the end",
    closes: true,
    expected: 200,
  },
  {
    name: "200 of HTTP/1.0",
    answer: "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    closes: true,
    expected: 200,
  },
];

const SILENT: readonly [name: string, request: string][] = [
  ["one byte of 1,000", post("Content-Length: 1000") + "x"],
  ["nothing of 1,000", post("Content-Length: 1000")],
  ["half a chunk", post("Transfer-Encoding: chunked") + "a\r\nhello"],
  [
    "a chunk and no last one",
    post("Transfer-Encoding: chunked") + "1\r\nx\r\n",
  ],
  ["half a trailer", post("Transfer-Encoding: chunked") + "0\r\nX: "],
  [
    "content for which it has asked first",
    post("Content-Length: 1000", "Expect: 100-continue"),
  ],
];

for (const { name, answer, closes, expected } of EARLY) {
  // What is not refused may still come, for a moment: two kinds of silence will do.
  const isWaitedFor = expected < 400 && !closes;
  for (const [sent, request] of isWaitedFor ? SILENT.slice(0, 2) : SILENT) {
    Deno.test(`a client that sends ${sent} frees the origin's connection: ${name}`, async () => {
      await using origin = Origin.serving(async (peer) => {
        for (;;) {
          const { startLine } = await peer.readHead();
          if (startLine.startsWith("GET")) await peer.send(ok("next"));
          else {
            await peer.send(answer);
            if (closes) return;
          }
        }
      });
      const clock = new TestClock();
      await using proxy = await Proxy.startAt(
        clock,
        origin,
        "--upstream-max",
        "1",
      );
      using silent = await proxy.connect();
      await silent.send(request);
      assertEquals((await silent.readHead()).status, expected);
      using other = await proxy.connect();
      await other.send(get("/"));
      const { content } = await clock.within(5000, other.readMessage());
      assertEquals(content, "next");
    });
  }
}

Deno.test("content goes on to an origin that has answered and reads on, as long as it comes", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(post("Content-Length: 10") + "01234");
  const peer = await origin.accept();
  await peer.readThrough("01234");
  await peer.send(ok("so far, so good"));
  assertEquals((await client.readMessage()).content, "so far, so good");
  await client.send("56789" + get("/next"));
  assertEquals(await peer.readExactly(5), "56789");
  assertStringIncludes((await peer.readHead()).startLine, "/next");
  await peer.send(ok("next"));
  assertEquals((await client.readMessage()).content, "next");
  assertEquals(origin.connectionCount, 1);
});

Deno.test("content that trickles after the response has ended frees the origin's connection", async () => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      const { startLine } = await peer.readHead();
      await peer.send(ok(startLine.startsWith("GET") ? "next" : "early"));
    }
  });
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--upstream-max",
    "1",
  );
  using slow = await proxy.connect();
  await slow.send(post("Content-Length: 100000") + "x".repeat(20_000));
  assertEquals((await slow.readMessage()).content, "early");
  const end = clock.every(200, () => slow.send("x").catch(() => {}));
  using other = await proxy.connect();
  await other.send(get("/"));
  assertEquals((await clock.within(5000, other.readMessage())).content, "next");
  end();
});

Deno.test("content that an origin has refused is thrown away, and the client may go on", async () => {
  await using origin = Origin.serving(async (peer) => {
    const { startLine } = await peer.readHead();
    await peer.send(
      startLine.startsWith("GET") ? ok("next") : status("403 Forbidden"),
    );
    await peer.readToEnd();
  });
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(post("Content-Length: 10") + "01234");
  assertEquals((await client.readHead()).status, 403);
  await client.send("56789" + get("/"));
  assertEquals((await client.readMessage()).content, "next");
});

Deno.test("content that comes to a halt is answered 408, and its origin's connection is free", async () => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      const { startLine } = await peer.readHead();
      if (startLine.startsWith("GET")) await peer.send(ok("next"));
    }
  });
  await using proxy = await Proxy.start(
    origin,
    "--upstream-max",
    "1",
    "--body-timeout",
    "100ms",
  );
  using silent = await proxy.connect();
  await silent.send(post("Content-Length: 1000") + "x");
  assertEquals((await silent.readMessage()).status, 408);
  assertStringIncludes(await proxy.nextLogLine(), "error=request_timeout");
  using other = await proxy.connect();
  await other.send(get("/"));
  assertEquals((await other.readMessage()).content, "next");
});

/** Requests that fill a buffer of the reader to the last byte. */
for (const size of [1024, 4096, 16_384, 65_536]) {
  for (const framing of ["length", "chunked"] as const) {
    Deno.test(`a complete request of ${size} bytes is answered: ${framing}`, async () => {
      await using origin = Origin.answering(({ content }) => ok(content));
      await using proxy = await Proxy.start(origin, "--max-head", "128KiB");
      using client = await proxy.connect();
      await client.send(requestOf(size, framing));
      const { content } = await client.readMessage();
      assertEquals(new Set(content), new Set("x"));
      await client.send(requestOf(size, framing)); // … and so is the next
      assertEquals((await client.readMessage()).content.length, content.length);
    });
  }
  Deno.test(`a head of ${size} bytes that asks before it sends is not waited for`, async () => {
    await using origin = Origin.serving(async (peer) => {
      await peer.readHead();
      await peer.send(status("403 Forbidden"));
      await peer.readToEnd();
    });
    await using proxy = await Proxy.start(
      origin,
      "--max-head",
      "128KiB",
      "--body-timeout",
      "off",
    );
    using client = await proxy.connect();
    const bare = post("Content-Length: 5", "Expect: 100-continue", "X: ");
    await client.send(
      bare.replace("X: ", `X: ${"x".repeat(size - bare.length)}`),
    );
    assertEquals((await client.readHead()).status, 403);
  });
}

/** A request of so many bytes in all, whose content is `x`; a field fills what the length's digits leave. */
function requestOf(size: number, framing: "length" | "chunked"): string {
  const length = Math.floor(size / 2);
  const content = "x".repeat(length);
  const build = (filler: string): string =>
    framing === "length"
      ? post(`Content-Length: ${length}`, `X: ${filler}`) + content
      : post("Transfer-Encoding: chunked", `X: ${filler}`) +
        `${length.toString(16)}\r\n${content}\r\n0\r\n\r\n`;
  return build("f".repeat(size - build("").length));
}

/** How a client sends a request with content before it leaves. */
const UPLOADS: readonly [name: string, pieces: readonly string[]][] = [
  ["with its head", [post("Content-Length: 5") + "hello"]],
  ["after its head", [post("Content-Length: 5"), "hello"]],
  ["in chunks", [post("Transfer-Encoding: chunked"), "1\r\nx\r\n0\r\n\r\n"]],
  ["large", [post("Content-Length: 100000"), "x".repeat(100_000)]],
];
for (const [name, pieces] of UPLOADS) {
  Deno.test(`a client that leaves after its content is noticed: ${name}`, async () => {
    await using origin = new Origin();
    const clock = new TestClock();
    await using proxy = await Proxy.startAt(clock, origin);
    using client = await proxy.connect();
    for (const piece of pieces) await client.send(piece);
    const peer = await origin.accept();
    await peer.readMessage();
    await clock.advance(100); // it is not half-closing: that comes with the request
    client.close();
    assertEquals(await peer.readToEnd(), ""); // the origin's work is ended
    assertStringIncludes(await proxy.nextLogLine(), " 499 ");
  });
}

for (const count of [2, 50, 200]) {
  Deno.test(`a client that leaves is noticed behind ${count} requests`, async () => {
    await using origin = new Origin();
    const clock = new TestClock();
    await using proxy = await Proxy.startAt(clock, origin);
    using client = await proxy.connect();
    await client.send(get("/", "X: " + "x".repeat(10)).repeat(count));
    const peer = await origin.accept();
    await peer.readHead();
    await clock.advance(100); // it is not half-closing: that comes with the request
    client.close();
    assertEquals(await peer.readToEnd(), "");
    assertStringIncludes(await proxy.nextLogLine(), " 499 ");
  });
}

Deno.test("requests that are sent without waiting for responses are all answered", async () => {
  await using origin = Origin.answering(({ startLine }) => ok(startLine));
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  const targets = Array.from({ length: 5000 }, (_, index) => `/${index}`);
  const sending = client.send(targets.map((target) => get(target)).join(""));
  for (const target of targets) {
    assertStringIncludes((await client.readMessage()).content, target);
  }
  await sending;
});

Deno.test("a client that ends its side at the end of a slow head is answered", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  for (const request of [get("/"), post("Content-Length: 2") + "hi"]) {
    using client = await proxy.connect();
    await client.send(request.slice(0, 20));
    await clock.advance(150);
    await client.send(request.slice(20));
    await client.end();
    assertEquals((await client.readMessage()).content, "hello");
  }
});

Deno.test("the end of the server ends an upload whose client is silent", async () => {
  await using origin = new Origin();
  const proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(post("Content-Length: 1000") + "x");
  const peer = await origin.accept();
  await peer.readHead();
  await proxy[Symbol.asyncDispose]();
  assertEquals(await peer.readToEnd(), "x");
});
