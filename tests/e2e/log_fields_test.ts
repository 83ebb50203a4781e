/** What the access log in JSON says of a request's route, its cache and its way to an origin. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { ok, Origin } from "../support/origin.ts";
import { get, speaksTls } from "../support/proxy.ts";
import { refusingUrl } from "../support/free_port.ts";

/** Until an origin that is slow begins its response, and then until that ends. */
const TTFB_MS = 120;
const BODY_MS = 200;

type Line = Record<string, Record<string, unknown>>;

async function lineOf(site: ConfigSite): Promise<Line> {
  return await site.logged() as Line;
}

Deno.test("route, phases and the stored response, from a miss to a bypass", async () => {
  await using origin = Origin.answering(({ startLine }) =>
    ok(
      "hello",
      `Cache-Control: ${startLine.includes("/n") ? "no-store" : "max-age=60"}`,
    )
  );
  await using site = await ConfigSite.start({
    upstreams: { app: { servers: origin.url } },
    hosts: {
      "*": {
        "/": { proxy: "app" },
        "/fixed": { respond: 204 },
        "/login": [
          { when: { method: "POST" }, proxy: "app" },
          { proxy: "app" },
        ],
      },
    },
  });
  const addr = origin.url.slice("http://".length);

  await site.get("/a");
  const miss = await lineOf(site);
  assertEquals([miss.route, miss.scheme], [
    "*/",
    speaksTls() ? "https" : "http",
  ] as unknown);
  const { upstream } = miss;
  assertEquals(
    [upstream!.addr, upstream!.status, upstream!.tries, upstream!.reused],
    [addr, 200, 1, false],
  );
  for (const phase of ["age", "queue", "connect", "ttfb", "body"]) {
    const seconds = upstream![phase];
    assert(typeof seconds === "number" && seconds >= 0 && seconds < 5, phase);
  }
  assertEquals(miss.cache!.result, "miss");

  await site.get("/a");
  const hit = await lineOf(site);
  assertEquals(hit.cache, { result: "hit", age: 0, ttl: 59 });
  assert(!("upstream" in hit) && !("ttfb" in hit), "a hit asks nobody");

  await site.get("/n");
  const second = await lineOf(site);
  assertEquals(second.upstream!.reused, true);
  assert(!("connect" in second.upstream!));

  await site.get("/fixed");
  const fixed = await lineOf(site);
  assertEquals(fixed.route as unknown, "*/fixed");
  assert(!("upstream" in fixed) && !("cache" in fixed));

  await site.get("/login");
  assertEquals((await lineOf(site)).route as unknown, "*/login#2");
});

Deno.test("the time of an origin is told by its phases, also after a try that failed", async () => {
  const clock = new TestClock();
  const hasBegun = Promise.withResolvers<void>();
  const sent: string[] = [];
  await using origin = Origin.serving(async (peer, index) => {
    for (;;) {
      const target = (await peer.readMessage()).startLine.split(" ")[1]!;
      sent.push(`${index}${target}`);
      if (target === "/again" && index === 0) return; // on a connection that is reused
      if (target === "/slow") {
        await clock.advance(TTFB_MS);
        await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
        await hasBegun.promise;
        await clock.advance(BODY_MS);
        await peer.send("b");
      } else await peer.send(ok("x"));
    }
  });
  await using site = await ConfigSite.start({
    hosts: { "*": { proxy: origin.url, cache: "off" } },
  }, clock);
  using client = await site.proxy.connect();
  await client.send(get("/slow"));
  await client.readHead();
  hasBegun.resolve();
  await client.readThrough("ab");
  const slow = await lineOf(site);
  const { ttfb, body } = slow.upstream as Record<string, number>;
  const { duration } = slow as unknown as Record<string, number>;
  if (clock.stands) {
    assertEquals(
      [ttfb, body, duration].map((seconds) => seconds! * 1000),
      [TTFB_MS, BODY_MS, TTFB_MS + BODY_MS],
    );
  } else {
    // The clock has milliseconds, and a timer may be one early.
    assert(ttfb! >= 0.115 && body! >= 0.195, `${ttfb} ${body}`);
    assert(duration! >= ttfb! + body! - 0.002, `${duration}`);
  }

  await client.send(get("/again")); // to the same worker
  await client.readMessage();
  const again = await lineOf(site);
  assertEquals(sent, ["0/slow", "0/again", "1/again"]);
  assertEquals(
    [again.upstream!.tries, again.upstream!.reused, again.upstream!.status],
    [2, false, 200],
  );
  assert("connect" in again.upstream!);
});

Deno.test("an origin that cannot be reached: no address was asked, and the wait is told", async () => {
  await using site = await ConfigSite.start({
    hosts: { "*": { proxy: refusingUrl() } },
  });
  await site.get("/");
  const line = await lineOf(site);
  assertEquals([line.status, line.error, line.end] as unknown[], [
    502,
    "origin_refused",
    "upstream_unreachable",
  ]);
  assert(!("upstream" in line));
});
