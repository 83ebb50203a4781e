/** Methods that mean something to a proxy: TRACE, OPTIONS, and those that nobody knows. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Proxy } from "../support/proxy.ts";

const ROWS: readonly {
  name: string;
  request: string;
  status: number;
  /** What the origin sees; undefined if it must see nothing. */
  atOrigin?: string;
  content?: string;
}[] = [
  {
    name: "TRACE with hops left is passed on, with one less",
    request: "TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n",
    status: 200,
    atOrigin: "TRACE / HTTP/1.1 2",
  },
  {
    name: "TRACE without hops left is answered, without what is sensitive",
    request: "TRACE /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n" +
      "Cookie: secret\r\nAuthorization: secret\r\nX-A: b\r\n\r\n",
    status: 200,
    content:
      "TRACE /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nX-A: b\r\n\r\n",
  },
  {
    name: "TRACE with content is refused",
    request: "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
    status: 400,
  },
  {
    name: "OPTIONS with hops left is passed on, with one less",
    request: "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n",
    status: 200,
    atOrigin: "OPTIONS * HTTP/1.1 0",
  },
  {
    name: "OPTIONS without hops left is answered",
    request: "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n",
    status: 200,
    content: "",
  },
  {
    name: "Max-Forwards means nothing to GET and stays as it is",
    request: "GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n",
    status: 200,
    atOrigin: "GET / HTTP/1.1 0",
  },
  {
    name: "a malformed Max-Forwards is refused",
    request: "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: -1\r\n\r\n",
    status: 400,
  },
  {
    name: "a method that nobody knows is passed on",
    request: "FROB /x HTTP/1.1\r\nHost: a\r\n\r\n",
    status: 200,
    atOrigin: "FROB /x HTTP/1.1 undefined",
  },
  {
    name: "a request that goes in circles is refused",
    request: `GET / HTTP/1.1\r\nHost: a\r\nVia: ${
      Array(8).fill("1.1 sluice").join(", ")
    }\r\n\r\n`,
    status: 508,
  },
];

for (const { name, request, status, atOrigin, content } of ROWS) {
  Deno.test(name, async () => {
    const seen: string[] = [];
    await using origin = Origin.answering((request) => {
      seen.push(`${request.startLine} ${request.field("max-forwards")}`);
      return ok("from the origin");
    });
    await using proxy = await Proxy.start(origin);
    using client = await proxy.connect();
    await client.send(request);
    const response = await client.readMessage();
    assertEquals(response.status, status);
    assertEquals(seen, atOrigin === undefined ? [] : [atOrigin]);
    if (content !== undefined) assertEquals(response.content, content);
  });
}
