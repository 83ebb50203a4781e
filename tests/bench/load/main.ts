/**
 * The whole program under load, beside other proxies on the same machine:
 * `deno task bench:load --help`.
 *
 * Everything stays up during the run and takes turns, on a core of its own; what a
 * subject answers is checked before it is timed, and what goes wrong meanwhile
 * leaves no figure. Prints a Markdown table.
 */

import { bytesOf } from "../../../lib/http/bytes.ts";
import { divide } from "./cores.ts";
import { describeMachine, isInstalled } from "./machine.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { missingPlace, publish, reportsOf } from "./publish.ts";
import { Results } from "./results.ts";
import { runAll } from "./run.ts";
import { type Findings, joinFindings, saveFindings } from "./saved.ts";
import { Stage } from "./stage.ts";
import { isAble, type Subject, subjectsOf } from "./subject.ts";

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

/** Says something that is not the result. */
function say(text: string): void {
  Deno.stderr.writeSync(bytesOf(`${text}\n`));
}

function readOptions(): Options {
  try {
    const options = parseOptions(Deno.args);
    if (options !== undefined) return options;
    Deno.stdout.writeSync(bytesOf(USAGE));
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    say(`${error.message}\n\n${USAGE}`);
    Deno.exit(EXIT_USAGE);
  }
}

/** What keeps this machine from running it; empty for nothing. */
function obstacle(): string {
  if (Deno.build.os !== "linux") return "This needs Linux: /proc and taskset.";
  if (divide(navigator.hardwareConcurrency) === undefined) {
    return "This needs two cores: one for servers, one for the load.";
  }
  if (!isInstalled("wrk")) {
    return "This needs wrk, which makes the load: apt install wrk, dnf install wrk, " +
      "or https://github.com/wg/wrk";
  }
  if (!isInstalled("taskset")) {
    return "This needs taskset: it is in util-linux.";
  }
  return "";
}

/** Those that are there; says who is not. */
function present(subjects: readonly Subject[]): Subject[] {
  return subjects.filter(({ title, versionCommand: [executable] }) => {
    if (executable === undefined || isInstalled(executable)) return true;
    say(`${title} is not installed: left out`);
    return false;
  });
}

/** Resolves when somebody wants the run to end. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    Deno.addSignalListener("SIGINT", () => resolve());
    Deno.addSignalListener("SIGTERM", () => resolve());
  });
}

/** Measures, and leaves nothing behind. Returns whether it came to its end. */
async function runWhole(
  options: Options,
  subjects: readonly Subject[],
  results: Results,
): Promise<boolean> {
  const cores = divide(navigator.hardwareConcurrency)!;
  await using stage = new Stage();
  const run = runAll(stage, cores, options, subjects, results, say);
  const whole = run.then(() => true);
  whole.catch(() => {}); // of what fails because it was broken off, nobody needs to know
  return await Promise.race([whole, interruption().then(() => false)]);
}

/** Measures what is asked for and possible; undefined if it is broken off. */
async function findings(options: Options): Promise<Findings | undefined> {
  const coreCount = navigator.hardwareConcurrency;
  const subjects = present(
    subjectsOf(options, Deno.env.get("SITE_STORE")),
  );
  const workloads = options.workloads.filter((workload) => {
    const isMeasurable = workload.kind !== "load" ||
      workload.rate === undefined || isInstalled("h2load");
    if (!isMeasurable) say(`${workload.name} needs h2load: left out`);
    return isMeasurable && subjects.some((one) => isAble(one, workload));
  });
  const results = new Results();
  if (!await runWhole({ ...options, workloads }, subjects, results)) return;
  const machine = describeMachine(subjects, coreCount);
  const { seconds, rounds } = options;
  return { machine, effort: { seconds, rounds }, columns: subjects, results };
}

async function main(): Promise<number> {
  const options = readOptions();
  const isRun = options.from.length === 0;
  const problem = isRun ? obstacle() : "";
  const missing = options.writesPage ? missingPlace() : undefined;
  if (problem !== "" || missing !== undefined) {
    say(
      problem ||
        `docs/performance.md has no <!-- ${missing} --> for the table.`,
    );
    return EXIT_FAILURE;
  }
  const found = isRun
    ? await findings(options)
    : joinFindings(options.from.map((path) => Deno.readTextFileSync(path)));
  if (found === undefined) return EXIT_INTERRUPTED;
  if (options.saveTo !== "") {
    await Deno.writeTextFile(options.saveTo, saveFindings(found));
  }
  const reports = reportsOf(found);
  const text = [...reports.values()].join("\n\n");
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  if (options.writesPage) await publish(reports);
  return found.results.refusals.length === 0 ? 0 : EXIT_FAILURE;
}

Deno.exit(await main());
