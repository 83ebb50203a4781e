/**
 * The model of `docs/fleet.md`, carried out: nodes with the code of the program and a
 * model of the store. In the end, nobody has anything that a purge has named since the
 * origin was asked.
 */

import { assert, assertEquals } from "../../support/assert.ts";
import { explore } from "../../support/fleet_explorer.ts";
import { PATHS } from "../../support/fleet_model.ts";
import {
  carryOut,
  Schedule,
  SCHEDULE_NAMES,
} from "../../support/fleet_schedules.ts";
import { tries } from "../../support/tries.ts";

/** Runs of the explorer. */
const RUNS = tries(40, 240);
/** Of the schedules, one in so many is carried out. */
const SCHEDULES_SKIPPED = tries(3, 1);

Deno.test("nothing that was purged comes back, whatever is late, lost or crashes", async () => {
  const { wrong, recalled } = await explore(1, RUNS);
  assertEquals(wrong, []);
  assert(recalled > RUNS, `${recalled} records of others were used`);
});

Deno.test("nor does it in any of the schedules in which a rule is what keeps it away", async () => {
  for (const [at, name] of SCHEDULE_NAMES.entries()) {
    if (at % SCHEDULES_SKIPPED !== 0) continue;
    assertEquals(await carryOut(name), [], name);
  }
});

Deno.test("what is stored while a purge is being carried out is no good afterwards", async () => {
  const run = new Schedule();
  const [one, other] = [run.add(), run.add()];
  await run.settle();
  const [path] = PATHS;
  one.beginFetch(path, 1);
  run.idle.add(one);
  const purged = other.purge("all", false, run.origin);
  await run.settle();
  await purged;
  assertEquals(one.due.length, 1, "it is about to carry it out");
  one.endFetch(0);
  await run.settle();
  assertEquals(one.answer(path)?.version, 1, "it has not yet");
  run.idle.delete(one);
  await run.settle();
  assertEquals(one.answer(path), undefined);
  for (const node of run.nodes) {
    await run.recall(node, path);
    assertEquals(node.answer(path), undefined);
    node.close();
  }
});
