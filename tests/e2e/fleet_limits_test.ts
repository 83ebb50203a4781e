/** Rates that a fleet counts together. */

import { assert, assertEquals } from "../support/assert.ts";
import { pause } from "../support/clock.ts";
import { Fleet, fleetTest, VersionedOrigin } from "../support/fleet.ts";
import { needingRedis, RedisServer } from "../support/redis_server.ts";
import { STORE_FAULTS } from "../support/store_faults.ts";
import { rows } from "../support/tries.ts";

const BURST = 20;
const KEY = "header:x-key";

async function startLimited(
  origin: VersionedOrigin,
  store: RedisServer,
  shared: boolean,
): Promise<Fleet> {
  const limit = { rate: "6/m", burst: BURST, by: "all", shared };
  const more = { hosts: { "*": { proxy: "app", limit } } };
  const fleet = await Fleet.start(origin.origin, {
    url: store.url,
    nodes: 2,
    more,
  });
  await fleet.inStep();
  return fleet;
}

/** How many requests a node lets through, until it refuses one; it hears of the others' in between. */
async function countAllowed(
  fleet: Fleet,
  node: number,
  ...fields: readonly string[]
): Promise<number> {
  for (let count = 0; count <= 2 * BURST; count++) {
    const { status } = await fleet.get(node, "/private", ...fields);
    if (status === 429) return count;
    assertEquals(status, 200);
    await pause(60);
  }
  return Infinity;
}

for (const shared of rows([true, false], true)) {
  const needs = await needingRedis(
    shared
      ? "what one node lets through, the other does not any more"
      : "a limit that is not shared is each node's own",
  );
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    await using fleet = await startLimited(origin, store, shared);
    const first = await countAllowed(fleet, 0);
    assert(first >= BURST && first <= BURST + 1, `${first}`); // a slow machine sees a new one
    const second = await countAllowed(fleet, 1);
    // The first that it lets through, it does before it hears of the others: a slow machine some more.
    assert(shared ? second < BURST / 2 : second >= BURST, `${second}`);
  });
}

{
  const needs = await needingRedis(
    "without the store, each node counts for itself; with it, together again",
  );
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    await using fleet = await startLimited(origin, store, true);
    await store.kill();
    const first = await countAllowed(fleet, 0);
    assert(first >= BURST && first <= BURST + 1, `${first}`);
    assertEquals((await fleet.get(1, "/private")).status, 200);
    await store.begin();
    await fleet.inStep(2);
  });
}

/** Looks until what one node lets through is counted on the other, each for a key of its own. */
const LOOKS_MAX = 30;

for (const fault of STORE_FAULTS) {
  await fleetTest(
    `each node holds its limit while the store is ${fault.name}, and then both count together`,
    {
      nodes: 2,
      isCostly: true,
      more: {
        hosts: {
          "*": {
            proxy: "app",
            limit: { rate: "6/m", burst: BURST, by: KEY, shared: true },
          },
        },
      },
    },
    async ({ fleet, store }) => {
      assert(await countAllowed(fleet, 0, "x-key: before") >= BURST);
      await fault.begin(store);
      const counts = await Promise.all(
        [0, 1].map((node) => countAllowed(fleet, node, "x-key: during")),
      );
      // A slow machine sees new ones.
      for (const count of counts) assert(count <= BURST + 3, `${counts}`);
      assert(counts[0]! + counts[1]! >= BURST / 2, `${counts}`);
      await fault.end(store);
      if (fault.rejoins) await fleet.inStep(2);
      for (let look = 0; look < LOOKS_MAX; look++) {
        const key = `x-key: after ${look}`;
        assert(await countAllowed(fleet, 0, key) >= BURST / 2);
        if (await countAllowed(fleet, 1, key) < BURST / 2) return;
      }
      throw new Error("they do not count together again");
    },
  );
}
