/** The admin listener under attack: other sites' pages, guesses, odd methods, large and slow requests. */

import { assert, assertEquals } from "../support/assert.ts";
import { AdministeredSite, countReloads, requestOf } from "../support/admin.ts";
import { pause, TestClock } from "../support/clock.ts";
import { Peer } from "../support/peer.ts";

Deno.test("a page of another site reads nothing and changes nothing", async () => {
  const reloads = countReloads();
  await using site = await AdministeredSite.start({ reload: reloads.reload });
  const port = (site.place.address as Deno.NetAddr).port;
  const rebound = await site.get("/config", "Host: evil.example");
  assertEquals(rebound.status, 421);
  assertEquals(rebound.content.includes("masked"), false);
  const rows: readonly [status: number, ...fields: string[]][] = [
    [421, `Host: evil.example:${port}`],
    [421, `Host: evil.example:${port}`, `Origin: http://evil.example:${port}`],
    [403, `Host: 127.0.0.1:${port}`, "Origin: http://evil.example"],
    [403, `Host: 127.0.0.1:${port}`, "Origin: http://127.0.0.1:3000"],
    [403, `Host: 127.0.0.1:${port}`, "Origin: null"],
    [
      403,
      `Host: 127.0.0.1:${port}`,
      `Origin: http://127.0.0.1:${port}`,
      "Origin: http://evil.example",
    ],
    [403, `Host: 127.0.0.1:${port}`, "Sec-Fetch-Site: cross-site"],
  ];
  for (const [status, ...fields] of rows) {
    const answer = await site.post("/reload", "", ...fields);
    assertEquals(answer.status, status, fields.join());
    assertEquals(answer.field("access-control-allow-origin"), undefined);
  }
  const image = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"];
  assertEquals((await site.get("/config", ...image)).status, 403);
  assertEquals(reloads.count, 0);
  const own = [`Host: 127.0.0.1:${port}`, `Origin: http://127.0.0.1:${port}`];
  assertEquals((await site.post("/reload", "", ...own)).status, 200);
  assertEquals(reloads.count, 1);
});

Deno.test("it answers to the address that it was given, and to the one that it is reached by", async () => {
  const address = { transport: "tcp", hostname: "0.0.0.0", port: 0 } as const;
  await using site = await AdministeredSite.open({ admin: { address } });
  for (
    const [host, status] of [
      ["0.0.0.0", 200],
      ["127.0.0.1", 200],
      ["localhost", 200],
      ["192.0.2.1", 421],
      ["a.example", 421],
    ] as const
  ) {
    const answer = await site.get("/config", `Host: ${host}`);
    assertEquals([host, answer.status], [host, status]);
  }
});

Deno.test("the host of an absolute target counts, whatever Host says", async () => {
  await using site = await AdministeredSite.start();
  const answer = await site.get(
    "http://evil.example/config",
    "Host: localhost",
  );
  assertEquals(answer.status, 421);
});

Deno.test("what changes something is POST, and what is read is GET or HEAD", async () => {
  const reloads = countReloads();
  await using site = await AdministeredSite.start({ reload: reloads.reload });
  const rows: readonly [
    method: string,
    target: string,
    status: number,
    allow?: string,
  ][] = [
    ["GET", "/reload", 405, "POST"],
    ["HEAD", "/reload", 405, "POST"],
    ["PUT", "/reload", 405, "POST"],
    ["DELETE", "/config", 405, "GET, HEAD"],
    ["POST", "/config", 405, "GET, HEAD"],
    ["OPTIONS", "/config", 405, "GET, HEAD"],
    ["PATCH", "/upstreams/a/b", 405, "GET, HEAD, POST"],
    ["PURGE", "/", 405, "GET, HEAD"],
    ["get", "/reload", 400],
    ["TRACE", "/config", 405, "GET, HEAD"],
    ["CONNECT", "localhost:80", 501],
  ];
  for (const [method, target, status, allow] of rows) {
    const answer = await site.ask(requestOf(method, target));
    assertEquals(
      [answer.status, answer.field("allow")],
      [status, allow],
      method,
    );
  }
  assertEquals(reloads.count, 0);
});

Deno.test("content is bounded, and must come in time", async () => {
  const clock = new TestClock();
  await using site = await AdministeredSite.start({ clock });
  const long = "x".repeat(65);
  const large = await site.ask(
    requestOf("POST", "/upstreams/a/b", ["Content-Length: 65537"]),
  );
  assertEquals(large.status, 413);
  const chunk = `400\r\n${"x".repeat(1024)}\r\n`;
  const chunked = await site.ask(
    requestOf("POST", "/upstreams/a/b", ["Transfer-Encoding: chunked"]) +
      chunk.repeat(long.length),
  );
  assertEquals(chunked.status, 413);
  const binary = await site.ask(
    requestOf("POST", "/upstreams/a/b", ["Content-Length: 1"]) + "\xff",
  );
  assertEquals(binary.status, 400);
  const deep = await site.post("/purge", "[".repeat(65_536));
  assertEquals(deep.status, 400);
  using slow = await site.connect();
  await slow.send(requestOf("POST", "/upstreams/a/b", ["Content-Length: 100"]));
  const answer = slow.readMessage();
  for (let i = 0; i < 6; i++) {
    await clock.advance(1000);
    await slow.send("x");
  }
  assertEquals((await answer).status, 408);
});

