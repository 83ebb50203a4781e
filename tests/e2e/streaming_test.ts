/** Bodies stream: the first byte goes on before the last arrives, and nobody is overrun. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

Deno.test("each piece of a response goes on when it arrives", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/events"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  assertEquals((await client.readHead()).field("transfer-encoding"), "chunked");
  for (const event of ["data: 1\n\n", "data: 22\n\n"]) {
    await peer.send(event);
    assertEquals(
      await client.readThrough("\n\n\r\n"),
      `${event.length.toString(16)}\r\n${event}\r\n`,
    );
  }
  peer.close();
  assertEquals(await client.readExactly(5), "0\r\n\r\n");
});

Deno.test("the log counts content that came in pieces, stored or not", async () => {
  for (const control of ["max-age=60", "no-store"]) {
    await using origin = new Origin();
    await using proxy = await Proxy.start(origin);
    using client = await proxy.connect();
    await client.send(get("/"));
    const peer = await origin.accept();
    await peer.readHead();
    await peer.send(
      `HTTP/1.1 200 OK\r\nCache-Control: ${control}\r\n` +
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    );
    await client.readThrough("hello");
    await peer.send("5\r\nworld\r\n0\r\n\r\n");
    await client.readThrough("world");
    const line = await proxy.nextLogLine();
    assert(line.includes('HTTP/1.1" 200 10 '), line);
  }
});

Deno.test("each piece of a request goes on when it arrives, while the response is already coming", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  await client.readHead();
  for (const piece of ["a", "bc", "def"]) {
    const chunk = `${piece.length}\r\n${piece}\r\n`;
    await client.send(chunk);
    assertEquals(await peer.readExactly(chunk.length), chunk);
    await peer.send(chunk);
    assertEquals(await client.readExactly(chunk.length), chunk);
  }
  await client.send("0\r\n\r\n");
  assertEquals(await peer.readExactly(5), "0\r\n\r\n");
  await peer.send("0\r\n\r\n");
  assertEquals(await client.readExactly(5), "0\r\n\r\n");
  await client.send(get("/next"));
  assertEquals((await peer.readHead()).startLine, "GET /next HTTP/1.1");
});

/** Writes until nothing more is taken for a while, to show that something holds it back. */
async function fill(
  write: (piece: Uint8Array) => Promise<number>,
  limit: number,
): Promise<number> {
  const piece = new Uint8Array(65536).fill(120);
  let written = 0;
  while (written < limit) {
    const stall = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => stall.resolve(undefined), 300);
    const count = await Promise.race([write(piece), stall.promise]);
    clearTimeout(timer);
    if (count === undefined) break;
    written += count;
  }
  return written;
}

const PLENTY = 64 * 1024 * 1024;

Deno.test("a client that does not read stalls the origin", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${PLENTY * 2}\r\n\r\n`);
  let last: Promise<number> | undefined;
  const written = await fill(
    (piece) => last = peer.socket.write(piece),
    PLENTY,
  );
  assert(written < PLENTY, `${written} bytes were taken that nobody read`);
  client.close();
  await last!.catch(() => {}); // it ends with the connection
});

Deno.test("a client that reads late gets one whole response after the other", async () => {
  const length = 60_000;
  const count = 200; // more than the system keeps for a connection
  await using origin = Origin.answering(() =>
    ok("x".repeat(length), "Cache-Control: max-age=60")
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  using client = await proxy.connect();
  const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  await client.send(request.repeat(count));
  // By the time that others have been answered, this one is stalled.
  for (let i = 0; i < 3; i++) await exchange(proxy, get("/"));
  const whole = "x".repeat(length);
  for (let i = 0; i < count; i++) {
    const { status, content } = await client.readMessage();
    assert(status === 200 && content === whole, `response ${i}`);
  }
});

Deno.test("an origin that does not read stalls the client", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${PLENTY * 2}\r\n\r\n`,
  );
  const peer = await origin.accept();
  await peer.readHead();
  let last: Promise<number> | undefined;
  const written = await fill(
    (piece) => last = client.socket.write(piece),
    PLENTY,
  );
  assert(written < PLENTY, `${written} bytes were taken that nobody read`);
  peer.close();
  client.close();
  await last!.catch(() => {}); // it ends with the connection
});

Deno.test("a half-closed client still gets its response", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  await client.end();
  const peer = await origin.accept();
  await peer.readHead();
  await clock.advance(150); // longer than it takes to see the end
  await peer.send(ok("hello"));
  assertEquals((await client.readMessage()).content, "hello");
  assertEquals(await client.readToEnd(), "");
});

Deno.test("a client that leaves while the origin thinks cancels the request", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  using client = await proxy.connect();
  await client.send(get("/slow"));
  const peer = await origin.accept();
  await peer.readHead();
  await clock.advance(150); // later than a half-close would come
  client.close();
  assertEquals(await peer.readToEnd(), "");
  const line = await proxy.nextLogLine();
  assert(line.includes('"GET /slow HTTP/1.1" 499 0 '), line);
  assert(line.endsWith(" error=client_gone"), line);
});

Deno.test("a client that leaves in the middle of a stream cancels it", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  await client.readHead();
  await clock.advance(150); // as above
  client.close();
  assertEquals(await peer.readToEnd(), "");
});

Deno.test("a client that leaves in the middle of its content cancels the request", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel",
  );
  const peer = await origin.accept();
  await peer.readThrough("hel");
  client.close();
  assertEquals(await peer.readToEnd(), "");
  const line = await proxy.nextLogLine();
  assert(line.includes(" 499 ") && line.endsWith(" error=client_gone"), line);
});
