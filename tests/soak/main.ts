/**
 * The soak: mixed load with faults on both sides for as long as is asked, every
 * request accounted for, and the program's memory and descriptors recorded.
 *
 *   deno task soak [--minutes 10] [--clients 32] [--seed 1] [--workers 1]
 *
 * Exit code 0 if what senders, origin and log say agrees, memory stayed flat, every
 * descriptor was given back and the program ended well; else 1.
 */

import { parseArgs } from "@std/cli/parse-args";
import { Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { random } from "../support/random.ts";
import { type Balance, Ledger, OUTCOMES } from "./ledger.ts";
import { serve } from "./origin.ts";
import {
  descriptorCount,
  residentMebibytes,
  settledDescriptorCount,
} from "./process.ts";
import { SCENES, type Stage } from "./scenes.ts";

/** Between two looks at the memory. */
const SAMPLE_MS = 5000;
/** The first part of the run, in which buffers and pools find their size. */
const WARM_UP = 0.3;
/** Memory is flat if the second half of the rest needs no more than this, times the first half. */
const GROWTH_MAX = 1.1;
/** Visits before descriptors are counted: what is opened on first use is open then. */
const FIRST_VISITS = 50;
/** Each worker has two pairs of sockets to itself, opened on first use, which may be late. */
const OWN_SOCKETS = 4;
/** What the program says of an origin that fails, as this one does on purpose. */
const EXPECTED_WARNING = /^sluice: warn: upstream /;
/** How long the program keeps a connection to the origin that is idle. */
const IDLE_MS = 1000;
/** Little, so that it is full before memory is judged: until then, growth is what it is there for. */
const CACHE_SIZE = "32MiB";
/** How long descriptors may take to be given back. */
const SETTLE_MS = 20_000;
/** Faults that are printed. */
const FAULTS_SHOWN = 20;

interface Options {
  readonly minutes: number;
  readonly clients: number;
  readonly seed: number;
  readonly workers: string;
}

/** What the system said of the program. */
interface Measures {
  readonly startMebibytes: number;
  /** Every {@linkcode SAMPLE_MS} under load. */
  readonly mebibytes: readonly number[];
  readonly descriptorsAtStart: number;
  readonly descriptorsAtEnd: number;
  /** More at the end would have leaked. */
  readonly descriptorsMax: number;
  /** Of answers, in ms, in ascending order. */
  readonly latencies: readonly number[];
}

function print(line: string): void {
  // deno-lint-ignore no-console -- a tool that reports
  console.log(line);
}

function readOptions(): Options {
  const flags = parseArgs(Deno.args, {
    string: ["minutes", "clients", "seed", "workers"],
    default: { minutes: "10", clients: "32", seed: "1", workers: "1" },
  }) as Record<string, string>;
  return {
    minutes: Number(flags.minutes),
    clients: Number(flags.clients),
    seed: Number(flags.seed),
    workers: flags.workers!,
  };
}

function start(origin: Origin, workers: string): Program {
  return new Program(
    "--listen",
    "127.0.0.1:0",
    "--upstream",
    origin.url,
    "--workers",
    workers,
    "--log-format",
    "json",
    "--cache-size",
    CACHE_SIZE,
    "--cache-key",
    "no-query",
    "--upstream-idle-timeout",
    `${IDLE_MS}ms`,
    "--drain-timeout",
    "1s",
  );
}

/** Plays scenes as long as it is told to go on. */
async function visit(
  stage: Stage,
  chance: () => number,
  goesOn: () => boolean,
): Promise<void> {
  const deck = SCENES.flatMap(({ play, weight }) =>
    Array<typeof play>(weight).fill(play)
  );
  while (goesOn()) await deck[Math.floor(chance() * deck.length)]!(stage);
}

async function load(
  stage: Stage,
  { minutes, clients, seed }: Options,
): Promise<void> {
  const endMs = Date.now() + minutes * 60_000;
  const goesOn = (): boolean => Date.now() < endMs;
  await Promise.all(Array.from(
    { length: clients },
    (_, i) => visit(stage, random(seed + i + 1), goesOn),
  ));
}

/** Looks at the memory until it is told to stop. */
function watchMemory(pid: number): () => number[] {
  const samples: number[] = [];
  const timer = setInterval(
    async () => samples.push(await residentMebibytes(pid)),
    SAMPLE_MS,
  );
  return () => {
    clearInterval(timer);
    return samples;
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function isFlat(samples: readonly number[]): boolean {
  const settled = samples.slice(Math.floor(samples.length * WARM_UP));
  const half = settled.length >> 1;
  const [before, after] = [settled.slice(0, half), settled.slice(half)];
  return !(median(after) > median(before) * GROWTH_MAX);
}

function reportBalance(balance: Balance): boolean {
  const { tally, sent, ended, lines, faults } = balance;
  const columns = OUTCOMES.map((outcome) => outcome.padStart(9)).join("");
  print(`${"".padEnd(24)}${columns}`);
  for (const [kind, row] of [...tally].toSorted()) {
    const cells = OUTCOMES.map((outcome) => `${row[outcome]}`.padStart(9));
    print(`${kind.padEnd(24)}${cells.join("")}`);
  }
  const totals = OUTCOMES.map((outcome) =>
    [...tally.values()].reduce((sum, row) => sum + row[outcome], 0)
  );
  print(
    `${"all".padEnd(24)}${
      totals.map((total) => `${total}`.padStart(9)).join("")
    }`,
  );
  print(`requests: ${sent} sent, ${ended} with an outcome`);
  print(`log lines: ${lines}, of them ${balance.hits} hits`);
  print(
    `origin: saw ${balance.originRequests}, of them ${balance.originTwice} twice`,
  );
  print(`wrong: ${faults.length}`);
  for (const fault of faults.slice(0, FAULTS_SHOWN)) print(`  ${fault}`);
  return faults.length === 0 && sent === ended && sent === lines;
}

function reportMeasures(measures: Measures): boolean {
  const { mebibytes, latencies, startMebibytes } = measures;
  const whole = mebibytes.map((value) => value.toFixed(0));
  const percentile = (part: number): string =>
    (latencies[Math.floor(latencies.length * part)] ?? NaN).toFixed(1);
  print(
    `latency of answers: p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms`,
  );
  const flat = isFlat(mebibytes);
  print(
    `memory in MiB: start ${startMebibytes.toFixed(0)}, ` +
      `peak ${Math.max(startMebibytes, ...mebibytes).toFixed(0)}, ` +
      `end ${whole.at(-1)} (${flat ? "flat" : "GROWING"}): ${whole.join(" ")}`,
  );
  const { descriptorsAtStart, descriptorsAtEnd, descriptorsMax } = measures;
  print(`descriptors: start ${descriptorsAtStart}, end ${descriptorsAtEnd}`);
  return flat && !(descriptorsAtEnd > descriptorsMax);
}

async function main(): Promise<boolean> {
  const options = readOptions();
  const ledger = new Ledger();
  const latencies: number[] = [];
  const originChance = random(options.seed);
  const origin = Origin.serving((peer) =>
    serve(peer, originChance, (target) => ledger.arrived(target))
  );
  const program = start(origin, options.workers);
  program.onLine = (line): void => ledger.logged(line);
  const port = await program.port();
  const { pid } = program;
  const stage: Stage = {
    ledger,
    connect: () => Peer.connect(port),
    onAnswer: (ms) => latencies.push(ms),
    onWrong: print,
  };
  await visit(stage, random(options.seed), () => ledger.count < FIRST_VISITS);
  await settledDescriptorCount(pid, 0, IDLE_MS * 3);
  const descriptorsAtStart = await descriptorCount(pid);
  const startMebibytes = await residentMebibytes(pid);
  const memory = watchMemory(pid);
  await load(stage, options);
  const mebibytes = memory();
  const descriptorsMax = descriptorsAtStart +
    OWN_SOCKETS * Number(options.workers);
  const descriptorsAtEnd = await settledDescriptorCount(
    pid,
    descriptorsMax,
    SETTLE_MS,
  );
  program.signal("SIGTERM");
  const { code, err } = await program.ended();
  await origin[Symbol.asyncDispose]();
  const isBalanced = reportBalance(ledger.balance());
  const isSteady = reportMeasures({
    startMebibytes,
    mebibytes,
    descriptorsAtStart,
    descriptorsAtEnd,
    descriptorsMax,
    latencies: latencies.toSorted((a, b) => a - b),
  });
  const isQuiet = code === 0 &&
    err.split("\n").every((line) =>
      EXPECTED_WARNING.test(line) || !/error|warn/.test(line)
    );
  if (!isQuiet) print(`exit code ${code}: ${err}`);
  const isWell = isBalanced && isSteady && isQuiet;
  print(isWell ? "all is well" : "NOT WELL");
  return isWell;
}

Deno.exit(await main() ? 0 : 1);
