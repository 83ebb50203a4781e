/** The workloads of a site, in turns. */

import { weigh } from "../memory.ts";
import { guarded, type Results } from "../results.ts";
import type { Rig } from "../rig.ts";
import type { Subject } from "../subject.ts";
import { checkSite } from "./check.ts";
import { type CheckedSite, measureSite, warmUp } from "./measure.ts";
import type { SiteWorkload } from "./plan.ts";
import { makeGround, startSite } from "./stage.ts";

/** Ports, counted from the first: three for each program. */
const FIRST_PORT = 70;
const PORTS = 3;
/** The row of their memory. */
const MEMORY = { name: "site-memory", title: "memory after all this" };

/** Measures everything that is asked for of the site. */
export async function runSite(
  rig: Rig,
  subjects: readonly Subject[],
  workloads: readonly SiteWorkload[],
  results: Results,
  say: (text: string) => void,
): Promise<void> {
  if (workloads.length === 0) return;
  const sites = await startAll(rig, subjects, results, say);
  for (const workload of workloads) {
    say(`${workload.name}: ${workload.title}`);
    const ready = new Set(sites);
    for (const round of [undefined, ...Array(rig.options.rounds).keys()]) {
      for (const site of ready) {
        const { name } = workload;
        const act = (): Promise<void> =>
          round === undefined
            ? warmUp(rig, site, workload)
            : measureSite(rig, site, workload, round, results);
        const isGood = await guarded(results, name, site.live.subject, act);
        if (!isGood) ready.delete(site);
      }
    }
  }
  await weigh(sites.map(({ live }) => live), MEMORY, 0, results);
}

/** Starts all programs that can run it, and looks at their answers. */
async function startAll(
  rig: Rig,
  subjects: readonly Subject[],
  results: Results,
  say: (text: string) => void,
): Promise<CheckedSite[]> {
  const ground = await makeGround(rig.stage.newDirectory("site"));
  const certificate = await Deno.readTextFile(ground.certificate.cert);
  const able = subjects.filter(({ prepareSite }) => prepareSite !== undefined);
  const sites: CheckedSite[] = [];
  for (const [index, subject] of able.entries()) {
    const port = rig.options.port + FIRST_PORT + index * PORTS;
    await guarded(results, "", subject, async () => {
      const live = await startSite(rig, subject, ground, port);
      say(`site: ${subject.title} starts in ${live.startMs.toFixed(0)} ms`);
      const sizes = await checkSite(live, certificate);
      sites.push({ live, sizes, isWarm: false });
    });
  }
  return sites;
}
