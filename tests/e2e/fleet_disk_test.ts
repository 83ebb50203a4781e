/** The disk of a node: what was purged while the node was away does not come back from there. */

import { assertEquals } from "../support/assert.ts";
import { Fleet, VersionedOrigin } from "../support/fleet.ts";
import { needingRedis, RedisServer } from "../support/redis_server.ts";
import { costly } from "../support/tries.ts";

for (const isStoreThere of [true, false]) {
  const needs = await needingRedis(
    isStoreThere
      ? "a node that was away does not bring back from its disk what was purged meanwhile"
      : "nor does it while it cannot reach the store",
  );
  Deno.test(costly(needs.name, needs.ignore), async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    const folder = await Deno.makeTempDir();
    const { url } = store;
    const shared = { url, prefix: "test:", timeout: "2s" };
    const disk = { path: `${folder}/disk`, size: "64MiB", admit: 1 };
    const start = (more: Record<string, unknown>): Promise<Fleet> =>
      Fleet.start(origin.origin, { url, nodes: 1, more });
    {
      await using away = await start({ cache: { shared, disk } });
      await away.inStep();
      assertEquals((await away.get(0, "/a")).content, "/a 1");
      await away.untilMetric(0, 'sluice_cache_objects{tier="disk"}', 1);
      await away.kill(0);
    }
    origin.version = 2;
    {
      await using other = await start({ cache: { shared } });
      await other.inStep();
      assertEquals((await other.purge(0, { all: true })).status, 200);
    }
    if (!isStoreThere) await store.kill();
    {
      await using back = await start({ cache: { shared, disk } });
      assertEquals((await back.get(0, "/a")).content, "/a 2");
    }
    await Deno.remove(folder, { recursive: true });
  });
}
