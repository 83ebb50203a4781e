/**
 * What could be read in two ways is refused, its connection closed, and not an
 * byte of it reaches the origin.
 */

import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { get, Proxy } from "../support/proxy.ts";

const POST = "POST / HTTP/1.1\r\nHost: a\r\n";
const SMUGGLED = get("/smuggled");

const REFUSED: readonly { name: string; request: string; status: number }[] = [
  {
    name: "Content-Length beside Transfer-Encoding",
    request:
      `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
  },
  {
    name: "two Content-Lengths that agree",
    request: `${POST}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`,
    status: 400,
  },
  {
    name: "a list in Content-Length",
    request: `${POST}Content-Length: 5, 5\r\n\r\nhello`,
    status: 400,
  },
  {
    name: "Content-Length: +5",
    request: `${POST}Content-Length: +5\r\n\r\nhello`,
    status: 400,
  },
  {
    name: "Transfer-Encoding in HTTP/1.0",
    request: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    status: 400,
  },
  {
    name: "chunked twice",
    request: `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
  },
  {
    name: "a transfer coding that is not known",
    request: `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    status: 501,
  },
  {
    name: "space before the colon",
    request: "GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n",
    status: 400,
  },
  {
    name: "obs-fold",
    request: "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
    status: 400,
  },
  {
    name: "a bare LF as line end",
    request: "GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n",
    status: 400,
  },
  {
    name: "a bare CR in a value",
    request: "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\rc\r\n\r\n",
    status: 400,
  },
  {
    name: "NUL in a value",
    request: "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n",
    status: 400,
  },
  { name: "no Host", request: "GET / HTTP/1.1\r\n\r\n", status: 400 },
  {
    name: "two Hosts",
    request: "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    status: 400,
  },
  {
    name: "a Host with userinfo",
    request: "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
    status: 400,
  },
  {
    name: "a chunk size with 0x",
    request:
      `${POST}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`,
    status: 400,
  },
  {
    name: "a chunk longer than its size",
    request: `${POST}Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n`,
    status: 400,
  },
  {
    name: "a chunk extension ended by a bare LF",
    request: `${POST}Transfer-Encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\n`,
    status: 400,
  },
  { name: "no version", request: "GET /\r\n\r\n", status: 400 },
  {
    name: "a version to come",
    request: "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    status: 505,
  },
  {
    name: "a fragment in the target",
    request: "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n",
    status: 400,
  },
  {
    name: "CONNECT",
    request: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    status: 501,
  },
  {
    name: "absolute form of another scheme",
    request: "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    status: 421,
  },
];

for (const { name, request, status } of REFUSED) {
  Deno.test(`refused with ${status}: ${name}`, async () => {
    const seen: string[] = [];
    await using origin = Origin.serving(async (peer) => {
      for (;;) {
        seen.push((await peer.readHead()).startLine);
        await peer.send(ok("hello"));
      }
    });
    await using proxy = await Proxy.start(origin);
    using client = await proxy.connect();
    await client.send(request + SMUGGLED);
    const response = await client.readMessage();
    assertEquals(response.status, status);
    assertEquals(response.field("connection"), "close");
    assertEquals(response.content, response.startLine.slice(9) + "\n");
    await client.end();
    assertEquals(await client.readToEnd(), "");
    // A chunked body is refused when its bytes come: its head may have gone on.
    assert(!seen.some((line) => line.includes("smuggled")), seen.join());
  });
}

Deno.test("absolute form goes to the configured origin with the target's authority as Host", async () => {
  await using origin = Origin.answering(({ startLine, fields }) =>
    ok(`${startLine}|${fields.filter(([name]) => name === "Host")}`)
  );
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(
    "GET http://Other.test:81/a?b HTTP/1.1\r\nHost: a\r\n\r\n" +
      "GET http://other.test?q HTTP/1.1\r\nHost: a\r\n\r\n" +
      "OPTIONS http://other.test HTTP/1.1\r\nHost: a\r\n\r\n",
  );
  assertEquals(
    (await client.readMessage()).content,
    "GET /a?b HTTP/1.1|Host,Other.test:81",
  );
  assertEquals(
    (await client.readMessage()).content,
    "GET /?q HTTP/1.1|Host,other.test",
  );
  assertEquals(
    (await client.readMessage()).content,
    "OPTIONS * HTTP/1.1|Host,other.test",
  );
});
