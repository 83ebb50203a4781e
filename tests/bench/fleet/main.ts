/**
 * What fleets of 1 to 1,000 nodes ask the origin for: prints the tables of
 * `docs/scale.md`, and draws its plot.
 */

import { bytesOf } from "../../../lib/http/bytes.ts";
import { random } from "../../support/random.ts";
import {
  type Layout,
  LAYOUTS,
  type PurgeCosts,
  purgeDelay,
  simulate,
  zipf,
} from "./simulation.ts";
import { renderLines } from "./plot.ts";

const NODES = [1, 10, 100, 1000] as const;
/** Of a large site: what is asked for most is asked for very often, and the rest seldom. */
const KEYS = 50_000;
const SKEW = 0.9;
const CAPACITY = 2000;
const REQUESTS = 1_000_000;
/** At 10,000 requests a second, a minute. */
const LIFETIME = 600_000;
/** Measured with redis-server 7.0 on one core of a cloud machine; 1 ms from node to store and back. */
const COSTS: PurgeCosts = {
  numberMs: 0.009,
  wakeMs: 0.003,
  syncMs: 0.015,
  tripMs: 1,
};

const PLOT = new URL("../../../docs/scale.svg", import.meta.url);

const lines = [
  "| nodes | layout | hits in memory | answered behind | requests to the origin |",
  "| ----- | ------ | -------------- | --------------- | ---------------------- |",
];
const series = new Map<Layout, number[]>();
for (const nodes of NODES) {
  for (const layout of LAYOUTS) {
    const next = random(7);
    const { hits, behind, origin } = simulate({
      layout,
      nodes,
      capacity: CAPACITY,
      lifetime: LIFETIME,
      requests: REQUESTS,
      trace: zipf(KEYS, SKEW, next),
      random: next,
    });
    const cells = [nodes, layout, percent(hits), percent(behind)];
    lines.push(`| ${cells.join(" | ")} | ${percent(origin)} |`);
    series.set(layout, [...series.get(layout) ?? [], origin / REQUESTS * 100]);
  }
}
lines.push("", "| nodes | the last one has heard of a purge |");
lines.push("| ----- | ---------------------------------- |");
for (const nodes of NODES) {
  lines.push(`| ${nodes} | ${purgeDelay(nodes, COSTS).toFixed(1)} ms |`);
}
await Deno.writeTextFile(PLOT, renderLines(NODES, series));
Deno.stdout.writeSync(bytesOf(`${lines.join("\n")}\n`));

function percent(count: number): string {
  return `${(count / REQUESTS * 100).toFixed(1)}%`;
}
