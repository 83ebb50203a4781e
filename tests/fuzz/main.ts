/**
 * Fuzzes every target in turn until a promise is broken, the time is up, or SIGINT.
 *
 *   deno task fuzz [--seconds 60] [--seed 1] [--target "request head"] [--findings fuzz.log]
 *
 * A finding is printed and appended to the file of findings as a row for the
 * target's corpus; its seed with `--seed` and `--target` shows it again at once.
 * Exit code 1 if there is one.
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Finding, formatFinding, fuzz } from "./fuzz.ts";
import { type Target, TARGETS } from "./targets.ts";

/** Executions of a target before the next one has its turn. */
const TURN = 10_000;

interface Account {
  executions: number;
  ms: number;
}

function print(line: string): void {
  // deno-lint-ignore no-console -- a tool that reports
  console.log(line);
}

function report(accounts: ReadonlyMap<Target, Account>): void {
  print("   executions   a second");
  for (const [{ name }, { executions, ms }] of accounts) {
    const rate = Math.round(executions / Math.max(ms, 1) * 1000);
    print(
      `${String(executions).padStart(13)} ${
        String(rate).padStart(10)
      }   ${name}`,
    );
  }
}

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, {
    string: ["seconds", "seed", "target", "findings"],
    default: { seconds: "Infinity", findings: "fuzz.log" },
  }) as Record<string, string | undefined>;
  const targets = TARGETS.filter(({ name }) =>
    flags.target === undefined || name === flags.target
  );
  if (targets.length === 0) {
    print(`No such target: ${TARGETS.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  let seed = Number(flags.seed ?? Date.now()) >>> 0;
  print(`from seed ${seed}`);
  let isStopped = false;
  Deno.addSignalListener("SIGINT", () => isStopped = true);
  const endMs = performance.now() + Number(flags.seconds) * 1000;
  const accounts = new Map(
    targets.map((target) => [target, { executions: 0, ms: 0 }]),
  );
  let finding: Finding | undefined;
  while (finding === undefined && !isStopped && performance.now() < endMs) {
    for (const [target, account] of accounts) {
      const startedMs = performance.now();
      finding = fuzz(target, seed, TURN);
      if (finding !== undefined) break;
      account.executions += TURN;
      account.ms += performance.now() - startedMs;
      await new Promise((resolve) => setTimeout(resolve)); // a signal may be waiting
    }
    seed = (seed + TURN) >>> 0;
  }
  report(accounts);
  if (finding === undefined) return 0;
  print(formatFinding(finding));
  await Deno.writeTextFile(flags.findings!, formatFinding(finding), {
    append: true,
  });
  return 1;
}

Deno.exit(await main());
