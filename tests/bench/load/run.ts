/** A run from beginning to end: the origin, the subjects, the workloads in turns. */

import type { Cores } from "./cores.ts";
import { measureIdle } from "./idle.ts";
import { isInstalled } from "./machine.ts";
import { type Checked, makeReady, measure } from "./measure.ts";
import type { Options } from "./options.ts";
import { prepareOrigin, RequestCounter } from "./origin.ts";
import { measureMemory } from "./memory.ts";
import { guarded, type Results } from "./results.ts";
import {
  assertFree,
  awaitAnswer,
  type Live,
  type Rig,
  startSubject,
} from "./rig.ts";
import { measureWorkers } from "./scaling.ts";
import type { Stage } from "./stage.ts";
import { runSite } from "./site/run.ts";
import { measureStart } from "./start_up.ts";
import { isAble, type Subject } from "./subject.ts";
import type { LoadWorkload, OtherWorkload } from "./workloads.ts";

/** Ports, counted from the first. */
const RAW_ORIGIN = 1;
const SUBJECTS = 10;
const FRESH_SUBJECTS = 50;
/** Rounds at most, by what is measured: more do not make memory more certain. */
const ROUNDS_MAX: Readonly<Record<OtherWorkload["kind"], number>> = {
  memory: 1,
  start: Infinity,
  idle: 1,
  workers: Infinity,
};

const RAW_ORIGIN_PROGRAM = new URL("raw_origin.ts", import.meta.url).pathname;

/** Says how far it has come. */
type Say = (text: string) => void;

/** Measures everything that is asked for; fills `results`. */
export async function runAll(
  stage: Stage,
  cores: Cores,
  options: Options,
  subjects: readonly Subject[],
  results: Results,
  say: Say,
): Promise<void> {
  await pinSelf(stage, cores);
  const originPort = await startOrigin(stage, cores, options.port);
  using counter = await RequestCounter.connect(originPort);
  const rig: Rig = { stage, cores, options, originPort, counter };
  const plain = options.workloads.filter((one) => one.kind !== "site");
  const hasLoad = plain.some(({ kind }) => kind === "load");
  const lives = hasLoad ? await startAll(rig, subjects, results) : [];
  for (const workload of plain) {
    say(`${workload.name}: ${workload.title}`);
    if (workload.kind === "load") {
      await runLoad(rig, lives, workload, results);
    } else await runOther(rig, subjects, workload, results);
  }
  for (const { running } of lives) await stage.stop(running);
  const sites = options.workloads.filter((one) => one.kind === "site");
  await runSite(rig, subjects, sites, results, say);
  for (const { subject, workload, reason } of results.refusals) {
    say(`no figure for ${subject}, ${workload || "all"}: ${reason}`);
  }
}

/** The benchmark runs where the load runs, so that it does not disturb. */
async function pinSelf(stage: Stage, cores: Cores): Promise<void> {
  const command = ["taskset", "-acp", cores.load, String(Deno.pid)];
  await stage.run(command, cores.load, 5000);
}

/** Starts what serves the content; returns its port. */
async function startOrigin(
  stage: Stage,
  cores: Cores,
  port: number,
): Promise<number> {
  const rawPort = port + RAW_ORIGIN;
  assertFree(port);
  assertFree(rawPort);
  const command = [Deno.execPath(), "run", "-A", RAW_ORIGIN_PROGRAM];
  const raw = stage.start("raw", [...command, `${rawPort}`], cores.load);
  await awaitAnswer(raw, rawPort, "/small");
  if (!isInstalled("nginx")) return rawPort;
  const directory = stage.newDirectory("origin");
  const place = { port, originPort: rawPort, directory };
  const nginx = prepareOrigin(place, rawPort);
  await awaitAnswer(stage.start("origin", nginx, cores.load), port, "/small");
  return port;
}

async function startAll(
  rig: Rig,
  subjects: readonly Subject[],
  results: Results,
): Promise<Live[]> {
  const lives: Live[] = [];
  for (const [index, subject] of subjects.entries()) {
    const port = rig.options.port + SUBJECTS + index;
    await guarded(results, "", subject, async () => {
      lives.push(await startSubject(rig, subject, port));
    });
  }
  return lives;
}

async function runLoad(
  rig: Rig,
  lives: readonly Live[],
  workload: LoadWorkload,
  results: Results,
): Promise<void> {
  const { name } = workload;
  const ready = new Set<Checked>();
  for (const live of lives) {
    if (!isAble(live.subject, workload)) continue;
    await guarded(results, name, live.subject, async () => {
      ready.add(await makeReady(rig, live, workload));
    });
  }
  for (let round = 0; round < rig.options.rounds; round++) {
    for (const checked of ready) {
      const { subject } = checked.live;
      const isGood = await guarded(
        results,
        name,
        subject,
        () => measure(rig, checked, workload, round, results),
      );
      if (!isGood) ready.delete(checked);
    }
  }
}

const OTHERS = {
  memory: measureMemory,
  start: measureStart,
  idle: measureIdle,
  workers: measureWorkers,
} as const;

async function runOther(
  rig: Rig,
  subjects: readonly Subject[],
  workload: OtherWorkload,
  results: Results,
): Promise<void> {
  const { kind, name } = workload;
  const rounds = Math.min(rig.options.rounds, ROUNDS_MAX[kind]);
  const able = new Set(
    subjects.filter(({ isBuild }) => kind !== "workers" || isBuild),
  );
  for (let round = 0; round < rounds; round++) {
    for (const subject of able) {
      const port = rig.options.port + FRESH_SUBJECTS +
        subjects.indexOf(subject);
      const isGood = await guarded(
        results,
        name,
        subject,
        () => OTHERS[kind](rig, subject, port, workload, round, results),
      );
      if (!isGood) able.delete(subject);
    }
  }
}
