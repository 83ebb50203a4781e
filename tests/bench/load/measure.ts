/** One timed run of a workload. */

import { check, checkOrigin } from "./check.ts";
import { h2loadCommand, parseH2loadLog } from "./h2load.ts";
import { coreSeconds, cpuSeconds } from "./process_tree.ts";
import { Refused, type Results, type RowKind } from "./results.ts";
import type { Live, Rig } from "./rig.ts";
import type { LoadWorkload } from "./workloads.ts";
import { parseWrk, wrkCommand } from "./wrk.ts";

/** Before a subject's first timed run of a workload: compilers and buffers settle. */
const WARM_UP_SECONDS = 1;
/** Part of a core's time that counts as much. */
const MUCH = 0.1;
/** Parts of an expected byte count that are still right: wrk rounds, and counts what was under way. */
const BYTES_MIN = 0.97;
const BYTES_MAX = 1.1;
/** Bytes by which a head may grow: digits of an age. */
const HEAD_SLACK = 64;
const MICROS = 1e6;

/** What checks found out, and each run is held against. */
export interface Checked {
  readonly live: Live;
  /** Bytes of one response. */
  readonly bytes: number;
}

/** Checks a subject's answers and warms it up. */
export async function makeReady(
  rig: Rig,
  live: Live,
  workload: LoadWorkload,
): Promise<Checked> {
  const bytes = await check(live.port, workload, rig.counter);
  await generate(rig, wrkCommand(workload, live.port, WARM_UP_SECONDS));
  return { live, bytes };
}

/** The row of a workload that is measured by its throughput. */
export function throughputRow({ name, title }: LoadWorkload): RowKind {
  return { workload: name, title, unit: "/s", better: "more" };
}

/**
 * Measures once.
 *
 * @throws {Refused} Answers were missing, or not what they should be.
 */
export async function measure(
  rig: Rig,
  { live, bytes }: Checked,
  workload: LoadWorkload,
  round: number,
  results: Results,
): Promise<void> {
  const { rate } = workload;
  const { pid } = live.running;
  const { server } = rig.cores;
  const arrivedBefore = await rig.counter.readSettled();
  const before = { cpu: cpuSeconds(pid), core: coreSeconds(server) };
  const begunMs = performance.now();
  const run = rate === undefined
    ? await runThroughput(rig, live, workload, bytes)
    : await runLatency(rig, live, { ...workload, rate });
  const muchSeconds = (performance.now() - begunMs) / 1000 * MUCH;
  const cpu = cpuSeconds(pid) - before.cpu;
  const core = coreSeconds(server);
  const arrived = await rig.counter.read() - arrivedBefore;
  // Each connection may have had a request under way when the run ended.
  checkOrigin(workload, arrived, run.requests, workload.connections);
  const marks = {
    isLoadBound: rate === undefined &&
      core.idle - before.core.idle > muchSeconds,
    isDisturbed: core.taken - before.core.taken - cpu > muchSeconds,
  };
  const cpuMicros = cpu / run.requests * MICROS;
  for (const [index, { kind, value }] of run.values.entries()) {
    // One run has one figure of processor time, whatever else it has.
    const sample = index === 0 ? { value, cpuMicros } : { value };
    results.add(kind, live.subject.name, round, { ...sample, ...marks });
  }
}

interface Run {
  readonly requests: number;
  readonly values: readonly {
    readonly kind: RowKind;
    readonly value: number;
  }[];
}

async function runThroughput(
  rig: Rig,
  live: Live,
  workload: LoadWorkload,
  bytes: number,
): Promise<Run> {
  const { seconds } = rig.options;
  const report = parseWrk(
    await generate(rig, wrkCommand(workload, live.port, seconds)),
  );
  if (report.errors !== "") throw new Refused(report.errors);
  const mean = report.bytes / report.requests;
  const isWhole = mean >= bytes * BYTES_MIN &&
    mean <= bytes * BYTES_MAX + HEAD_SLACK;
  if (!isWhole) {
    throw new Refused(`${mean.toFixed(0)} bytes an answer for ${bytes}`);
  }
  return {
    requests: report.requests,
    values: [{ kind: throughputRow(workload), value: report.perSecond }],
  };
}

async function runLatency(
  rig: Rig,
  live: Live,
  workload: LoadWorkload & { readonly rate: number },
): Promise<Run> {
  const { seconds } = rig.options;
  const log = `${rig.stage.directory}/h2load.log`;
  await generate(rig, h2loadCommand(workload, live.port, seconds, log));
  const report = parseH2loadLog(await Deno.readTextFile(log));
  await Deno.remove(log);
  const missing = workload.rate * seconds - report.requests + report.failed;
  if (missing > 0) throw new Refused(`${missing} requests failed`);
  const values = [
    { name: "p50", value: report.p50 },
    { name: "p99", value: report.p99 },
    { name: "p99.9", value: report.p999 },
  ].map(({ name, value }) => {
    const title = `${workload.title}: ${name}`;
    const kind: RowKind = {
      workload: workload.name,
      title,
      unit: " µs",
      better: "less",
    };
    return { kind, value };
  });
  return { requests: report.requests, values };
}

/**
 * Runs what makes the load; it gets a while more than it should need.
 *
 * @returns What it prints.
 * @throws {Refused} It failed.
 */
export async function generate(
  { stage, options, cores }: Rig,
  command: readonly string[],
  where: string = cores.load,
): Promise<string> {
  const timeoutMs = options.seconds * 2000 + 20_000;
  try {
    return await stage.run(command, where, timeoutMs);
  } catch (cause) {
    // What makes the load fails if nobody answers it.
    throw new Refused((cause as Error).message, { cause });
  }
}
