/** Several sluices with one store: what one has fetched, all have; what is purged at one is gone from all. */

import { assert, assertEquals } from "../support/assert.ts";
import {
  type FleetParts,
  fleetTest,
  MISSES,
  NOISE,
  recordsOf,
  untilStored,
} from "../support/fleet.ts";
import { rows } from "../support/tries.ts";

/** Nodes, and workers of each. */
const SIZES = [[2, 1], [4, 1], [2, 2]] as const;

for (const [nodes, workers] of rows(SIZES, SIZES[2])) {
  const size = `${nodes} nodes of ${workers} worker(s)`;
  const name = `${size}: stored by one, hit by all, purged for all`;
  const plan = { nodes, workers };
  await fleetTest(name, plan, async ({ store, origin, fleet }) => {
    const all = [...fleet.nodes.keys()];
    await fleet.get(0, "/a");
    await untilStored(store);
    for (const node of all) {
      assertEquals((await fleet.get(node, "/a")).content, "/a 1");
    }
    assertEquals(origin.countOf("/a"), 1);
    const orders = [
      { url: "http://sluice.test/a" },
      { prefix: "http://sluice.test/a" },
      { host: "sluice.test" },
      { tag: "all-items" },
      { all: true },
    ];
    for (const order of orders) {
      origin.version++;
      const { content, status } = await fleet.purge(nodes - 1, order);
      assertEquals(status, 200, content);
      const right = `/a ${origin.version}`;
      // Where it was ordered, it has been carried out; elsewhere it is about to be.
      assertEquals((await fleet.get(nodes - 1, "/a")).content, right);
      for (const node of all) {
        await fleet.until(node, "/a", ({ content }) => content === right);
      }
    }
    // A worker that has no connection yet, on a slow machine, asks for itself.
    const count = origin.countOf("/a") - 1 - orders.length;
    assert(count >= 0 && count <= 2, `${count}`);
  });
}

/** What one fleet does, each with paths of its own. The last one leaves a node less. */
const STEPS: Readonly<Record<string, (parts: FleetParts) => Promise<void>>> = {
  "a key that nobody has costs one request to the origin, of all nodes": async (
    { origin, fleet },
  ) => {
    const gate = Promise.withResolvers<void>();
    origin.gate = gate.promise;
    const misses = await Promise.all(
      [0, 1, 2, 3].map((node) => fleet.metric(node, MISSES)),
    );
    const answers = [0, 1, 2, 3, 0, 1, 2, 3].map((node) =>
      fleet.get(node, "/cold")
    );
    await origin.until("/cold", 1);
    for (const [node, before] of misses.entries()) {
      await fleet.untilMetric(node, MISSES, before + 1); // and waits for the one that fetches
    }
    gate.resolve();
    for (const { content } of await Promise.all(answers)) {
      assertEquals(content, "/cold 1");
    }
    assertEquals(origin.countOf("/cold"), 1);
  },
  "what cannot be stored is waited for by nobody for long": async (
    { origin, fleet },
  ) => {
    const answers = await Promise.all(
      [0, 1, 2, 3].map((node) => fleet.get(node, "/private")),
    );
    for (const { status } of answers) assertEquals(status, 200);
    assertEquals(origin.countOf("/private"), 4);
  },
  "content in pieces is shared; if one is missing, the origin is asked": async (
    { store, origin, fleet },
  ) => {
    const before = await recordsOf(store);
    await fleet.get(0, "/large");
    await untilStored(store, before);
    assert((await fleet.get(1, "/large")).content === NOISE);
    assertEquals(origin.countOf("/large"), 1);
    const keys = await store.ask("KEYS", "test:*:c:*:1");
    const [piece] = /test:\S+/.exec(keys)!;
    await store.ask("DEL", piece);
    assert((await fleet.get(2, "/large")).content === NOISE);
    assertEquals(origin.countOf("/large"), 2);
  },
  "a soft purge reaches every node: what it names is stale there": async (
    { store, origin, fleet },
  ) => {
    const before = await recordsOf(store);
    await fleet.get(0, "/soft");
    await untilStored(store, before);
    await fleet.get(1, "/soft");
    origin.version++;
    await fleet.purge(0, { all: true, soft: true });
    await fleet.until(1, "/soft", ({ content }) => content === "/soft 2");
  },
  "a node that dies while it fetches costs its lease, and no more": async (
    { origin, fleet },
  ) => {
    const gate = Promise.withResolvers<void>();
    origin.gate = gate.promise;
    const lost = fleet.get(0, "/dies").catch(() => {});
    await origin.until("/dies", 1);
    const other = fleet.get(1, "/dies");
    await fleet.kill(0);
    await lost;
    await origin.until("/dies", 2);
    gate.resolve();
    assertEquals((await other).content, `/dies ${origin.version}`);
  },
};

await fleetTest("four nodes", { nodes: 4 }, async (parts, t) => {
  for (const [name, step] of Object.entries(STEPS)) {
    await t.step(name, () => step(parts));
  }
});
