/** Workers that wait for the connections to one server take turns. */

import { assertEquals } from "../support/assert.ts";
import { groupProxy, NamedOrigin } from "../support/group.ts";
import { get } from "../support/proxy.ts";

/** So many that every worker has some of them, most likely. */
const CLIENTS = 16;

Deno.test("a worker whose requests always wait leaves some connections to the others", async () => {
  await using a = new NamedOrigin("a");
  await using proxy = await groupProxy({
    servers: [a.url],
    connections: { max: 1, queueTimeout: "20s" },
  }, { workers: 3, route: { cache: "off" } });
  const waiting = new Set(Array(CLIENTS).keys());
  const statuses: number[] = [];
  // Each goes on asking until all have been answered: the load never ends by itself.
  await Promise.all(
    Array.from(waiting, async (id) => {
      using client = await proxy.connect();
      while (waiting.size > 0) {
        await client.send(get(`/${id}`));
        statuses.push((await client.readMessage()).status);
        waiting.delete(id);
      }
    }),
  );
  assertEquals(statuses.filter((status) => status !== 200), []);
});
