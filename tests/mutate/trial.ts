/** One fault put in, and whether a test sees it. */

import type { Clone, Outcome } from "./clone.ts";
import type { Coverage } from "./coverage.ts";
import { type Fault, withFault } from "./faults.ts";

/** A fault in a file of the program. */
export interface Placed extends Fault {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** The source line, or lines, that it changes: without and with it. */
  readonly before: string;
  readonly changed: string;
}

/** What came of a fault: what saw it, or that nothing did. */
export type Verdict =
  | { readonly kind: "seen"; readonly by: string }
  | { readonly kind: "unseen"; readonly testCount: number }
  | { readonly kind: "unparsable" };

/** What a fault is said to be seen by that no test fails for, as the types do not fit. */
export const TYPES = "the types";

/** Silence for so long, and this times what the slowest file of tests takes, is a hang: the machine may be busy. */
const PATIENCE_MS = 10_000;
const PATIENCE_FACTOR = 2;
/** Some talk without end: after so long, and this times what all of the tests take, they are stopped. */
const ENDLESS_MS = 30_000;
const ENDLESS_FACTOR = 4;

/** What looks at syntax and types may take so long, on a busy machine. */
const CHECK_TIMEOUT_MS = 60_000;

/** Tests are asked in turns: the first of so many milliseconds, each next one of so many times more. */
const TURN_MS = 3000;
const TURN_FACTOR = 4;
const TURN_MS_MAX = 120_000;

/** So many files of tests run at once, as most of the long ones wait. */
const FILES_AT_ONCE = "3";

/** The fault with its place in words. */
export function placed(path: string, source: string, fault: Fault): Placed {
  // What is put in at the end of a line runs with the next one.
  const place = fault.start + source.slice(fault.start).search(/\S|$/);
  const start = source.lastIndexOf("\n", fault.start - 1) + 1;
  const eol = source.indexOf("\n", fault.end);
  const end = eol < 0 ? source.length : eol;
  return {
    ...fault,
    path,
    line: source.slice(0, place).split("\n").length,
    before: source.slice(start, end).trim(),
    changed: withFault(source.slice(0, end), fault).slice(start).trim(),
  };
}

/**
 * The tests that run a line, in the order in which they are worth asking: those of the
 * same name, those of the same room, then the others; the quickest first.
 */
export function testsFor(
  { path, line }: Pick<Placed, "path" | "line">,
  coverage: ReadonlyMap<string, Coverage>,
): string[] {
  const room = roomOf(path, "lib/");
  const found: { test: string; rank: number; ms: number }[] = [];
  for (const [test, { ms, lines }] of coverage) {
    if (ms === undefined || !mayRun(lines[path] ?? [], line)) continue;
    const rank = nameOf(test) === nameOf(path)
      ? 0
      : roomOf(test, "tests/") === room
      ? 1
      : 2;
    found.push({ test, rank, ms });
  }
  return found.sort((a, b) => a.rank - b.rank || a.ms - b.ms)
    .map(({ test }) => test);
}

/** The same tests in turns: few that are quick at first, so that most faults cost little. */
export function turnsOf(
  tests: readonly string[],
  coverage: ReadonlyMap<string, Coverage>,
): string[][] {
  const turns: string[][] = [];
  let boundMs = TURN_MS;
  let sumMs = 0;
  for (const test of tests) {
    const { ms = 0 } = coverage.get(test)!;
    const turn = turns.at(-1);
    if (turn !== undefined && sumMs + ms <= boundMs) {
      turn.push(test);
      sumMs += ms;
      continue;
    }
    if (turn !== undefined) {
      boundMs = Math.min(boundMs * TURN_FACTOR, TURN_MS_MAX);
    }
    turns.push([test]);
    sumMs = ms;
  }
  return turns;
}

/** How far from a line that ran another may be that ran, too, though the report says that it did not. */
const NEAR_LINES = 3;

/**
 * Whether a line may have run. One of which a part never did, as in `if (x) return;`, is
 * reported as if none of it had: then what stands behind or before it tells.
 */
function mayRun(ran: readonly number[] | "any", line: number): boolean {
  return ran === "any" ||
    ran.some((other) => Math.abs(other - line) <= NEAR_LINES);
}

/** `lib/cache/policy/vary.ts` and `tests/cache/policy/vary_test.ts` are both called `vary`. */
function nameOf(path: string): string {
  return path.split("/").at(-1)!.replace(/(?:_test)?\.ts$/, "");
}

