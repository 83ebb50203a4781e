/** Slices in slower tiers behind the store: each is an entry there, too. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { RangeOrigin, SLICE } from "../support/range_origin.ts";
import { TestTier } from "../support/test_tier.ts";
import { explanationLines } from "../../lib/explain/text.ts";
import { Incidents } from "../../lib/observe/incidents.ts";

const LENGTH = 3 * SLICE + 100;

/** A proxy with an empty memory before a tier. */
function start(origin: RangeOrigin, tier: TestTier): Promise<Proxy> {
  const clock = new TestClock();
  return Proxy.startBefore(
    [tier],
    {
      clock,
      incidents: new Incidents(clock),
      place: undefined,
      change: (config) => ({
        ...config,
        store: { ...config.store!, objectBytesMax: SLICE, sliceBytes: SLICE },
      }),
    },
    origin.origin,
  );
}

Deno.test("slices come back from a tier, each by itself, and what is missing from the origin", async () => {
  await using origin = new RangeOrigin(LENGTH);
  const tier = new TestTier();
  {
    await using proxy = await start(origin, tier);
    await exchange(proxy, get("/v", "Range: bytes=0-9"));
    await exchange(proxy, get("/v", `Range: bytes=${2 * SLICE}-${2 * SLICE}`));
    await tier.until("put", 3); // the whole, and two slices
  }
  origin.taken();
  await using proxy = await start(origin, tier);
  const { status, content, field } = await exchange(proxy, get("/v"));
  assertEquals([status, content === origin.content], [200, true]);
  assert(field("cache-status")?.startsWith("sluice; hit"));
  assertEquals(origin.taken(), [
    `GET /v ${SLICE}-${2 * SLICE - 1}`,
    `GET /v ${3 * SLICE}-${4 * SLICE - 1}`,
  ]);
});

Deno.test("a purge takes slices out of a tier, too", async () => {
  await using origin = new RangeOrigin(LENGTH);
  const tier = new TestTier();
  {
    await using proxy = await start(origin, tier);
    assert((await exchange(proxy, get("/v"))).content === origin.content);
    await tier.until("put", 5);
    assertEquals(tier.count, 5);
    await exchange(proxy, "PURGE /v HTTP/1.1\r\nHost: sluice.test\r\n\r\n");
    assertEquals(tier.count, 0);
  }
  origin.taken();
  await using proxy = await start(origin, tier);
  await exchange(proxy, get("/v", "Range: bytes=0-9"));
  assertEquals(origin.taken(), [`GET /v 0-${SLICE - 1}`]);
});

/** Requests for what a tier has some slices of, while memory is empty: what is said of each, and what happens. */
const EXPLAINED: readonly {
  readonly headers: readonly string[];
  readonly result: string;
  readonly says: string;
  /** Whether the origin is asked first of all. */
  readonly asks: boolean;
}[] = [
  {
    headers: [],
    result: "hit 200",
    says: "not in memory, but in the tier test.",
    asks: false,
  },
  {
    headers: [`Range: bytes=${2 * SLICE}-`],
    result: "hit 206",
    says: "not in memory, but in the tier test.",
    asks: false,
  },
  {
    headers: [`Range: bytes=${SLICE}-${SLICE}`],
    result: "miss 206",
    says: "not in memory: the origin is asked for it.",
    asks: true,
  },
  {
    headers: ["Range: bytes=0-9", "Cache-Control: only-if-cached"],
    result: "refused 504",
    says: "not_cached",
    asks: false,
  },
];

for (const { headers, result, says, asks } of EXPLAINED) {
  Deno.test(`explain knows which slices a tier has: ${result} for ${headers}`, async () => {
    await using origin = new RangeOrigin(LENGTH);
    const tier = new TestTier();
    {
      await using proxy = await start(origin, tier);
      await exchange(proxy, get("/v", "Range: bytes=0-9"));
      await exchange(proxy, get("/v", `Range: bytes=${2 * SLICE}-`));
      await tier.until("put", 4);
    }
    origin.taken();
    await using proxy = await start(origin, tier);
    const url = "http://sluice.test/v";
    const found = await proxy.explain({ url, method: "GET", headers });
    assertEquals(`${found.result} ${found.status}`, result);
    assert(explanationLines(found).join("\n").includes(says));
    assertEquals(found.steps.some(({ step }) => step === "sent"), asks);
    assertEquals(origin.taken(), []);
    const { status, field } = await exchange(proxy, get("/v", ...headers));
    assertEquals(status, found.status);
    const said = field("cache-status") ?? "";
    assertEquals(said.slice(0, found.cacheStatus.length), found.cacheStatus);
  });
}
