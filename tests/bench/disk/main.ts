/**
 * The cache on disk beside those of nginx and Traffic Server: hits that come from disk,
 * how long it takes until what was kept before a restart is answered, memory for what is
 * kept, and a working set ten times as large as memory.
 *
 * `deno task bench:disk`; needs Linux, two cores, wrk, and whoever of nginx and Traffic
 * Server is to be beside. In the environment: PARTS (`hits,restart,set`), ONLY (names of
 * subjects), SECONDS of each load. What is read has been written just before, so the
 * kernel has it in its memory: this measures programs, not disks.
 */

import { isInstalled } from "../load/machine.ts";
import { type Load, type Paths, Running } from "./running.ts";
import { type Place, type Subject, SUBJECTS } from "./subjects.ts";

const SECONDS = Number(Deno.env.get("SECONDS") ?? 5);
const PARTS = (Deno.env.get("PARTS") ?? "hits,restart,set").split(",");
const ONLY = Deno.env.get("ONLY")?.split(",");
const ORIGIN = new URL("origin.ts", import.meta.url).pathname;
const ORIGIN_PORT = 7851;
const PORT = 7852;
const KIB = 1024;
const MIB = KIB * KIB;
/** Not less than what a program needs to read anything at all. */
const LITTLE_MEMORY_MIB = 16;

/** Contents of one size, several times what memory holds. */
interface Size {
  readonly name: string;
  readonly bytes: number;
  readonly count: number;
}

const SIZES: readonly Size[] = [
  { name: "1 KiB", bytes: KIB, count: 10_000 },
  { name: "100 KiB", bytes: 100 * KIB, count: 1000 },
  { name: "10 MiB", bytes: 10 * MIB, count: 20 },
];
/** What is there when it is restarted. */
const MANY = { prefix: `/${KIB}/many`, count: 20_000, exponent: 0 };
/** Ten times this memory. */
const SET_MEMORY_MIB = 32;
const SET = { prefix: `/${16 * KIB}/set`, count: 20_480, exponent: 0.9 };

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function tell(row: string, subject: Subject, values: string): void {
  say(`| ${row} | ${subject.name} | ${values} |`);
}

function textOf({ cpuMicros, perSecond, p50Ms, p99Ms }: Load): string {
  return `${cpuMicros.toFixed(1)} µs a request, ${
    perSecond.toFixed(0)
  }/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
}

async function within(
  subject: Subject,
  memoryMiB: number,
  task: (running: Running) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const place: Place = {
    folder,
    port: PORT,
    originPort: ORIGIN_PORT,
    memoryMiB,
    diskMiB: 2048,
  };
  const running = new Running(subject, place);
  await running.start("/1/first");
  try {
    await task(running);
  } finally {
    await running.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

async function hits(subject: Subject): Promise<void> {
  for (const { name, bytes, count } of SIZES) {
    await within(subject, LITTLE_MEMORY_MIB, async (running) => {
      const paths: Paths = { prefix: `/${bytes}/`, count, exponent: 0 };
      await running.fill(paths);
      await running.load(paths, 2); // the engine compiles what is hot
      const load = await running.load(paths, SECONDS);
      const ratio = (100 * load.hitRatio).toFixed(1);
      tell(`hit, ${name}`, subject, `${textOf(load)}, ${ratio}% hits`);
    });
  }
}

async function restart(subject: Subject): Promise<void> {
  await within(subject, LITTLE_MEMORY_MIB, async (running) => {
    // What is in memory has come to its bound with the first half.
    await running.fill({ ...MANY, count: MANY.count / 2 });
    const half = running.bytes;
    await running.fill(MANY);
    const grown = (running.bytes - half) / (MANY.count / 2);
    tell(
      "memory",
      subject,
      `${(running.bytes / MIB).toFixed(0)} MiB with ${MANY.count}, ${
        grown.toFixed(0)
      } bytes more for each of the second half`,
    );
    await running.stop();
    const asked = await running.asked();
    const firstMs = await running.start(`${MANY.prefix}1`);
    const began = performance.now();
    const sample = { ...MANY, count: 2000 };
    await running.fill(sample);
    const allMs = performance.now() - began;
    const missed = await running.asked() - asked;
    tell(
      "restart",
      subject,
      `first hit after ${firstMs.toFixed(0)} ms, 2000 others in ${
        allMs.toFixed(0)
      } ms more, ${missed} asked of the origin`,
    );
  });
}

async function workingSet(subject: Subject): Promise<void> {
  await within(subject, SET_MEMORY_MIB, async (running) => {
    for (const name of ["filling", "then"]) {
      const load = await running.load(SET, 3 * SECONDS);
      const ratio = (100 * load.hitRatio).toFixed(1);
      tell(
        `set of ten times memory, ${name}`,
        subject,
        `${ratio}% hits, ${textOf(load)}`,
      );
    }
  });
}

const TASKS: Readonly<Record<string, (subject: Subject) => Promise<void>>> = {
  hits,
  restart,
  set: workingSet,
};

if (!isInstalled("wrk") || !isInstalled("taskset")) {
  say("skipped: this needs wrk and taskset");
} else {
  const origin = new Deno.Command("taskset", {
    args: ["-c", "1", "deno", "run", "-A", ORIGIN, String(ORIGIN_PORT)],
    stdout: "null",
    stdin: "null",
  }).spawn();
  try {
    for (const part of PARTS) {
      for (const subject of SUBJECTS) {
        if (ONLY?.includes(subject.name) === false) continue;
        if (isInstalled(subject.executable)) await TASKS[part]!(subject);
        else say(`${subject.name} is not installed`);
      }
    }
  } finally {
    origin.kill("SIGTERM");
    await origin.status;
  }
}
