/**
 * What a second worker brings: hits of two workers beside those of one, both free to
 * run on two cores. On a machine with fewer than four, the load runs there, too.
 */

import { check } from "./check.ts";
import { generate } from "./measure.ts";
import { cpuSeconds } from "./process_tree.ts";
import { Refused, type Results, type RowKind, type Sample } from "./results.ts";
import { type Live, type Rig, startSubject } from "./rig.ts";
import type { Subject } from "./subject.ts";
import {
  HIT,
  type LoadWorkload,
  type OtherWorkload,
  ZIPF,
} from "./workloads.ts";
import { parseWrk, wrkCommand, type WrkReport } from "./wrk.ts";

const MICROS = 1e6;

/** The row of a number of workers. */
function workersRow(
  { name }: OtherWorkload,
  { title }: LoadWorkload,
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

/** Measures a build with one worker, then with two: one response, and many. */
export async function measureWorkers(
  rig: Rig,
  subject: Subject,
  port: number,
  workload: OtherWorkload,
  round: number,
  results: Results,
): Promise<void> {
  for (const count of [1, 2]) {
    const more = ["--workers", String(count)];
    const { workers } = rig.cores;
    const live = await startSubject(rig, subject, port, workers, more);
    for (const hits of [HIT, ZIPF]) {
      const sample = await measureHits(rig, live, hits);
      const row = workersRow(workload, hits, count);
      results.add(row, subject.name, round, sample);
    }
    await rig.stage.stop(live.running);
  }
}

async function measureHits(
  rig: Rig,
  { port, running }: Live,
  hits: LoadWorkload,
): Promise<Sample> {
  await check(port, hits, rig.counter);
  const run = async (seconds: number): Promise<WrkReport> => {
    const command = wrkCommand(hits, port, seconds);
    return parseWrk(await generate(rig, command, rig.cores.workersLoad));
  };
  await run(1);
  const before = cpuSeconds(running.pid);
  const { perSecond, requests, errors } = await run(rig.options.seconds);
  if (errors !== "") throw new Refused(errors);
  const cpu = cpuSeconds(running.pid) - before;
  return { value: perSecond, cpuMicros: cpu / requests * MICROS };
}
