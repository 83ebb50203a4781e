/** The founding scenarios: what anybody would try first, in the order of trying. */

import { assert, assertEquals } from "../support/assert.ts";
import { needing } from "../support/installed.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { freePort } from "../support/free_port.ts";

Deno.test({
  ...await needing("curl gets the origin's page through the proxy", "curl"),
  async fn(): Promise<void> {
    await using origin = Origin.answering(() => ok("hello"));
    await using proxy = await Proxy.start(origin);
    const { stdout } = await new Deno.Command("curl", {
      args: ["-s", "-k", "-i", `${proxy.url}/page`],
    }).output();
    const response = new TextDecoder().decode(stdout);
    assert(response.startsWith("HTTP/1.1 200 OK\r\n"), response);
    assert(response.endsWith("\r\n\r\nhello"), response);
  },
});

Deno.test("an origin that is down gives 502, and the next request after it is up succeeds", async () => {
  const port = freePort();
  await using proxy = await Proxy.start(`http://127.0.0.1:${port}`);
  using client = await proxy.connect();
  await client.send(get("/"));
  assertEquals((await client.readMessage()).status, 502);
  await using _origin = Origin.answering(() => ok("back"), port);
  await client.send(get("/"));
  const response = await client.readMessage();
  assertEquals([response.status, response.content], [200, "back"]);
});

const PERSISTENCE: readonly {
  name: string;
  request: string;
  stays: boolean;
}[] = [
  { name: "HTTP/1.1", request: "GET / HTTP/1.1\r\nHost: a", stays: true },
  {
    name: "HTTP/1.1 with Connection: close",
    request: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close",
    stays: false,
  },
  {
    name: "HTTP/1.1 with CONNECTION: foo, ClOsE",
    request: "GET / HTTP/1.1\r\nHost: a\r\nCONNECTION: foo, ClOsE",
    stays: false,
  },
  { name: "HTTP/1.0", request: "GET / HTTP/1.0\r\nHost: a", stays: false },
  {
    name: "HTTP/1.0 with Connection: Keep-Alive",
    request: "GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive",
    stays: true,
  },
  {
    name: "HTTP/1.0 with keep-alive in a list of two lines",
    request:
      "GET / HTTP/1.0\r\nHost: a\r\nConnection: foo\r\nconnection: bar ,keep-alive",
    stays: true,
  },
  {
    name: "HTTP/1.0 with keep-alive and close",
    request: "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close",
    stays: false,
  },
];

for (const { name, request, stays } of PERSISTENCE) {
  Deno.test(`a connection ${stays ? "stays open" : "closes"} after ${name}`, async () => {
    await using origin = Origin.answering(() => ok("hello"));
    await using proxy = await Proxy.start(origin);
    using client = await proxy.connect();
    await client.send(`${request}\r\n\r\n`);
    const response = await client.readMessage();
    assertEquals([response.status, response.content], [200, "hello"]);
    if (stays) {
      await client.send(get("/"));
      assertEquals((await client.readMessage()).content, "hello");
      const says = request.includes("HTTP/1.0") ? "keep-alive" : undefined;
      assertEquals(response.field("connection"), says);
    } else {
      assertEquals(await client.readToEnd(), "");
      assertEquals(response.field("connection"), "close");
    }
  });
}

Deno.test("an idle client does not hold up a second one", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.start(origin);
  using _idle = await proxy.connect();
  using begun = await proxy.connect();
  await begun.send("GET / HTT");
  assertEquals((await exchange(proxy, get("/"))).content, "hello");
});

Deno.test("a response field is added", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.start(
    origin,
    "--response-header",
    "foo: bar",
  );
  assertEquals((await exchange(proxy, get("/"))).field("foo"), "bar");
});

Deno.test("the founding scenario: one answer of a raw origin outlives it, and its return", async () => {
  await using proxy = await Proxy.start("http://127.0.0.1:1");
  assertEquals((await exchange(proxy, get("/"))).status, 502);
  let origin = new Origin(freePort());
  await using other = await Proxy.start(origin);
  const { port } = origin;
  const asked = exchange(other, get("/a"));
  const peer = await origin.accept();
  await peer.readMessage();
  await peer.send("HTTP/1.1 200 OK\r\ncAcHe-CoNtRoL: mAx-AgE=10000\r\n\r\nold");
  peer.close(); // that was its end, and the content's
  assertEquals((await asked).content, "old");
  await origin[Symbol.asyncDispose]();
  origin = Origin.answering(() => ok("new", "Cache-Control: no-store"), port);
  assertEquals((await exchange(other, get("/a"))).content, "old");
  assertEquals((await exchange(other, get("/b"))).content, "new");
  await origin[Symbol.asyncDispose]();
  assertEquals((await exchange(other, get("/a"))).content, "old");
  assertEquals((await exchange(other, get("/b"))).status, 502);
});
