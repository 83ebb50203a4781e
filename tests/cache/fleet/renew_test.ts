/** What is stale in all nodes is fetched anew by one of them. */

import { assert, assertEquals } from "../../support/assert.ts";
import { PATHS } from "../../support/fleet_model.ts";
import { Schedule } from "../../support/fleet_schedules.ts";
import type { Renewal } from "../../../lib/cache/store/tiers/tier.ts";

const [PATH] = PATHS;

/** What becomes of it in two nodes, of which the first asks first. */
async function begin(): Promise<{
  readonly run: Schedule;
  readonly leader: Promise<Renewal>;
  readonly other: Promise<Renewal>;
}> {
  const run = new Schedule();
  const [a, b] = [run.add(), run.add()];
  await run.settle();
  await run.fetch(a, PATH);
  await run.recall(b, PATH);
  a.purge("key", true, run.origin);
  await run.settle();
  const leader = a.renewal(PATH);
  await run.settle();
  const other = b.renewal(PATH);
  await run.settle();
  return { run, leader, other };
}

function end({ nodes }: Schedule): void {
  for (const node of nodes) node.close();
}

Deno.test("one is to fetch it, the other gets what it brings", async () => {
  const { run, leader, other } = await begin();
  assertEquals(await leader, "fetch");
  await run.fetch(run.nodes[0]!, PATH);
  await run.settle(100);
  const renewal = await other;
  assert(typeof renewal === "object");
  assertEquals(new TextDecoder().decode(renewal.content), "2");
  // And whoever asks later gets it at once.
  const later = run.nodes[1]!.renewal(PATH);
  await run.settle();
  assert(typeof await later === "object");
  end(run);
});

Deno.test("one that dies costs its lease: then the other is to fetch it", async () => {
  const { run, leader, other } = await begin();
  assertEquals(await leader, "fetch");
  run.nodes[0]!.close();
  let renewal: Renewal | undefined;
  other.then((value) => renewal = value);
  await run.settle(1200);
  assertEquals(renewal, undefined);
  await run.settle(1200);
  assertEquals(renewal, "fetch");
  end(run);
});

Deno.test("one that takes its time keeps the other waiting, and not for ever", async () => {
  const { run, leader, other } = await begin();
  assertEquals(await leader, "fetch");
  let renewal: Renewal | undefined;
  other.then((value) => renewal = value);
  for (let i = 0; i < 8; i++) await run.settle(1200);
  assertEquals(renewal, undefined);
  await run.settle(1200);
  assertEquals(renewal, "leave");
  end(run);
});

Deno.test("one that brings nothing is not followed by the others at once", async () => {
  const { run, leader, other } = await begin();
  assertEquals(await leader, "fetch");
  const [a, b] = run.nodes;
  a!.abandon(PATH);
  await run.settle(100);
  assertEquals(await other, "leave");
  const again = b!.renewal(PATH);
  await run.settle();
  assertEquals(await again, "leave");
  for (let i = 0; i < 5; i++) await run.settle(1200);
  const later = b!.renewal(PATH);
  await run.settle();
  assertEquals(await later, "fetch");
  end(run);
});

Deno.test("nor is one that brings what no other can use", async () => {
  const { run, leader, other } = await begin();
  assertEquals(await leader, "fetch");
  const [a] = run.nodes;
  a!.lifetimeMs = 0;
  await run.fetch(a!, PATH);
  await run.settle(100);
  assertEquals(await other, "leave");
  end(run);
});

Deno.test("without the store, each node fetches for itself", async () => {
  const run = new Schedule();
  const a = run.add();
  await run.settle();
  run.store.cut(a.asks);
  assertEquals(await a.renewal(PATH), "fetch");
  end(run);
});
