/**
 * What a second worker brings: hits of two workers beside those of one, both free to
 * run on two cores. On a machine with fewer than four, the load runs there, too.
 */

import { check } from "./check.ts";
import { generate } from "./measure.ts";
import { cpuSeconds } from "./process_tree.ts";
import { Refused, type Results, type RowKind } from "./results.ts";
import { type Rig, startSubject } from "./rig.ts";
import type { Subject } from "./subject.ts";
import { HIT, type OtherWorkload } from "./workloads.ts";
import { parseWrk, wrkCommand, type WrkReport } from "./wrk.ts";

const MICROS = 1e6;

/** The row of a number of workers. */
export function workersRow(
  { name, title }: OtherWorkload,
  count: number,
): RowKind {
  const workers = count === 1 ? "1 worker" : `${count} workers`;
  return {
    workload: name,
    title: `${title}: ${workers}`,
    unit: "/s",
    better: "more",
  };
}

/** Measures a build with one worker, then with two. */
export async function measureWorkers(
  rig: Rig,
  subject: Subject,
  port: number,
  workload: OtherWorkload,
  round: number,
  results: Results,
): Promise<void> {
  const { cores, options, stage, counter } = rig;
  for (const count of [1, 2]) {
    const more = ["--workers", String(count)];
    const live = await startSubject(rig, subject, port, cores.workers, more);
    await check(port, HIT, counter);
    const run = async (seconds: number): Promise<WrkReport> => {
      const command = wrkCommand(HIT, port, seconds);
      return parseWrk(await generate(rig, command, cores.workersLoad));
    };
    await run(1);
    const before = cpuSeconds(live.running.pid);
    const { perSecond, requests, errors } = await run(options.seconds);
    if (errors !== "") throw new Refused(errors);
    const cpu = cpuSeconds(live.running.pid) - before;
    results.add(workersRow(workload, count), subject.name, round, {
      value: perSecond,
      cpuMicros: cpu / requests * MICROS,
    });
    await stage.stop(live.running);
  }
}
