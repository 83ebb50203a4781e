/** Puts random small faults into `lib/`, one at a time, and tells which of them no test sees: see `HELP`. */

import { parseArgs } from "@std/cli/parse-args";
import { random } from "../support/random.ts";
import { Clone } from "./clone.ts";
import { collectCoverage, type Coverage } from "./coverage.ts";
import { EQUIVALENT, type Equivalent, whyEquivalent } from "./equivalent.ts";
import { faultsOf } from "./faults.ts";
import { type Placed, placed, tryFault, TYPES } from "./trial.ts";

const HELP =
  `Do the tests see faults? Random small ones are put into lib/, one at a time.

  deno task mutate [--count 20] [--seed 1] [--path lib/cache/]... [--list]

  --count N    faults to try
  --seed N     the same seed picks the same faults, for the same source
  --skip N     leave out the first N of them, which were tried before
  --path TEXT  only faults whose place begins so: lib/cache/, lib/cache/policy/vary.ts:12:
               (as often as there are such places)
  --list       say which faults they are, and try none
  --jobs N     try so many at once, each in a copy of its own
  --fresh      collect again which tests run which lines, if the source has changed
  --through C  start what runs by this command: "nice -n 5"

A fault is an operator, a boundary constant (one more, one less), true or false, a
condition negated, an await, a call or an assignment left out, or a function that
returns at once. It is put into a copy of the project in a temporary folder. The
tests that run its line are asked, those of the same name first, then those of the
same room, then the quickest, until one fails twice; one that does not end, also when
it runs alone, counts as seen, and so does a fault that the types refuse. Which tests
run which lines is collected first, which takes some minutes, and kept in the
temporary folder until the tests change.

Faults that are known to change nothing are left out: tests/mutate/equivalent.ts
says why.

Exit code 1 if a fault went unseen.`;

const ROOT = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");

function print(line: string): void {
  // deno-lint-ignore no-console -- a tool that reports
  console.log(line);
}

/** All faults that could be put into the program, where the place begins with one of these. */
function everyFault(clone: Clone, prefixes: readonly string[]): Placed[] {
  return clone.files("lib", ".ts").flatMap((path) => {
    const source = clone.read(path);
    return faultsOf(source).map((fault) => placed(path, source, fault));
  }).filter(({ path, line }) =>
    prefixes.some((prefix) => `${path}:${line}:`.startsWith(prefix))
  );
}

/** What is said to change nothing, and is no longer there. */
function outdated(clone: Clone): readonly Equivalent[] {
  const paths = new Set(clone.files("lib", ".ts"));
  return EQUIVALENT.filter(({ path, before }) =>
    !paths.has(path) ||
    !clone.read(path).replaceAll(/\n\s*/g, "\n").includes(
      before.replaceAll(/\n\s*/g, "\n"),
    )
  );
}

/** Takes one after the other at random, each at most once. */
function* shuffled<T>(items: readonly T[], seed: number): Generator<T> {
  const next = random(seed);
  const rest = [...items];
  while (rest.length > 0) {
    const index = Math.floor(next() * rest.length);
    const item = rest[index]!;
    rest[index] = rest.at(-1)!;
    rest.pop();
    yield item;
  }
}

function described({ path, line, before, changed }: Placed): string {
  return `${path}:${line}\n    - ${
    before.replaceAll("\n", "\n      ")
  }\n    + ${changed.replaceAll("\n", "\n      ")}`;
}

/** What came of all faults so far. */
interface Tried {
  tried: number;
  /** Left out: they change nothing. */
  equivalent: number;
  /** Seen, but by no test: the types do not fit. */
  refused: number;
  readonly unseen: Placed[];
}

/** Tries one fault, and adds what came of it. */
async function tryOne(
  clone: Clone,
  fault: Placed,
  coverage: ReadonlyMap<string, Coverage>,
  sum: Tried,
): Promise<void> {
  const why = whyEquivalent(fault);
  if (why !== undefined) {
    sum.equivalent++;
    print(`${described(fault)}\n  changes nothing: ${why}`);
    return;
  }
  const startMs = performance.now();
  const verdict = await tryFault(clone, fault, coverage);
  if (verdict.kind === "unparsable") return;
  sum.tried++;
  const seconds = Math.round((performance.now() - startMs) / 1000);
  const where =
    `${sum.tried} ${fault.path}:${fault.line} (${fault.kind}, ${seconds} s)`;
  if (verdict.kind === "seen") {
    if (verdict.by === TYPES) sum.refused++;
    print(`${where}: seen by ${verdict.by}`);
    return;
  }
  sum.unseen.push(fault);
  print(
    `${where}: UNSEEN by ${verdict.testCount} files of tests\n  ${
      described(fault)
    }`,
  );
}

/** Tries so many faults, one in each of the clones at a time. */
async function tryAll(
  clones: readonly Clone[],
  faults: Iterator<Placed>,
  count: number,
  coverage: ReadonlyMap<string, Coverage>,
): Promise<Tried> {
  const sum: Tried = { tried: 0, equivalent: 0, refused: 0, unseen: [] };
  let underWay = 0;
  await Promise.all(clones.map(async (clone) => {
    while (sum.tried + sum.equivalent + underWay < count) {
      const { value: fault, done } = faults.next();
      if (done === true) return;
      underWay++;
      await tryOne(clone, fault, coverage, sum);
      underWay--;
    }
  }));
  return sum;
}

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, {
    string: ["count", "seed", "skip", "path", "jobs", "through"],
    boolean: ["help", "list", "fresh"],
    collect: ["path"],
    default: {
      count: "20",
      seed: "1",
      skip: "0",
      path: ["lib/"],
      jobs: "1",
      through: "",
    },
  });
  if (flags.help) {
    print(HELP);
    return 0;
  }
  const count = Number(flags.count);
  const seed = Number(flags.seed);
  const jobs = Number(flags.jobs);
  const through = flags.through.split(" ").filter((part: string) =>
    part !== ""
  );
  using stack = new DisposableStack();
  const clones: Clone[] = [];
  for (let i = 0; i < jobs; i++) {
    clones.push(stack.use(await Clone.of(ROOT, through)));
  }
  const clone = clones[0]!;
  const faults = everyFault(clone, flags.path);
  print(
    `${faults.length} faults could be put in; ${count} of them, from seed ${seed}:`,
  );
  const chosen = shuffled(faults, seed).drop(Number(flags.skip));
  if (flags.list) {
    for (const fault of chosen.take(count)) print(described(fault));
    return 0;
  }
  for (const { path, before } of outdated(clone)) {
    print(`no longer there, in tests/mutate/equivalent.ts: ${path}: ${before}`);
  }
  const coverage = await collectCoverage(
    clone,
    clone.files("tests", "_test.ts"),
    { jobs, fresh: flags.fresh, report: print },
  );
  const { tried, equivalent, refused, unseen } = await tryAll(
    clones,
    chosen,
    count,
    coverage,
  );
  const seen = tried - unseen.length;
  const percent = tried === 0 ? 100 : seen / tried * 100;
  print(
    `\n${seen} of ${tried} seen: ${percent.toFixed(1)}%` +
      ` (${refused} by the types; ${equivalent} more change nothing)`,
  );
  if (unseen.length > 0) print("\nUnseen:");
  for (const fault of unseen) print(described(fault));
  return unseen.length > 0 ? 1 : 0;
}

Deno.exit(await main());
