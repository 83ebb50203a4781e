/** h2load, which makes requests at a fixed rate: its command line, and what it writes down (pure). */

import { percentile } from "./statistics.ts";
import type { LoadWorkload } from "./workloads.ts";

/** How long requests took, in µs. */
export interface LatencyReport {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** How many were answered with anything but 200, or not at all. */
  readonly failed: number;
}

/** The first part of a run, in which connections are opened. */
const WARM_UP = 0.1;
const MS_PER_SECOND = 1000;

/**
 * The command line for so many seconds of a workload.
 *
 * Each connection makes its requests at an even pace; they begin one after the
 * other within the first interval, so that they do not all ask at once.
 */
export function h2loadCommand(
  workload: LoadWorkload & { readonly rate: number },
  port: number,
  seconds: number,
  log: string,
): string[] {
  const { connections, rate, fields, path } = workload;
  const begunPerMs = Math.max(1, Math.round(rate / MS_PER_SECOND));
  return [
    ...["h2load", "--h1", "-t1", `-c${connections}`, `-n${rate * seconds}`],
    ...[`--rps=${rate / connections}`, `-r${begunPerMs}`],
    ...["--rate-period=1ms", `--log-file=${log}`],
    ...fields.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    `http://127.0.0.1:${port}${path}`,
  ];
}

/**
 * Reads the log: when each request began, its status, and how long it took (µs).
 *
 * @throws {SyntaxError} There is nothing in it.
 */
export function parseH2loadLog(text: string): LatencyReport {
  const rows = text.split("\n").filter((line) => line !== "").map((line) =>
    line.split("\t").map(Number)
  ).sort((a, b) => a[0]! - b[0]!);
  if (rows.length === 0) throw new SyntaxError("Nothing in h2load's log");
  const times = rows.slice(Math.floor(rows.length * WARM_UP)).map((row) =>
    row[2]!
  );
  return {
    requests: rows.length,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    p999: percentile(times, 0.999),
    failed: rows.filter((row) => row[1] !== 200).length,
  };
}
