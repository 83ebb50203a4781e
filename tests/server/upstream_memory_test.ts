/** What is kept of upstreams over reloads. */

import type { Config } from "../../lib/config/config.ts";
import { assemble } from "../../lib/config/assemble.ts";
import { flushEvents } from "../../lib/observe/event_log.ts";
import { UpstreamMemories } from "../../lib/server/upstream_memory.ts";
import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { resolvedFrom } from "../support/memory_disk.ts";
import { upstreamAt } from "../support/upstreams.ts";

async function configOf(weight: number): Promise<Config> {
  const servers = [{ url: "http://127.0.0.1:1", weight }, "http://127.0.0.1:2"];
  const resolved = await resolvedFrom({
    upstreams: { app: { servers } },
    hosts: { "*": { proxy: "app" } },
  });
  return assemble(resolved, { certificates: String, text: String });
}

Deno.test("a weight that was given ends with another configuration's, for good", async () => {
  const clock = new TestClock();
  const memories = new UpstreamMemories(1, clock);
  const goesBy = async (weight: number): Promise<Config> => {
    const { config, commit } = memories.equip(await configOf(weight));
    commit();
    return config;
  };
  const { upstreams: [options] } = await goesBy(1);
  using worker = upstreamAt(options!, { clock });
  const weights = (): (number | undefined)[] => [
    memories.report()[0]!.servers[0]!.weight,
    worker.it.servers[0]!.weight,
  ];
  assertEquals(memories.setWeight("app", "127.0.0.1:1", 5), 1);
  assertEquals(weights(), [5, 5]);
  await goesBy(1);
  assertEquals(weights(), [5, 5], "nothing has changed");
  await goesBy(2);
  await goesBy(1);
  assertEquals(weights(), [1, 1]);
  memories.close();
  await flushEvents(clock);
});
