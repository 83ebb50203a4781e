/** A running program with all the processes that it consists of. */

import {
  type CoreStat,
  descendants,
  parseCore,
  parseSmaps,
  parseStat,
  type ProcessStat,
  sumMemory,
} from "./proc_stat.ts";

/** Of the kernel's clock: 100 on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** The processes of a program, itself first. */
export function processesOf(root: number): ProcessStat[] {
  const all: ProcessStat[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(Number(name));
    if (stat !== undefined) all.push(stat);
  }
  return descendants(root, all);
}

/** What the kernel says of a process; undefined if there is none. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = readProc(`${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Processor time of a program up to now. */
export function cpuSeconds(root: number): number {
  const ticks = processesOf(root).reduce((sum, stat) => sum + stat.ticks, 0);
  return ticks / TICKS_PER_SECOND;
}

/** How a core has spent its time up to now, in seconds. */
export function coreSeconds(core: string): CoreStat {
  const text = Deno.readTextFileSync("/proc/stat");
  const { idle, taken } = parseCore(text, core);
  return { idle: idle / TICKS_PER_SECOND, taken: taken / TICKS_PER_SECOND };
}

/** Memory of a program now. */
export function memoryBytes(root: number): number {
  const texts = processesOf(root).map(({ pid }) =>
    readProc(`${pid}/smaps_rollup`)
  );
  return sumMemory(
    texts.filter((text) => text !== undefined).map(parseSmaps),
  );
}

/** A file of /proc; undefined if its process has gone meanwhile. */
function readProc(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${path}`);
  } catch {
    return undefined; // in whatever way that shows: what is gone has nothing to say
  }
}