Deno.test("a client that asks first is told to go on", async () => {
  await using site = await AdministeredSite.start();
  using peer = await site.connect();
  const content = '{ "state": "up" }';
  await peer.send(requestOf("POST", "/upstreams/a/b", [
    `Content-Length: ${content.length}`,
    "Expect: 100-continue",
  ]));
  assertEquals((await peer.readHead()).status, 100);
  await peer.send(content);
  assertEquals((await peer.readMessage()).status, 404);
  await peer.send(requestOf("GET", "/livez"));
  assertEquals((await peer.readMessage()).status, 200);
});

Deno.test("a hundred silent clients keep nobody out, in whatever they are silent", async () => {
  const starts = [
    "",
    "GET /livez HT",
    "GET /livez HTTP/1.1\r\nHost: localhost\r\n",
  ];
  await using site = await AdministeredSite.start();
  const peers: Peer[] = [];
  for (let i = 0; i < 100; i++) {
    const peer = await site.connect();
    peers.push(peer);
    await peer.send(starts[i % starts.length]!);
  }
  assertEquals((await site.get("/livez")).status, 200);
  for (const peer of peers) peer.close();
});

Deno.test("those who send content slowly give way when it is late", async () => {
  const clock = new TestClock();
  await using site = await AdministeredSite.start({ clock });
  const peers: Peer[] = [];
  for (let i = 0; i < 64; i++) {
    const peer = await site.connect();
    peers.push(peer);
    await peer.send(
      requestOf("POST", "/upstreams/a/b", ["Content-Length: 100"]) + "{",
    );
  }
  await clock.advance(0);
  assertEquals((await site.get("/livez")).status, 503);
  await clock.advance(6000);
  await clock.advance(6000);
  assertEquals((await site.get("/livez")).status, 200);
  for (const peer of peers) peer.close();
});

Deno.test("what is no HTTP is answered and closed, and the next is served", async () => {
  await using site = await AdministeredSite.start();
  const rows: readonly [bytes: string, status: number][] = [
    ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
    ["GET /config\r\n\r\n", 400],
    ["GET /config HTTP/1.1\r\n\r\n", 400],
    [
      "GET /config HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
      400,
    ],
    ["GET /config HTTP/1.1\r\nHost : localhost\r\n\r\n", 400],
    ["GET /config HTTP/1.1\r\nHost: localhost:2020@evil.example\r\n\r\n", 400],
    [
      "POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      400,
    ],
    [`GET /${"x".repeat(50_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 414],
    [
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(70_000)}\r\n\r\n`,
      431,
    ],
    [requestOf("GET", "/config", new Array(101).fill("X: y")), 431],
    ["GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505],
  ];
  for (const [bytes, status] of rows) {
    using peer = await site.connect();
    await peer.send(bytes);
    const answer = await peer.readMessage();
    assertEquals(answer.status, status, bytes.slice(0, 60));
    assertEquals(answer.content.includes("masked"), false);
    assertEquals(await peer.readToEnd(), "");
  }
  assertEquals((await site.get("/livez")).status, 200);
});

Deno.test("requests come split and together, in any case of letters", async () => {
  await using site = await AdministeredSite.start();
  using peer = await site.connect();
  const request = requestOf("GET", "/livez");
  for (const byte of request) {
    await peer.send(byte);
    await pause(0);
  }
  assertEquals((await peer.readMessage()).content, "ok\n");
  const change = requestOf("POST", "/upstreams/a/b", ["Content-Length: 2"]) +
    "{}";
  await peer.send(change + request + change);
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await peer.readMessage()).status);
  assertEquals(statuses, [400, 200, 400]);
});

Deno.test("nothing that is asked for gets into a header or a page", async () => {
  await using site = await AdministeredSite.start();
  const target = "/%0d%0aX-Evil:%20yes/<script>";
  const answer = await site.get(target);
  assertEquals([answer.status, answer.field("x-evil")], [404, undefined]);
  const rebound = await site.get("/", "Host: evil");
  assertEquals(rebound.field("content-type"), "application/json");
  assertEquals(rebound.field("x-content-type-options"), "nosniff");
  assert(
    rebound.field("content-security-policy")!.startsWith("default-src 'none'"),
  );
});
