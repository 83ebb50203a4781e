/** Puts random small faults into `lib/`, one at a time, and tells which of them no test sees: see `HELP`. */

import { parseArgs } from "@std/cli/parse-args";
import { random } from "../support/random.ts";
import { Clone } from "./clone.ts";
import { collectCoverage } from "./coverage.ts";
import { EQUIVALENT, type Equivalent, whyEquivalent } from "./equivalent.ts";
import { faultsOf } from "./faults.ts";
import { type Placed, placed, tryFault } from "./trial.ts";

const HELP =
  `Do the tests see faults? Random small ones are put into lib/, one at a time.

  deno task mutate [--count 20] [--seed 1] [--path lib/cache/]... [--list]

  --count N    faults to try
  --seed N     the same seed picks the same faults, for the same source
  --path TEXT  only faults whose place begins so: lib/cache/, lib/cache/policy/vary.ts:12:
               (as often as there are such places)
  --list       say which faults they are, and try none

A fault is an operator, a boundary constant (one more, one less), true or false, a
condition negated, an await, a call or an assignment left out, or a function that
returns at once. It is put into a copy of the project in a temporary folder. The
tests that run its line are asked, those of the same name first, until one fails; a
timeout counts as seen. Which tests run which lines is collected first, which takes
some minutes, and kept in the temporary folder until the tests change.

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

interface Tried {
  readonly tried: number;
  /** Left out: they change nothing. */
  readonly equivalent: number;
  readonly unseen: readonly Placed[];
}

/** Tries faults; tells which went unseen. */
async function tryAll(
  clone: Clone,
  faults: Iterable<Placed>,
  count: number,
): Promise<Tried> {
  const tests = clone.files("tests", "_test.ts");
  const coverage = await collectCoverage(clone, tests, print);
  const unseen: Placed[] = [];
  let tried = 0;
  let equivalent = 0;
  for (const fault of faults) {
    if (tried + equivalent === count) break;
    const why = whyEquivalent(fault);
    if (why !== undefined) {
      equivalent++;
      print(`${described(fault)}\n  changes nothing: ${why}`);
      continue;
    }
    const startMs = performance.now();
    const verdict = await tryFault(clone, fault, coverage);
    if (verdict.kind === "unparsable") continue;
    tried++;
    const seconds = Math.round((performance.now() - startMs) / 1000);
    const where =
      `${tried}/${count} ${fault.path}:${fault.line} (${fault.kind}, ${seconds} s)`;
    if (verdict.kind === "seen") print(`${where}: seen by ${verdict.by}`);
    else {
      unseen.push(fault);
      print(
        `${where}: UNSEEN by ${verdict.testCount} files of tests\n  ${
          described(fault)
        }`,
      );
    }
  }
  return { tried, equivalent, unseen };
}

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, {
    string: ["count", "seed", "path"],
    boolean: ["help", "list"],
    collect: ["path"],
    default: { count: "20", seed: "1", path: ["lib/"] },
  });
  if (flags.help) {
    print(HELP);
    return 0;
  }
  const count = Number(flags.count);
  const seed = Number(flags.seed);
  using clone = await Clone.of(ROOT);
  const faults = everyFault(clone, flags.path);
  print(
    `${faults.length} faults could be put in; ${count} of them, from seed ${seed}:`,
  );
  const chosen = shuffled(faults, seed);
  if (flags.list) {
    for (const fault of chosen.take(count)) print(described(fault));
    return 0;
  }
  for (const { path, before } of outdated(clone)) {
    print(`no longer there, in tests/mutate/equivalent.ts: ${path}: ${before}`);
  }
  const { tried, equivalent, unseen } = await tryAll(clone, chosen, count);
  const seen = tried - unseen.length;
  const percent = tried === 0 ? 100 : seen / tried * 100;
  print(
    `\n${seen} of ${tried} seen: ${percent.toFixed(1)}%` +
      ` (${equivalent} more change nothing)`,
  );
  if (unseen.length > 0) print("\nUnseen:");
  for (const fault of unseen) print(described(fault));
  return unseen.length > 0 ? 1 : 0;
}

Deno.exit(await main());
