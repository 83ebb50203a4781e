/** A malformed body is the fault of who sent it, on every way through the proxy. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

/** What is wrong with a chunked body, from some chunk on. */
const FAULTS: readonly { name: string; end: string }[] = [
  { name: "a size that is none", end: "x\r\n" },
  { name: "content longer than its size", end: "1\r\nabc" },
  { name: "a line feed alone", end: "1\na\r\n" },
  { name: "a trailer without a colon", end: "0\r\nx\r\n\r\n" },
  { name: "a control byte in a trailer", end: "0\r\nX: \0\r\n\r\n" },
  {
    name: "a trailer section that is too large",
    end: `0\r\nX: ${"y".repeat(9000)}\r\n\r\n`,
  },
  { name: "too many trailers", end: `0\r\n${"X: y\r\n".repeat(70)}\r\n` },
];

/** The ways in which content passes. */
const WAYS: readonly {
  name: string;
  flags: readonly string[];
  request: string;
  fields: string;
}[] = [
  { name: "as it comes", flags: ["--no-cache"], request: get("/"), fields: "" },
  {
    name: "to a client of HTTP/1.0",
    flags: ["--no-cache"],
    request: "GET / HTTP/1.0\r\n\r\n",
    fields: "",
  },
  {
    name: "stored",
    flags: [],
    request: get("/"),
    fields: "Cache-Control: max-age=60\r\n",
  },
  {
    name: "encoded",
    flags: ["--no-cache"],
    request: get("/", "Accept-Encoding: gzip"),
    fields: "Content-Type: text/html\r\n",
  },
  {
    name: "stored and encoded",
    flags: [],
    request: get("/", "Accept-Encoding: gzip"),
    fields: "Content-Type: text/html\r\nCache-Control: max-age=60\r\n",
  },
  {
    name: "past the cache",
    flags: [],
    request: get("/").replace("GET", "POST"),
    fields: "",
  },
];

for (const { name: way, flags, request, fields } of WAYS) {
  for (const { name: fault, end } of FAULTS) {
    Deno.test(`an origin's malformed body is a bad gateway's: ${way}, ${fault}`, async () => {
      await using origin = Origin.answering(() =>
        `HTTP/1.1 200 OK\r\n${fields}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n${end}`
      );
      await using proxy = await Proxy.start(origin, ...flags);
      using client = await proxy.connect();
      await client.send(request);
      assertEquals((await client.readMessage()).status, 502);
      assertEquals(
        / 502 .* error=origin_bad_message$/.test(await proxy.nextLogLine()),
        true,
      );
      // It was not the client's fault, and nothing of it is stored or used again.
      assertEquals((await exchange(proxy, request)).status, 502);
      assertEquals(origin.connectionCount, 2);
    });
  }

  Deno.test(`a body that turns out malformed once its head is out breaks off: ${way}`, async () => {
    await using origin = new Origin();
    await using proxy = await Proxy.start(origin, ...flags);
    using client = await proxy.connect();
    await client.send(request);
    const peer = await origin.accept();
    await peer.readHead();
    await peer.send(
      `HTTP/1.1 200 OK\r\n${fields}Transfer-Encoding: chunked\r\n\r\n`,
    );
    assertEquals((await client.readHead()).status, 200);
    await peer.send(`5\r\nhello\r\nx`);
    const rest = await client.readToEnd();
    assertEquals(rest.endsWith("0\r\n\r\n"), false);
    assertEquals(
      / 200 .* error=origin_(?:bad_message|body_cut)$/.test(
        await proxy.nextLogLine(),
      ),
      true,
    );
    assertEquals(await peer.readToEnd(), ""); // the connection is of no use any more
  });
}

for (const flags of [[], ["--no-cache"]]) {
  Deno.test(`a client's malformed chunk is its own fault, wherever it stands ${flags.join(" ")}`, async () => {
    await using origin = Origin.serving(async (peer) => {
      await peer.readHead();
      await peer.readToEnd();
    });
    await using proxy = await Proxy.start(origin, ...flags);
    const head = get("/", "Transfer-Encoding: chunked").replace("GET", "POST");
    assertEquals((await exchange(proxy, `${head}x`)).status, 400);
    for (const end of ["x", "1\r\nabc", "0\r\nX : y\r\n\r\n"]) {
      using client = await proxy.connect();
      await client.send(`${head}5\r\nhello\r\n${end}`);
      assertEquals((await client.readMessage()).status, 400);
    }
  });
}

Deno.test("an origin that has had part of a malformed upload is not asked again on that connection", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(
    get("/", "Transfer-Encoding: chunked").replace("GET", "POST") +
      "5\r\nhello\r\n",
  );
  const peer = await origin.accept();
  await peer.readThrough("hello\r\n");
  await client.send("x");
  const response = await client.readMessage();
  assertEquals([response.status, response.field("connection")], [400, "close"]);
  assertEquals(await peer.readToEnd(), "");
  const next = exchange(proxy, get("/"));
  const other = await origin.accept();
  await other.readHead();
  await other.send(ok("fine"));
  assertEquals((await next).content, "fine");
});
