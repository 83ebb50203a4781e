/** What the kernel says of processes, as text in /proc (pure; see proc(5)). */

/** One process, as its `stat` has it. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Processor time of all its threads, in user mode and in the kernel. */
  readonly ticks: number;
  /** When it began: together with the number, nobody else's. */
  readonly startTicks: number;
}

/** Memory of one process, in bytes. */
export interface ProcessMemory {
  readonly residentBytes: number;
  /** What no other process shares. */
  readonly privateBytes: number;
}

/** Reads `/proc/PID/stat`. */
export function parseStat(text: string): ProcessStat {
  // The second field is the program's name in parentheses, which may itself hold some.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: parseInt(text),
    parent: field(4),
    ticks: field(14) + field(15),
    startTicks: field(22),
  };
}

/** Reads `/proc/PID/smaps_rollup`. */
export function parseSmaps(text: string): ProcessMemory {
  const bytesOf = (name: string): number => {
    const match = new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(text);
    return Number(match?.[1] ?? 0) * 1024;
  };
  return {
    residentBytes: bytesOf("Rss"),
    privateBytes: bytesOf("Private_Clean") + bytesOf("Private_Dirty"),
  };
}

/** How a core has spent its time, in ticks. */
export interface CoreStat {
  readonly idle: number;
  /** In programs and in the kernel on their behalf, or taken by other machines. */
  readonly taken: number;
}

/** Reads what `/proc/stat` has of one core. */
export function parseCore(text: string, core: string): CoreStat {
  const line = new RegExp(`^cpu${core} (.*)$`, "m").exec(text)?.[1] ?? "";
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, , , steal = 0] =
    line.split(" ").map(Number);
  return { idle: idle + wait, taken: user + nice + system + steal };
}

/** A process and those that it has started, and those that they have. */
export function descendants(
  root: number,
  all: readonly ProcessStat[],
): ProcessStat[] {
  const family = all.filter(({ pid }) => pid === root);
  for (const member of family) { // grows meanwhile
    family.push(...all.filter(({ parent }) => parent === member.pid));
  }
  return family;
}

/**
 * Memory of several processes that belong together: what is shared counts once.
 */
export function sumMemory(processes: readonly ProcessMemory[]): number {
  let sum = 0;
  let shared = 0;
  for (const { residentBytes, privateBytes } of processes) {
    sum += privateBytes;
    shared = Math.max(shared, residentBytes - privateBytes);
  }
  return sum + shared;
}
