/** The access log tells who asked, how much was sent, and whose fault it was. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const TRUSTED = ["--trust-proxy", "127.0.0.0/8,10.0.0.0/8,2001:db8:1::/48"];

/** By the value of X-Forwarded-For: whose request it is. */
const CLIENTS: readonly [forwarded: string | undefined, client: string][] = [
  [undefined, "127.0.0.1"],
  ["", "127.0.0.1"],
  ["192.0.2.7", "192.0.2.7"],
  ["198.51.100.1, 192.0.2.7", "192.0.2.7"], // the first is the client's own word
  ["192.0.2.7, 10.0.0.3", "192.0.2.7"],
  ["6.6.6.6, 192.0.2.7,10.0.0.3 , 127.0.0.9", "192.0.2.7"],
  ["10.0.0.1, 10.0.0.2", "10.0.0.1"],
  ["192.0.2.7:4711", "192.0.2.7"],
  ["2001:db8:2::7, 2001:db8:1::1", "2001:db8:2::7"],
  ["[2001:db8:2::7]:4711", "2001:db8:2::7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["192.0.2.7, unknown, 10.0.0.3", "10.0.0.3"],
  ['x" 200 5 "y', "127.0.0.1"],
  [`6.6.6.6${", 10.0.0.1".repeat(500)}`, "10.0.0.1"],
];

Deno.test("the client is whom trusted proxies say, from the right", async (t) => {
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.start(
    origin,
    ...TRUSTED,
    "--log-format",
    "json",
  );
  for (const [forwarded, client] of CLIENTS) {
    await t.step(`${String(forwarded).slice(0, 50)}: ${client}`, async () => {
      const fields = forwarded === undefined
        ? []
        : [`X-Forwarded-For: ${forwarded}`];
      await exchange(proxy, get("/", ...fields));
      const line = JSON.parse(await proxy.nextLogLine());
      assertEquals([line.client_ip, line.remote_ip], [client, "127.0.0.1"]);
    });
  }
});

Deno.test("the text formats begin with the client; who is not trusted is the client", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const request = get("/", "X-Forwarded-For: 192.0.2.7");
  await using trusting = await Proxy.start(origin, ...TRUSTED);
  await exchange(trusting, request);
  assertMatch(await trusting.nextLogLine(), /^192\.0\.2\.7 - - /);
  await using plain = await Proxy.start(origin);
  await exchange(plain, request);
  assertMatch(await plain.nextLogLine(), /^127\.0\.0\.1 - - /);
});

Deno.test("an IPv4 client of an IPv6 socket has an IPv4 address", async () => {
  await using origin = Origin.answering(({ head }) => ok(head));
  await using proxy = await Proxy.start(origin, "--listen", "[::]:0");
  const { content } = await exchange(proxy, get("/"));
  assertStringIncludes(content, "X-Forwarded-For: 127.0.0.1\r\n");
  assertMatch(await proxy.nextLogLine(), /^127\.0\.0\.1 - - /);
});

Deno.test("PURGE is for the client whom trusted proxies name", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.start(
    origin,
    ...TRUSTED,
    "--purge-from",
    "192.0.2.0/24",
  );
  const rows: [forwarded: string, status: number][] = [
    ["192.0.2.7", 200],
    ["192.0.2.7, 10.0.0.3", 200],
    ["192.0.2.7, 6.6.6.6", 403],
    ["192.0.2.7, unknown", 403],
    ["unknown", 403],
    ["10.0.0.3", 403],
  ];
  for (const [forwarded, status] of rows) {
    const request = get("/", `X-Forwarded-For: ${forwarded}`);
    const response = await exchange(proxy, request.replace("GET", "PURGE"));
    assertEquals(response.status, status, forwarded);
  }
});

Deno.test("our own responses have a size", async () => {
  await using origin = Origin.answering(() => "nonsense\r\n\r\n");
  await using proxy = await Proxy.start(origin);
  const requests = [
    get("/"),
    "GET / HTTP/1.1\r\n\r\n",
    "PURGE / HTTP/1.1\r\nHost: h\r\n\r\n",
    "TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n",
    get("/", "Cache-Control: only-if-cached"),
  ];
  for (const request of requests) {
    const { content } = await exchange(proxy, request);
    const [, size] = /" \d{3} (\d+) /.exec(await proxy.nextLogLine())!;
    assertEquals(Number(size), content.length, request);
  }
  await exchange(proxy, get("/").replace("GET", "HEAD"), true);
  assertMatch(await proxy.nextLogLine(), /" 502 0 /);
});

Deno.test("a response that breaks off has the size of what was there", async () => {
  await using origin = Origin.serving(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin");
  });
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  await client.readToEnd();
  assertMatch(await proxy.nextLogLine(), /" 200 5 .* error=origin_body_cut$/);
});

Deno.test({
  name: "who shares another one's request is logged as collapsed",
  // With several workers nobody knows when the second request has been read.
  ignore: Deno.env.get("SLUICE_FLAGS")?.includes("--workers") ?? false,
  fn: collapsed,
});

async function collapsed(): Promise<void> {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using leader = await proxy.connect();
  await leader.send(get("/"));
  const peer = await origin.accept();
  await peer.readMessage();
  using follower = await proxy.connect();
  await follower.send(get("/"));
  // The follower's request is in before the next one on the same event loop is answered.
  await exchange(
    proxy,
    "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n",
  );
  assertMatch(await proxy.nextLogLine(), /cache=-$/);
  await peer.send(ok("shared", "Cache-Control: max-age=60"));
  for (const client of [leader, follower]) {
    assertEquals((await client.readMessage()).content, "shared");
  }
  const lines = [await proxy.nextLogLine(), await proxy.nextLogLine()];
  const results = lines.map((line) => /cache=(\S+)/.exec(line)![1]);
  assertEquals(results.toSorted(), ["collapsed", "miss"]);
  await exchange(proxy, get("/"));
  assertMatch(await proxy.nextLogLine(), /cache=hit$/);
}

for (const length of [5, 1000]) {
  Deno.test(`what is wrong with an upload is its own fault, when 5 of ${length} bytes of the response are there`, async () => {
    await using origin = Origin.serving(async (peer) => {
      await peer.readHead();
      await peer.send(
        `HTTP/1.1 401 Unauthorized\r\nContent-Length: ${length}\r\n\r\nbegin`,
      );
      await peer.readToEnd();
    });
    await using proxy = await Proxy.start(origin);
    using client = await proxy.connect();
    await client.send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    );
    await client.readHead();
    await client.send("no chunk\r\n");
    await client.readToEnd();
    assertMatch(await proxy.nextLogLine(), /" 401 .* error=bad_chunk$/);
  });
}

Deno.test({
  name: "an origin on a Unix socket is told as such",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    const program = new Program(
      ...["--listen", "127.0.0.1:0", "--upstream", "unix:/nowhere/app.sock"],
    );
    using _client = await Peer.connect(await program.port());
    program.signal("SIGTERM");
    const { err } = await program.ended();
    assert(err.includes(", upstream unix:/nowhere/app.sock\n"), err);
  },
});
