/** Limits, from socket to socket. */

import { assertEquals, assertMatch } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";
import { ConfigSite } from "../../support/logged_site.ts";
import { ok, Origin } from "../../support/origin.ts";
import { get } from "../../support/proxy.ts";

const HERE = "127.0.0.1";

function hosts(limit: unknown, more = {}): unknown {
  return {
    trustedProxies: HERE,
    hosts: { "*": { limit, respond: 200, ...more } },
  };
}

async function statuses(
  site: ConfigSite,
  ...requests: readonly string[]
): Promise<number[]> {
  const found: number[] = [];
  for (const fields of requests) {
    const lines = fields === "" ? [] : fields.split("|");
    found.push((await site.get("/", ...lines)).status);
  }
  return found;
}

Deno.test("a rate with a burst: 429 with Retry-After and RateLimit", async () => {
  const clock = new TestClock();
  await using site = await ConfigSite.start(
    hosts({ rate: "10/m", burst: 2 }),
    clock,
  );
  const first = await site.get("/");
  assertEquals(first.status, 200);
  assertEquals(first.field("ratelimit-policy"), '"client";q=2;w=12');
  assertEquals(first.field("ratelimit"), '"client";r=1;t=6');
  assertEquals(first.field("retry-after"), undefined);
  await site.get("/");
  const refused = await site.get("/");
  assertEquals([refused.status, refused.content], [
    429,
    "429 Too Many Requests\n",
  ]);
  assertEquals(refused.field("retry-after"), "6");
  assertEquals(refused.field("ratelimit"), '"client";r=0;t=12');
  assertEquals(refused.field("connection"), undefined);
  if (clock.stands) {
    await clock.advance(6000);
    assertEquals(await statuses(site, "", ""), [200, 429]);
  }
  await site.logged();
  await site.logged();
  const { error, limit } = await site.logged();
  assertEquals([error, limit], ["rate_limited", {
    id: 'hosts["*"].limit[0]',
    dry_run: false,
  }]);
});

Deno.test("what tells requests apart", async () => {
  const one = { rate: "1/h", burst: 1 };
  const rows: [by: string, requests: string[], statuses: number[]][] = [
    ["client", [
      "X-Forwarded-For: 192.0.2.1",
      "X-Forwarded-For: 192.0.2.2",
      "X-Forwarded-For: 192.0.2.1",
      "X-Forwarded-For: 192.0.2.9, 192.0.2.2",
    ], [200, 200, 429, 429]],
    ["client", [
      "X-Forwarded-For: 2001:db8::1",
      "X-Forwarded-For: 2001:db8::2",
      "X-Forwarded-For: 2001:db8:0:1::1",
    ], [200, 429, 200]],
    ["all", ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"], [
      200,
      429,
    ]],
    ["header:X-Key", [
      "X-Key: a",
      "x-key: b",
      "X-KEY: a",
      "",
      "X-Other: 1",
      "X-Key:",
    ], [200, 200, 429, 200, 429, 429]],
    ["header:X-Key", ["X-Key: a", "X-Key: a|X-Key: b", "X-Key: a|X-Key: b"], [
      200,
      200,
      429,
    ]],
    // Several values are counted by client: another one each time does not help.
    ["header:X-Key", [
      "X-Key: a|X-Key: b",
      "X-Key: a|X-Key: c",
      "X-Key: a|X-Key: c|X-Forwarded-For: 192.0.2.1",
      "X-Key: a",
      "",
    ], [200, 429, 200, 200, 200]],
    ["cookie:sid", [
      "Cookie: sid=1; sid=2",
      "Cookie: sid=1|Cookie: SID=3",
      "Cookie: sid=1; sid=2|X-Forwarded-For: 192.0.2.1",
      "Cookie: sid=1",
      "",
    ], [200, 429, 200, 200, 200]],
    ["cookie:sid", [
      "Cookie: sid=1",
      "Cookie: a=b; sid=2",
      "Cookie: sid=1; c=d",
      "Cookie: SID=1",
      "",
      "Cookie: other=1",
    ], [200, 200, 429, 200, 200, 429]],
  ];
  for (const [by, requests, expected] of rows) {
    await using site = await ConfigSite.start(hosts({ ...one, by }));
    assertEquals(await statuses(site, ...requests), expected, by);
  }
});

Deno.test("several limits: a request counts for all, or for none", async () => {
  const limit = [
    { rate: "3/h", burst: 3, by: "all" },
    { rate: "1/h", burst: 1, by: "header:x" },
  ];
  await using site = await ConfigSite.start(hosts(limit));
  // The second one is refused for its key, and takes nothing from all.
  assertEquals(await statuses(site, "X: 1", "X: 1", "X: 2", "X: 3", "X: 4"), [
    ...[200, 429, 200, 200, 429],
  ]);
  const { fields } = await site.get("/", "X: 5");
  assertEquals(
    fields.find(([name]) => name === "RateLimit-Policy")?.[1],
    '"all";q=3;w=3600, "header";q=1;w=3600',
  );
});

