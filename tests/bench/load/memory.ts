/** The memory that programs have after load of all kinds. */

import { check } from "./check.ts";
import { generate } from "./measure.ts";
import { memoryBytes } from "./process_tree.ts";
import type { Results } from "./results.ts";
import { type Live, type Rig, startSubject } from "./rig.ts";
import { isAble, type Subject } from "./subject.ts";
import { type OtherWorkload, WORKLOADS } from "./workloads.ts";
import { wrkCommand } from "./wrk.ts";

/** Of each workload. */
const SECONDS = 1;
/** What programs give back as soon as there is nothing to do is given back by then. */
const REST_MS = 3000;
const MIB = 2 ** 20;

/** Starts a subject afresh, puts it to all the load that there is, and weighs it. */
export async function measureMemory(
  rig: Rig,
  subject: Subject,
  port: number,
  workload: OtherWorkload,
  round: number,
  results: Results,
): Promise<void> {
  const live = await startSubject(rig, subject, port);
  for (const load of WORKLOADS) {
    if (load.kind !== "load" || load.rate !== undefined) continue;
    if (!isAble(subject, load)) continue;
    await check(port, load, rig.counter);
    await generate(rig, wrkCommand(load, port, SECONDS));
  }
  await weigh([live], workload, round, results);
  await rig.stage.stop(live.running);
}

/** Weighs programs that have nothing to do. */
export async function weigh(
  lives: readonly Live[],
  { name: workload, title }: Pick<OtherWorkload, "name" | "title">,
  round: number,
  results: Results,
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const kind = { workload, title, unit: " MiB", better: "less" } as const;
  for (const { subject, running } of lives) {
    const value = memoryBytes(running.pid) / MIB;
    results.add(kind, subject.name, round, { value });
  }
}
