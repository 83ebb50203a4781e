/** One timed run of requests to a site. */

import { generate } from "../measure.ts";
import { coreSeconds, cpuSeconds } from "../process_tree.ts";
import { Refused, type Results, type RowKind } from "../results.ts";
import type { Rig } from "../rig.ts";
import { parseWrk, type WrkReport } from "../wrk.ts";
import type { SizeByPart } from "./check.ts";
import {
  shareOf,
  SITE_WORKLOADS,
  type SitePart,
  type SiteWorkload,
} from "./plan.ts";
import type { LiveSite } from "./stage.ts";
import { otherErrors, siteCommand, sumReports, unsuccessful } from "./wrk.ts";

const MIX = SITE_WORKLOADS.at(-1)!;
const CONNECTIONS = 50;
/** At the beginning, with requests of all kinds: the engine compiles what they use … */
const FIRST_WARM_UP_SECONDS = 5;
/** … and before each workload. */
const WARM_UP_SECONDS = 1;
/** Part of a core's time that counts as much. */
const MUCH = 0.1;
const MICROS = 1e6;
/** By how much counts may differ from what was to be expected: the order is drawn. */
const SLACK = 0.03;
/** Parts of the expected bytes that are still right. */
const BYTES_MIN = 0.97;
const BYTES_MAX = 1.1;
/** Within so long, the last lines are written. */
const LOG_MS = 500;
/** The shortest line of an access log that could be one. */
const LINE_BYTES_MIN = 100;

/** A program whose answers have been looked at. */
export interface CheckedSite {
  readonly live: LiveSite;
  readonly sizes: SizeByPart;
  /** Whether it has had load. */
  isWarm: boolean;
}

/** The row of a workload. */
export function siteRow({ name, title }: SiteWorkload): RowKind {
  return { workload: name, title, unit: "/s", better: "more" };
}

/** Before a program's first timed run of a workload. */
export async function warmUp(
  rig: Rig,
  site: CheckedSite,
  workload: SiteWorkload,
): Promise<void> {
  const { live } = site;
  if (!site.isWarm) await run(rig, live, MIX, FIRST_WARM_UP_SECONDS);
  site.isWarm = true;
  await run(rig, live, workload, WARM_UP_SECONDS);
  await Deno.truncate(live.log);
}

/**
 * Measures once.
 *
 * @throws {Refused} Answers were missing, or not what they should be.
 */
export async function measureSite(
  rig: Rig,
  { live, sizes }: CheckedSite,
  workload: SiteWorkload,
  round: number,
  results: Results,
): Promise<void> {
  const { pid } = live.running;
  const { server } = rig.cores;
  const arrivedBefore = await rig.counter.readSettled();
  const before = { cpu: cpuSeconds(pid), core: coreSeconds(server) };
  const begunMs = performance.now();
  const report = await run(rig, live, workload, rig.options.seconds);
  const muchSeconds = (performance.now() - begunMs) / 1000 * MUCH;
  const cpu = cpuSeconds(pid) - before.cpu;
  const core = coreSeconds(server);
  const arrived = await rig.counter.readSettled() - arrivedBefore;
  checkReport(report, arrived, workload.parts, live, sizes);
  await checkLog(live, report);
  results.add(siteRow(workload), live.subject.name, round, {
    value: report.perSecond,
    cpuMicros: cpu / report.requests * MICROS,
    isLoadBound: core.idle - before.core.idle > muchSeconds,
    isDisturbed: core.taken - before.core.taken - cpu > muchSeconds,
  });
}

async function run(
  rig: Rig,
  { port, tlsPort }: LiveSite,
  { parts, schemes }: SiteWorkload,
  seconds: number,
): Promise<WrkReport> {
  const connections = CONNECTIONS / schemes.length;
  const texts = await Promise.all(schemes.map((scheme) => {
    const to = scheme === "http" ? port : tlsPort;
    const command = siteCommand(parts, scheme, to, connections, seconds);
    return generate(rig, command);
  }));
  return sumReports(texts.map(parseWrk));
}

function checkReport(
  report: WrkReport,
  arrived: number,
  parts: readonly SitePart[],
  live: LiveSite,
  sizes: SizeByPart,
): void {
  const errors = otherErrors(report);
  if (errors !== "") throw new Refused(errors);
  const { requests } = report;
  const slack = requests * SLACK + CONNECTIONS;
  const passes = ({ from }: SitePart): boolean =>
    from === "origin" || from === "cache" && !live.hasCache;
  for (
    const [what, actual, share] of [
      ["without success", unsuccessful(report), shareFailed(parts)],
      ["at the origin", arrived, shareOf(parts, passes)],
    ] as const
  ) {
    const expected = share * requests;
    const isExact = share === 0 || share === 1;
    const allowed = isExact ? CONNECTIONS * share : slack;
    if (Math.abs(actual - expected) <= allowed) continue;
    throw new Refused(`${actual} of ${requests} ${what}, not ${expected}`);
  }
  const all = parts.reduce((sum, { share }) => sum + share, 0);
  const mean = parts.reduce(
    (sum, { name, share }) => sum + sizes.get(name)! * share / all,
    0,
  );
  const part = report.bytes / requests / mean;
  if (part >= BYTES_MIN && part <= BYTES_MAX) return;
  throw new Refused(`${part.toFixed(2)} of the expected bytes`);
}

function shareFailed(parts: readonly SitePart[]): number {
  return shareOf(parts, ({ status }) => status >= 400);
}

/** Is there a line for each request? Empties the log. */
async function checkLog(
  { log }: LiveSite,
  { requests }: WrkReport,
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, LOG_MS));
  const { size } = await Deno.stat(log);
  await Deno.truncate(log);
  if (size >= requests * LINE_BYTES_MIN) return;
  throw new Refused(`a log of ${size} bytes for ${requests} requests`);
}