Deno.test("status, dryRun", async () => {
  const limit = [{ rate: "1/h", burst: 1, status: 503 }];
  await using site = await ConfigSite.start(hosts(limit));
  assertEquals(await statuses(site, "", ""), [200, 503]);
  const refused = await site.get("/");
  assertEquals(refused.field("retry-after"), "3600");
  await using dry = await ConfigSite.start(
    hosts([{ rate: "1/h", burst: 1, dryRun: true }]),
  );
  assertEquals(await statuses(dry, "", ""), [200, 200]);
  assertEquals((await dry.get("/")).field("ratelimit"), undefined);
  assertEquals((await dry.logged()).limit, undefined);
  const { status, limit: met } = await dry.logged();
  assertEquals([status, met], [200, {
    id: 'hosts["*"].limit[0]',
    dry_run: true,
  }]);
});

Deno.test("a limit counts where it is written, and goes on after a reload", async () => {
  const limit = { rate: "3/h", burst: 3 };
  const respond = 200;
  const config = {
    limit,
    hosts: {
      "*": {
        "/a": { respond },
        "/b": { respond, headers: { "X-B": "1" } },
        "/c": { respond, limit },
      },
    },
  };
  await using site = await ConfigSite.start(config);
  const status = async (target: string): Promise<number> =>
    (await site.get(target)).status;
  assertEquals([await status("/a"), await status("/b"), await status("/a")], [
    200,
    200,
    200,
  ]);
  assertEquals([await status("/b"), await status("/c")], [429, 200]);
  await site.reload({ ...config, headers: { "X-New": "1" } });
  assertEquals([await status("/a"), await status("/c")], [429, 200]);
});

Deno.test("an error page, and headers of a refusal", async () => {
  const page = await Deno.makeTempFile({ suffix: ".html" });
  await Deno.writeTextFile(page, "<p>slow down");
  await using site = await ConfigSite.start(
    hosts({ rate: "1/h", burst: 1 }, { errors: { "429": page } }),
    undefined,
    [page],
  );
  await site.get("/");
  const refused = await site.get("/");
  assertEquals([refused.status, refused.content], [429, "<p>slow down"]);
  assertMatch(refused.field("retry-after")!, /^3[56]\d\d$/);
  await Deno.remove(page);
});

Deno.test("concurrent: the rest is refused, and there is room again when one ends, or its client leaves", async () => {
  const clock = new TestClock();
  await using origin = new Origin();
  await using site = await ConfigSite.start(
    hosts({ concurrent: 1 }, {
      respond: undefined,
      proxy: origin.url,
      cache: "off",
    }),
    clock,
  );
  using client = await site.proxy.connect();
  await client.send(get("/"));
  const peer = await origin.accept();
  await peer.readMessage();
  const refused = await site.get("/");
  assertEquals([refused.status, refused.field("retry-after")], [429, "1"]);
  await peer.send(ok("one"));
  assertEquals((await client.readMessage()).content, "one");
  {
    using gone = await site.proxy.connect();
    await gone.send(get("/"));
    await peer.readMessage();
    await clock.advance(100); // it has not only closed its sending side
  }
  await site.logged();
  await site.logged();
  assertEquals((await site.logged()).status, 499);
  const later = site.get("/");
  const next = await origin.accept();
  await next.readMessage();
  await next.send(ok("two"));
  assertEquals((await later).content, "two");
});

Deno.test("concurrent with a queue: in order, bounded, and not for ever", async () => {
  const clock = new TestClock();
  await using origin = new Origin();
  await using site = await ConfigSite.start(
    hosts(
      { concurrent: 1, queue: 2, queueTimeout: "10s" },
      { respond: undefined, proxy: origin.url, cache: "off" },
    ),
    clock,
  );
  const asks = ["/1", "/2", "/3"].map((target) =>
    site.proxy.connect().then(async (client) => {
      await client.send(get(target));
      return client;
    })
  );
  const first = await asks[0]!;
  const peer = await origin.accept();
  assertEquals((await peer.readMessage()).startLine, "GET /1 HTTP/1.1");
  const [, second, third] = await Promise.all(asks);
  let full = await site.get("/4");
  while (full.status !== 429) full = await site.get("/4"); // the others may not have come yet
  await peer.send(ok("1"));
  await first.readMessage();
  const { startLine } = await peer.readMessage();
  assertMatch(startLine, /^GET \/[23] /);
  if (clock.stands) {
    await clock.advance(11_000);
    const late = startLine.startsWith("GET /2") ? third : second;
    assertEquals((await late!.readMessage()).status, 429);
  }
  await peer.send(ok("2"));
  for (const client of [first, second, third]) client!.close();
});

Deno.test("a flood from many addresses: others are served, and the memory stays", async () => {
  await using site = await ConfigSite.start(hosts({ rate: "1/h", burst: 1 }));
  using client = await site.proxy.connect();
  const requests = Array.from(
    { length: 1000 },
    (_, i) => get("/", `X-Forwarded-For: 198.${i >> 8}.${i & 255}.7`),
  ).join("");
  const sent = client.send(requests);
  for (let i = 0; i < 1000; i++) {
    assertEquals((await client.readMessage()).status, 200);
  }
  await sent;
  assertEquals(await statuses(site, "X-Forwarded-For: 198.0.0.7"), [429]);
});
