/** Bodies of every framing pass in both directions, framed anew for each side. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const RESPONSES: readonly {
  name: string;
  request?: string;
  isHead?: boolean;
  response: string;
  /** Whether the origin closes after it. */
  closes?: boolean;
  content: string;
  framing: [name: string, value: string][];
}[] = [
  {
    name: "Content-Length",
    response: ok("hello"),
    content: "hello",
    framing: [["Content-Length", "5"]],
  },
  {
    name: "Content-Length: 0",
    response: ok(""),
    content: "",
    framing: [["Content-Length", "0"]],
  },
  {
    name: "chunked with extensions and trailers",
    response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-Sum: 1\r\n\r\n",
    content: "hello",
    framing: [["Transfer-Encoding", "chunked"]],
  },
  {
    name: "until close",
    response: "HTTP/1.1 200 OK\r\n\r\nhello",
    closes: true,
    content: "hello",
    framing: [["Transfer-Encoding", "chunked"]],
  },
  {
    name: "until close from HTTP/1.0",
    response: "HTTP/1.0 200 OK\r\n\r\nhello",
    closes: true,
    content: "hello",
    framing: [["Transfer-Encoding", "chunked"]],
  },
  {
    name: "chunked to an HTTP/1.0 client",
    request: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "5\r\nhello\r\n0\r\n\r\n",
    content: "hello",
    framing: [["Connection", "close"]],
  },
  {
    name: "HEAD with Content-Length",
    request: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    isHead: true,
    response: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    content: "",
    framing: [["Content-Length", "5"]],
  },
  {
    name: "HEAD without a length",
    request: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    isHead: true,
    response: "HTTP/1.1 200 OK\r\n\r\n",
    content: "",
    framing: [],
  },
  {
    name: "204 with a Content-Length that must not be",
    response: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    content: "",
    framing: [],
  },
  {
    name: "304 with the representation's Content-Length",
    response: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    content: "",
    framing: [["Content-Length", "5"]],
  },
  {
    name:
      "Content-Length and chunked: chunked wins, the origin's connection ends",
    response: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    content: "hello",
    framing: [["Transfer-Encoding", "chunked"]],
  },
];

const FRAMING = ["content-length", "transfer-encoding", "connection"];

function framingOf(message: Message): (readonly [string, string])[] {
  return message.fields.filter(([name]) =>
    FRAMING.includes(name.toLowerCase())
  );
}

for (const row of RESPONSES) {
  Deno.test(`a response passes: ${row.name}`, async () => {
    await using origin = Origin.serving(async (peer) => {
      for (;;) {
        await peer.readMessage();
        await peer.send(row.response);
        if (row.closes) return;
      }
    });
    await using proxy = await Proxy.start(origin);
    const request = row.request ?? get("/");
    const response = await exchange(proxy, request, row.isHead);
    assertEquals(response.content, row.content);
    assertEquals(framingOf(response), row.framing);
  });
}

Deno.test("trailers pass to a client of HTTP/1.1, but for those that may not be", async () => {
  await using origin = Origin.answering(() =>
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nSet-Cookie: a=b\r\n\r\n"
  );
  await using proxy = await Proxy.start(origin);
  const { trailers } = await exchange(proxy, get("/"));
  assertEquals(trailers, ["X-Sum: 1"]);
});

const CHUNKED_POST =
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n";
const REQUESTS: readonly {
  name: string;
  request: string;
  content: string;
  framing: [string, string][];
}[] = [
  {
    name: "none",
    request: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    content: "",
    framing: [],
  },
  {
    name: "Content-Length",
    request: "POST / HTTP/1.1\r\nHost: a\r\ncontent-length:  005\r\n\r\nhello",
    content: "hello",
    framing: [["Content-Length", "5"]],
  },
  {
    name: "Content-Length: 0",
    request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    content: "",
    framing: [["Content-Length", "0"]],
  },
  {
    name: "GET with content",
    request: "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    content: "hello",
    framing: [["Content-Length", "5"]],
  },
  {
    name: "chunked",
    request: `${CHUNKED_POST}2;x="y"\r\nhe\r\n003\r\nllo\r\n0\r\nA: b\r\n\r\n`,
    content: "hello",
    framing: [["Transfer-Encoding", "chunked"]],
  },
  {
    name: "chunked and empty",
    request: `${CHUNKED_POST}0\r\n\r\n`,
    content: "",
    framing: [["Transfer-Encoding", "chunked"]],
  },
];

for (const row of REQUESTS) {
  for (const step of [Infinity, 1]) {
    const how = step === 1 ? "byte by byte" : "whole";
    Deno.test(`a request's content passes ${how}: ${row.name}`, async () => {
      const requests: Message[] = [];
      await using origin = Origin.answering((request) => {
        requests.push(request);
        return ok("done");
      });
      await using proxy = await Proxy.start(origin);
      using client = await proxy.connect();
      for (let at = 0; at < row.request.length; at += step) {
        await client.send(row.request.slice(at, at + step));
      }
      assertEquals((await client.readMessage()).content, "done");
      await client.send(get("/next")); // the connection is in step
      assertEquals((await client.readMessage()).content, "done");
      assertEquals(requests[0]!.content, row.content);
      assertEquals(framingOf(requests[0]!), row.framing);
      assertEquals(requests[1]!.startLine, "GET /next HTTP/1.1");
    });
  }
}

Deno.test("pipelined requests are answered in order", async () => {
  await using origin = Origin.answering(({ startLine, content }) =>
    ok(`${startLine.split(" ")[1]}${content}`)
  );
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  const posts = "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  await client.send(
    `${get("/1")}${posts}\r\n${get("/3")}${CHUNKED_POST}1\r\nx\r\n0\r\n\r\n`,
  );
  await client.end();
  const contents: string[] = [];
  for (let i = 0; i < 4; i++) {
    contents.push((await client.readMessage()).content);
  }
  assertEquals(contents, ["/1", "/2abc", "/3", "/x"]);
  assertEquals(await client.readToEnd(), "");
});

Deno.test("batches of pipelined requests on one connection do not mix", async () => {
  await using origin = Origin.answering(({ startLine, content }) =>
    ok(startLine.split(" ")[1]! + content)
  );
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  for (let round = 0; round < 4; round++) {
    // In all but the first round a read is outstanding when the first request arrives.
    const targets = Array.from({ length: 30 }, (_, i) => `/${round}/${i}`);
    const requests = targets.map((target, i) =>
      i % 7 === 3
        ? `PUT ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy`
        : get(target)
    );
    await client.send(requests.join(""));
    for (const [i, target] of targets.entries()) {
      const { content } = await client.readMessage();
      assertEquals(content, i % 7 === 3 ? `${target}xy` : target);
    }
  }
});

Deno.test("bodies larger than every buffer arrive whole", async () => {
  const content = "0123456789abcdef".repeat(40_000);
  await using origin = Origin.answering((request) =>
    request.startLine.startsWith("GET /chunked")
      ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
        `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`
      : ok(request.content === "" ? content : request.content)
  );
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/length"));
  assertEquals((await client.readMessage()).content === content, true);
  await client.send(get("/chunked"));
  assertEquals((await client.readMessage()).content === content, true);
  const head = "POST / HTTP/1.1\r\nHost: a\r\n";
  const sending = client.send(
    `${head}Content-Length: ${content.length}\r\n\r\n${content}`,
  );
  assertEquals((await client.readMessage()).content === content, true);
  await sending;
});
