/** What is not quite as the grammar has it, and goes through: as it came, or mended as the RFCs say. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

/** As clients send them, one character for each byte. */
const TARGETS: readonly string[] = [
  "/stra\xc3\x9fe?q=\xc3\xa9",
  "/\xff\x80",
  "/a{b}|c^d`e\\f<g>\"h'",
  '/?"<>\\^`{|}\xa0',
];

for (const target of TARGETS) {
  Deno.test(`a target passes as it came: ${JSON.stringify(target)}`, async () => {
    await using origin = Origin.answering((request) =>
      ok(request.startLine, "Cache-Control: max-age=60")
    );
    await using proxy = await Proxy.start(origin);
    const line = `GET ${target} HTTP/1.1`;
    assertEquals((await exchange(proxy, get(target))).content, line);
    assertEquals(
      (await exchange(proxy, get(`http://sluice.test${target}`))).content,
      line,
    );
    const logged = await proxy.nextLogLine();
    assertEquals(/[^ -~]/.test(logged), false, logged);
  });
}

Deno.test("targets that differ in one byte above 127 are stored apart", async () => {
  let count = 0;
  await using origin = Origin.answering(() =>
    ok(`${count++}`, "Cache-Control: max-age=60")
  );
  await using proxy = await Proxy.start(origin, "--cache-status", "full");
  for (const target of ["/\xe9", "/\xe8", "/%E9", "/\xc3\xa9"]) {
    const [first, again] = [
      await exchange(proxy, get(target)),
      await exchange(proxy, get(target)),
    ];
    assertEquals(again.content, first.content);
    const status = `${again.field("cache-status")}`;
    assertEquals(/[^ -~]/.test(status), false, status);
  }
  assertEquals(count, 4);
});

const REFUSED: readonly string[] = ["/a#b", "/a\x7f", "/a\x01", "/a b"];

for (const target of REFUSED) {
  Deno.test(`a target is refused: ${JSON.stringify(target)}`, async () => {
    await using origin = Origin.answering(() => ok(""));
    await using proxy = await Proxy.start(origin);
    assertEquals((await exchange(proxy, get(target))).status, 400);
    assertEquals(origin.connectionCount, 0);
  });
}

const LENGTHS: readonly string[] = [
  "9007199254740993",
  "184467440737095516160000",
  "007",
  "0",
  "5",
];

for (const length of LENGTHS) {
  for (const flags of [[], ["--no-cache"]]) {
    Deno.test(`the length in a response without content passes as it came: ${length} ${flags.join(" ")}`, async () => {
      await using origin = Origin.serving(async (peer) => {
        for (;;) {
          const isHead = (await peer.readHead()).startLine.startsWith("HEAD");
          await peer.send(
            `HTTP/1.1 ${
              isHead ? "200 OK" : "304 Not Modified"
            }\r\nContent-Length: ${length}\r\nContent-Type: text/html\r\n\r\n`,
          );
        }
      });
      await using proxy = await Proxy.start(origin, ...flags);
      using client = await proxy.connect();
      await client.send(
        get("/", "Accept-Encoding: gzip").replace("GET", "HEAD"),
      );
      const head = await client.readMessage(true);
      assertEquals([head.status, head.field("content-length")], [200, length]);
      await client.send(get("/", 'If-None-Match: "a"'));
      const unchanged = await client.readMessage();
      assertEquals([unchanged.status, unchanged.field("content-length")], [
        304,
        length,
      ]);
    });
  }
}

Deno.test("whitespace before the colon of an origin's field is taken out (RFC 9112 §5.1)", async () => {
  await using origin = Origin.answering(() =>
    "HTTP/1.1 103 Early Hints\r\nLink : </a.css>\r\n\r\n" +
    "HTTP/1.1 200 OK\r\nContent-Type \t: text/plain\r\nCache-Control : max-age=60\r\n" +
    "Transfer-Encoding\t: chunked\r\nConnection : x-hop\r\nX-Hop : a\r\nX-Kept : b\r\n\r\n" +
    "4\r\npage\r\n0\r\nX-Sum : 1\r\n\r\n"
  );
  await using proxy = await Proxy.start(origin, "--no-cache");
  using client = await proxy.connect();
  await client.send(get("/", "TE: trailers", "Connection: TE"));
  assertEquals(
    (await client.readHead()).head.split("\r\n")[1],
    "Link: </a.css>",
  );
  const message = await client.readMessage();
  assertEquals(/[ \t]:/.test(message.head), false);
  assertEquals(message.field("x-hop"), undefined);
  assertEquals(message.field("x-kept"), "b");
  assertEquals(message.content, "page");
  assertEquals(message.trailers, ["X-Sum: 1"]);
});

Deno.test("what came with whitespace before its colon is stored by its name", async () => {
  let count = 0;
  await using origin = Origin.answering(() =>
    `HTTP/1.1 200 OK\r\nCache-Control : max-age=60\r\nETag : "${count++}"\r\nContent-Length : 4\r\n\r\npage`
  );
  await using proxy = await Proxy.start(origin);
  for (let i = 0; i < 3; i++) {
    const response = await exchange(proxy, get("/"));
    assertEquals([response.field("etag"), response.content], ['"0"', "page"]);
    assertEquals(/[ \t]:/.test(response.head), false);
  }
});

Deno.test("whitespace before the colon of a client's field is refused, in trailers as well", async () => {
  await using origin = Origin.answering(() => ok(""));
  await using proxy = await Proxy.start(origin);
  assertEquals((await exchange(proxy, get("/", "X : y"))).status, 400);
  const chunked = get("/", "Transfer-Encoding: chunked") +
    "1\r\nx\r\n0\r\nX : y\r\n\r\n";
  assertEquals(
    (await exchange(proxy, chunked.replace("GET", "POST"))).status,
    400,
  );
});
