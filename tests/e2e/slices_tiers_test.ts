/** Slices in slower tiers behind the store: each is an entry there, too. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { RangeOrigin, SLICE } from "../support/range_origin.ts";
import { TestTier } from "../support/test_tier.ts";
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
