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

/** What came of a fault: who saw it, or that nobody did. */
export type Verdict =
  | { readonly kind: "seen"; readonly by: string }
  | { readonly kind: "unseen"; readonly testCount: number }
  | { readonly kind: "unparsable" };

/** Silence for so long, and this times what the slowest file of tests takes, is a hang: the machine may be busy. */
const PATIENCE_MS = 10_000;
const PATIENCE_FACTOR = 2;
/** Some talk without end: after so long, and this times what all of the tests take, they are stopped. */
const ENDLESS_MS = 30_000;
const ENDLESS_FACTOR = 4;

/** Tests that are run at first, before the many of which each starts a proxy. */
const FIRST_COUNT = 4;

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
 * same name, then those that run the least of the program, which are the quickest and
 * mean what they run.
 */
export function testsFor(
  { path, line }: Pick<Placed, "path" | "line">,
  coverage: ReadonlyMap<string, Coverage>,
): string[] {
  const name = nameOf(path);
  const sizes = new Map<string, number>();
  for (const [test, { ms, lines }] of coverage) {
    if (ms === undefined || !mayRun(lines[path] ?? [], line)) continue;
    const size = Object.values(lines)
      .reduce((sum, { length }) => sum + length, 0);
    sizes.set(test, nameOf(test) === name ? 0 : size);
  }
  return [...sizes].sort(([, a], [, b]) => a - b).map(([test]) => test);
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

/** Puts a fault into the clone, asks the tests, and takes it out again. */
export async function tryFault(
  clone: Clone,
  fault: Placed,
  coverage: ReadonlyMap<string, Coverage>,
): Promise<Verdict> {
  const source = clone.read(fault.path);
  clone.write(fault.path, withFault(source, fault));
  try {
    const parsed = await clone.deno(
      ["fmt", "--check", fault.path],
      PATIENCE_MS,
      PATIENCE_MS,
    );
    if (parsed.output.includes("SyntaxError")) return { kind: "unparsable" };
    const tests = testsFor(fault, coverage);
    const turns = [
      tests.slice(0, 1),
      tests.slice(1, FIRST_COUNT),
      tests.slice(FIRST_COUNT),
    ];
    for (const turn of turns) {
      const by = await firstFailure(clone, turn, coverage);
      if (by !== undefined) return { kind: "seen", by };
    }
    return { kind: "unseen", testCount: tests.length };
  } finally {
    clone.write(fault.path, source);
  }
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
    if (outcome.code === undefined) return "a timeout";
    const failed = rest.find((test) => outcome.output.includes(`=> ./${test}`));
    if (failed === undefined) { // it ends without a word
      const { code } = await run(clone, rest, coverage);
      return code === 0 ? undefined : `${rest[0]} (it ends)`;
    }
    const again = await run(clone, [failed], coverage);
    if (again.code !== 0) return failed;
    rest = rest.filter((test) => test !== failed);
  }
  return undefined;
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
    ["test", "-A", "--no-check", "--fail-fast", ...tests],
    PATIENCE_MS + slowestMs * PATIENCE_FACTOR,
    ENDLESS_MS + allMs * ENDLESS_FACTOR,
  );
}
