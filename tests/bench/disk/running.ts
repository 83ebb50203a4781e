/** A subject of the benchmark that runs, on a core of its own. */

import { cpuSeconds, memoryBytes } from "../load/process_tree.ts";
import { parseWrk } from "../load/wrk.ts";
import type { Place, Subject } from "./subjects.ts";

const SCRIPT = new URL("paths.lua", import.meta.url).pathname;
const CONNECTIONS = 16;
/** Requests at a time while it is filled. */
const FILLING = 16;
const STEP_MS = 5;

/** What a load came to. */
export interface Load {
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of requests that the origin was not asked for. */
  readonly hitRatio: number;
}

/** The paths of a load. */
export interface Paths {
  readonly prefix: string;
  readonly count: number;
  /** Of Zipf's law; 0 if all are asked for alike. */
  readonly exponent: number;
}

/** See the module's comment. */
export class Running {
  readonly #subject: Subject;
  readonly #place: Place;
  #child: Deno.ChildProcess | undefined;

  constructor(subject: Subject, place: Place) {
    this.#subject = subject;
    this.#place = place;
  }

  /** Starts it; tells after how long it answers what it has, in ms. */
  async start(path: string): Promise<number> {
    const { command, env = {} } = this.#subject.prepare(this.#place);
    const began = performance.now();
    this.#child = new Deno.Command("taskset", {
      args: ["-c", "0", ...command],
      env,
      stdout: "null",
      stderr: "null",
      stdin: "null",
    }).spawn();
    for (;;) {
      const status = await this.get(path).catch(() => 0);
      if (status === 200) return performance.now() - began;
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
  }

  async stop(): Promise<void> {
    this.#child!.kill("SIGTERM");
    await this.#child!.status;
  }

  get bytes(): number {
    return memoryBytes(this.#child!.pid);
  }

  /** Asks for a path; tells the status. */
  async get(path: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.#place.port}${path}`);
    await response.bytes();
    return response.status;
  }

  /** Asks for each path once. */
  async fill({ prefix, count }: Paths): Promise<void> {
    let next = 1;
    await Promise.all(Array.from({ length: FILLING }, async () => {
      while (next <= count) await this.get(`${prefix}${next++}`);
    }));
  }

  /** How often the origin has been asked. */
  async asked(): Promise<number> {
    const { originPort } = this.#place;
    const answer = await fetch(`http://127.0.0.1:${originPort}/asked`);
    return Number(await answer.text());
  }

  async load(
    { prefix, count, exponent }: Paths,
    seconds: number,
  ): Promise<Load> {
    const { pid } = this.#child!;
    const askedBefore = await this.asked();
    const before = cpuSeconds(pid);
    const { stdout } = await new Deno.Command("taskset", {
      args: [
        ...["-c", "1", "wrk", "-t1", `-c${CONNECTIONS}`, `-d${seconds}s`],
        ...["--latency", "-s", SCRIPT],
        `http://127.0.0.1:${this.#place.port}/`,
        ...["--", prefix, String(count), String(exponent)],
      ],
    }).output();
    const text = new TextDecoder().decode(stdout);
    const { requests, perSecond, errors } = parseWrk(text);
    if (errors !== "") throw new Error(`${this.#subject.name}: ${errors}`);
    const asked = await this.asked() - askedBefore;
    return {
      cpuMicros: (cpuSeconds(pid) - before) * 1e6 / requests,
      perSecond,
      p50Ms: latencyOf(text, "50%"),
      p99Ms: latencyOf(text, "99%"),
      hitRatio: 1 - asked / requests,
    };
  }
}

const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
};

/** A percentile that wrk prints, in ms. */
function latencyOf(text: string, percentile: string): number {
  const found = new RegExp(`^ +${percentile} +([\\d.]+)(us|ms|s|m)$`, "m")
    .exec(text);
  return Number(found?.[1]) * UNITS[found?.[2] ?? ""]!;
}
