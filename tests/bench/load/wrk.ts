/** wrk, which makes the load: its command line, and what it says at its end (pure). */

import type { LoadWorkload } from "./workloads.ts";

/** What one run of wrk came to. */
export interface WrkReport {
  readonly requests: number;
  readonly perSecond: number;
  /** Bytes read, heads and all, to three digits or so. */
  readonly bytes: number;
  /** What went wrong, in wrk's words; empty if nothing did. */
  readonly errors: string;
}

/** How long a response may take. */
const TIMEOUT = "5s";

/** The command line for so many seconds of a workload. */
export function wrkCommand(
  workload: LoadWorkload,
  port: number,
  seconds: number,
): string[] {
  const { connections, fields, script, path } = workload;
  const lua = script === undefined
    ? []
    : ["-s", new URL(`wrk/${script}.lua`, import.meta.url).pathname];
  return [
    "wrk",
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--timeout",
    TIMEOUT,
    ...lua,
    ...fields.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    `http://127.0.0.1:${port}${path}`,
  ];
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/**
 * Reads what wrk prints.
 *
 * @throws {SyntaxError} It is not what wrk prints.
 */
export function parseWrk(text: string): WrkReport {
  const total = /^ +(\d+) requests in [\d.]+\w+, ([\d.]+)([KMGT]?)B read$/m
    .exec(text);
  const rate = /^Requests\/sec: +([\d.]+)$/m.exec(text);
  if (total === null || rate === null) {
    throw new SyntaxError(`Not what wrk prints: ${text}`);
  }
  const errors = text.match(/^ +(?:Socket errors|Non-2xx or 3xx).*$/gm) ?? [];
  return {
    requests: Number(total[1]),
    perSecond: Number(rate[1]),
    bytes: Number(total[2]) * UNITS[total[3]!]!,
    errors: errors.map((line) => line.trim()).join("; "),
  };
}
