/** What is stale in all nodes of a fleet is fetched anew once, in the background. */

import { assertEquals } from "../support/assert.ts";
import { type FleetParts, fleetTest, untilStored } from "../support/fleet.ts";
import { rows } from "../support/tries.ts";

const PATH = "/stale";
/** Keys that a node has fetched for the others. */
const TAKEN = 'sluice_fleet_leases_total{outcome="taken"}';

/**
 * All nodes answer with what is stale; the first is fetching it anew, from an origin
 * that does not answer yet.
 *
 * @returns Lets the origin answer.
 */
async function beginRefresh(
  { fleet, origin, store }: FleetParts,
): Promise<() => void> {
  assertEquals((await fleet.get(0, PATH)).content, `${PATH} 1`);
  await untilStored(store);
  const gate = Promise.withResolvers<void>();
  origin.version = 2;
  origin.gate = gate.promise;
  assertEquals((await fleet.get(0, PATH)).content, `${PATH} 1`);
  await origin.until(PATH, 2);
  for (const node of fleet.nodes.keys()) {
    assertEquals((await fleet.get(node, PATH)).content, `${PATH} 1`);
  }
  return gate.resolve;
}

const isNew = ({ content }: { readonly content: string }): boolean =>
  content === `${PATH} 2`;

/** Nodes, and workers of each. */
const SIZES = [[2, 1], [4, 1], [2, 2]] as const;

for (const [nodes, workers] of rows(SIZES, SIZES[0])) {
  await fleetTest(
    `${nodes} nodes of ${workers} worker(s): one refreshes for all`,
    { nodes, workers },
    async (parts) => {
      const { fleet, origin } = parts;
      const answer = await beginRefresh(parts);
      answer();
      for (const node of fleet.nodes.keys()) {
        await fleet.until(node, PATH, isNew);
      }
      // Two workers may find that they have nothing in the same moment.
      const extra = origin.countOf(PATH) - 2;
      assertEquals(extra <= workers - 1, true, `${extra} more`);
    },
  );
}

await fleetTest(
  "a node that dies while it refreshes costs its lease, and no more",
  { nodes: 3, isCostly: true },
  async (parts) => {
    const { fleet, origin } = parts;
    const answer = await beginRefresh(parts);
    await fleet.kill(0);
    await origin.until(PATH, 3);
    answer();
    for (const node of [1, 2]) await fleet.until(node, PATH, isNew);
    assertEquals(origin.countOf(PATH), 3);
  },
);

await fleetTest(
  "who reloads, or has a copy, is answered as ever while another node refreshes",
  { nodes: 2, isCostly: true },
  async (parts) => {
    const { fleet, origin } = parts;
    const taken = await fleet.metric(1, TAKEN);
    const answer = await beginRefresh(parts);
    const reloaded = fleet.get(1, PATH, "Cache-Control: no-cache");
    await origin.until(PATH, 3);
    answer();
    assertEquals((await reloaded).content, `${PATH} 2`);
    // What the reload has brought is what this node has from now on.
    assertEquals((await fleet.get(1, PATH)).content, `${PATH} 2`);
    await fleet.until(0, PATH, isNew);
    assertEquals(origin.countOf(PATH), 3);
    assertEquals(await fleet.metric(1, TAKEN), taken);
  },
);

await fleetTest(
  "without the store, each node refreshes for itself",
  { nodes: 2 },
  async (parts) => {
    const { fleet, origin, store } = parts;
    assertEquals((await fleet.get(0, PATH)).content, `${PATH} 1`);
    await untilStored(store);
    assertEquals((await fleet.get(1, PATH)).content, `${PATH} 1`);
    await origin.until(PATH, 2); // it is as stale as it was
    await store.kill();
    origin.version = 2;
    for (const node of [0, 1]) await fleet.until(node, PATH, isNew);
  },
);
