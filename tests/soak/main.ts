/**
 * The soak: mixed load with faults on both sides for as long as is asked, every
 * request accounted for, and the program's memory recorded.
 *
 *   deno task soak [--minutes 10] [--clients 32] [--seed 1]
 *
 * Exit code 0 if nothing unplanned happened and memory stayed flat.
 */

import { parseArgs } from "@std/cli/parse-args";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { random } from "../support/random.ts";
import { contentOf, type Outcome, SCENES } from "./scenes.ts";

/** Between two looks at the memory. */
const SAMPLE_MS = 5000;
/** The first part of the run, in which buffers and pools find their size. */
const WARM_UP = 0.3;
/** Memory is flat if the last third of the run needs no more than this, times the third before it. */
const GROWTH_MAX = 1.1;

const flags = parseArgs(Deno.args, {
  string: ["minutes", "clients", "seed"],
  default: { minutes: "10", clients: "32", seed: "1" },
}) as Record<string, string>;
const seed = Number(flags.seed);
const endMs = Date.now() + Number(flags.minutes) * 60_000;

/** Answers, mostly; dies before, within and after a response now and then. */
async function unreliable(peer: Peer, chance: () => number): Promise<void> {
  for (;;) {
    const request = await peer.readMessage();
    const id = Number(request.startLine.split("/")[1]!.split(" ")[0]);
    if (request.field("upgrade") === "echo") return await echo(peer);
    const content = contentOf(id);
    const fate = chance();
    const response = fate < 0.5
      ? ok(content)
      : `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`;
    if (fate > 0.99) return;
    if (fate > 0.98) return await peer.send(response.slice(0, 20));
    if (fate > 0.97) return await peer.send(response.slice(0, -10));
    await peer.send(response);
    if (fate > 0.94) return;
  }
}

async function echo(peer: Peer): Promise<void> {
  await peer.send(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
  );
  for (let text; (text = await peer.readSome()) !== "";) await peer.send(text);
}

/** Plays scenes until the end, and counts how they end. */
async function visit(
  port: number,
  chance: () => number,
  tally: Map<string, number>,
): Promise<void> {
  const deck = SCENES.flatMap((scene) =>
    Array<typeof scene>(scene.weight).fill(scene)
  );
  while (Date.now() < endMs) {
    const scene = deck[Math.floor(chance() * deck.length)]!;
    const id = Math.floor(chance() * 1_000_000);
    let outcome: Outcome | "wrong";
    try {
      outcome = await scene.play(() => Peer.connect(port), id);
    } catch (error) {
      outcome = "wrong";
      print(`${scene.name}: ${(error as Error).message}`);
    }
    const key = `${scene.name}: ${outcome}`;
    tally.set(key, (tally.get(key) ?? 0) + 1);
  }
}

/** The program's resident memory in MiB; NaN where the system does not tell. */
async function residentMebibytes(pid: number): Promise<number> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    return Number(/VmRSS:\s*(\d+)/.exec(status)![1]) / 1024;
  } catch {
    return NaN;
  }
}

async function watchMemory(pid: number): Promise<number[]> {
  const samples: number[] = [];
  while (Date.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    samples.push(await residentMebibytes(pid));
  }
  return samples;
}

function print(line: string): void {
  // deno-lint-ignore no-console -- a tool that reports
  console.log(line);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Prints the summary; returns whether all was well. */
function report(
  tally: ReadonlyMap<string, number>,
  samples: readonly number[],
): boolean {
  for (const [key, count] of [...tally].toSorted()) {
    print(`${String(count).padStart(9)} ${key}`);
  }
  const total = [...tally.values()].reduce((sum, count) => sum + count, 0);
  const wrong = [...tally].filter(([key]) => key.endsWith("wrong"));
  const settled = samples.slice(Math.floor(samples.length * WARM_UP));
  const half = settled.length >> 1;
  const [before, after] = [
    median(settled.slice(0, half)),
    median(settled.slice(half)),
  ];
  const isFlat = Number.isNaN(after) || after <= before * GROWTH_MAX;
  print(
    `${total} visits, ${wrong.length === 0 ? "none wrong" : "SOME WRONG"}; ` +
      `memory ${samples[0]?.toFixed(0)} MiB at first, then ${
        before.toFixed(0)
      }, ` +
      `in the end ${after.toFixed(0)} (${isFlat ? "flat" : "GROWING"})`,
  );
  return wrong.length === 0 && isFlat;
}

const chance = random(seed);
const origin = Origin.serving((peer) => unreliable(peer, chance));
const program = new Program(
  "--listen",
  "127.0.0.1:0",
  "--upstream",
  origin.url,
  "--log-format",
  "off",
  "--drain-timeout",
  "1s",
);
const port = await program.port();
const tally = new Map<string, number>();
const [samples] = await Promise.all([
  watchMemory(program.pid),
  ...Array.from(
    { length: Number(flags.clients) },
    (_, i) => visit(port, random(seed + i + 1), tally),
  ),
]);
program.signal("SIGTERM");
const { code, err } = await program.ended();
await origin[Symbol.asyncDispose]();
const isWell = report(tally, samples) && code === 0 && !/error/.test(err);
if (!isWell) print(err);
Deno.exit(isWell ? 0 : 1);