/** `lib/cache/policy/vary.ts` and `tests/cache/policy/vary_test.ts` are both of `cache/policy`. */
function roomOf(path: string, top: string): string {
  return path.slice(top.length, path.lastIndexOf("/"));
}

/** Puts a fault into the clone, asks the tests and the types, and takes it out again. */
export async function tryFault(
  clone: Clone,
  fault: Placed,
  coverage: ReadonlyMap<string, Coverage>,
): Promise<Verdict> {
  const source = clone.read(fault.path);
  clone.write(fault.path, withFault(source, fault));
  try {
    if (await finds(clone, ["fmt", "--check"], fault, /SyntaxError/)) {
      return { kind: "unparsable" };
    }
    const tests = testsFor(fault, coverage);
    for (const [index, turn] of turnsOf(tests, coverage).entries()) {
      const by = await firstFailure(clone, turn, coverage);
      if (by !== undefined) return { kind: "seen", by };
      // What is dear comes behind the types, which take two seconds.
      if (index === 0 && await failsTypes(clone, fault)) {
        return { kind: "seen", by: TYPES };
      }
    }
    if (tests.length === 0 && await failsTypes(clone, fault)) {
      return { kind: "seen", by: TYPES };
    }
    return { kind: "unseen", testCount: tests.length };
  } finally {
    clone.write(fault.path, source);
  }
}

async function failsTypes(clone: Clone, fault: Placed): Promise<boolean> {
  return await finds(clone, ["check"], fault, /\bTS\d+ \[ERROR\]/);
}

/** Whether a look at the file with the fault tells this. */
async function finds(
  clone: Clone,
  args: readonly string[],
  { path }: Placed,
  what: RegExp,
): Promise<boolean> {
  const { output } = await clone.deno(
    [...args, path],
    CHECK_TIMEOUT_MS,
    CHECK_TIMEOUT_MS,
  );
  return what.test(output);
}

/** The first of some tests that fails twice: once may be the machine's fault. */
async function firstFailure(
  clone: Clone,
  tests: readonly string[],
  coverage: ReadonlyMap<string, Coverage>,
): Promise<string | undefined> {
  let rest = tests;
  while (rest.length > 0) {
    const outcome = await run(clone, rest, coverage);
    if (outcome.code === 0) return undefined;
    // If it ends without a word, or not at all, whatever has not ended is suspect.
    const failed = failedOf(rest, outcome.output);
    const suspects = failed.length > 0
      ? failed
      : unfinishedOf(rest, outcome.output, coverage);
    for (const test of suspects) {
      const { code, output } = await run(clone, [test], coverage);
      if (code === undefined) return `${test} (a timeout)`;
      if (code === 0) continue;
      const isTold = failedOf([test], output).length > 0;
      return isTold ? test : `${test} (it ends)`;
    }
    rest = rest.filter((test) => !suspects.includes(test));
  }
  return undefined;
}

function failedOf(tests: readonly string[], output: string): string[] {
  return tests.filter((test) => output.includes(`=> ./${test}`));
}

/** The files of which not as many tests have ended as there are; all if that is not known. */
export function unfinishedOf(
  tests: readonly string[],
  output: string,
  coverage: ReadonlyMap<string, Coverage>,
): string[] {
  const unfinished = tests.filter((test) => {
    const ended = output.split("\n").filter((row) =>
      row.startsWith(`./${test} => `) &&
      /\.\.\. .*(?:ok|FAILED|ignored)/.test(row)
    );
    return ended.length < (coverage.get(test)!.count ?? Infinity);
  });
  return unfinished.length > 0 ? unfinished : [...tests];
}

async function run(
  clone: Clone,
  tests: readonly string[],
  coverage: ReadonlyMap<string, Coverage>,
): Promise<Outcome> {
  const usual = tests.map((test) => coverage.get(test)!.ms!);
  const slowestMs = Math.max(...usual);
  const allMs = usual.reduce((sum, ms) => sum + ms, 0);
  return await clone.deno(
    ["test", "-A", "--no-check", "--parallel", "--fail-fast", ...tests],
    PATIENCE_MS + slowestMs * PATIENCE_FACTOR,
    ENDLESS_MS + allMs * ENDLESS_FACTOR,
    { DENO_JOBS: FILES_AT_ONCE },
  );
}
