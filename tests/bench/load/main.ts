/**
 * The whole program under load, beside other proxies on the same machine:
 * `deno task bench:load --help`.
 *
 * Everything stays up during the run and takes turns, on a core of its own; what a
 * subject answers is checked before it is timed, and what goes wrong meanwhile
 * leaves no figure. Prints a Markdown table.
 */

import { bytesOf } from "../../../lib/http/bytes.ts";
import { withSection } from "../../support/docs.ts";
import { divide } from "./cores.ts";
import { describeMachine, isInstalled } from "./machine.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { barsOf, comparable, renderPlot } from "./plot.ts";
import { Results } from "./results.ts";
import { runAll } from "./run.ts";
import { Stage } from "./stage.ts";
import { isAble, type Subject, subjectsOf } from "./subject.ts";
import { renderReport } from "./table.ts";

const PAGE = new URL("../../../docs/performance.md", import.meta.url);
const PLOT = new URL("../../../docs/performance.svg", import.meta.url);
const SECTION = "bench";
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
function obstacle(options: Options): string {
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
  if (options.writesPage && !hasPlace(Deno.readTextFileSync(PAGE))) {
    return `docs/performance.md has no <!-- ${SECTION} --> for the table.`;
  }
  return "";
}

/** Better asked before the run than after it. */
function hasPlace(text: string): boolean {
  return [SECTION, `/${SECTION}`].every((mark) =>
    text.includes(`<!-- ${mark} -->\n`)
  );
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

async function publish(report: string): Promise<void> {
  const text = await Deno.readTextFile(PAGE);
  await Deno.writeTextFile(PAGE, withSection(text, SECTION, report));
  const args = ["fmt", "--quiet", PAGE.pathname];
  await new Deno.Command(Deno.execPath(), { args }).output();
  await Deno.writeTextFile(PLOT, renderPlot(comparable(barsOf(report))));
}

async function main(): Promise<number> {
  const options = readOptions();
  const problem = obstacle(options);
  if (problem !== "") {
    say(problem);
    return EXIT_FAILURE;
  }
  const coreCount = navigator.hardwareConcurrency;
  const subjects = present(subjectsOf(options));
  const workloads = options.workloads.filter((workload) => {
    const isMeasurable = workload.kind !== "load" ||
      workload.rate === undefined || isInstalled("h2load");
    if (!isMeasurable) say(`${workload.name} needs h2load: left out`);
    return isMeasurable && subjects.some((one) => isAble(one, workload));
  });
  const results = new Results();
  if (!await runWhole({ ...options, workloads }, subjects, results)) {
    return EXIT_INTERRUPTED;
  }
  const machine = describeMachine(subjects, coreCount);
  const report = renderReport(machine, options, subjects, results);
  Deno.stdout.writeSync(new TextEncoder().encode(`${report}\n`));
  if (options.writesPage) await publish(report);
  return results.refusals.length === 0 ? 0 : EXIT_FAILURE;
}

Deno.exit(await main());
