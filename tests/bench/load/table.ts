/** The results as Markdown (pure). */

import type { Machine } from "./machine.ts";
import type { Results, Row, RowKind, Sample } from "./results.ts";
import { median, ratios, summarise, type Summary } from "./statistics.ts";

/** What the table needs to know of a subject. */
export interface Column {
  readonly name: string;
  readonly title: string;
  readonly isBuild: boolean;
}

/** How long was measured. */
export interface Effort {
  readonly seconds: number;
  readonly rounds: number;
}

/** What may have kept a figure from being more. */
const MARKS = {
  "°": {
    meaning: "the server had time left, its load was the limit",
    holds: (sample: Sample): boolean => sample.isLoadBound === true,
  },
  "~": {
    meaning: "other programs took more than a tenth of the server's core",
    holds: (sample: Sample): boolean => sample.isDisturbed === true,
  },
} as const;

/** Below this, digits after the point matter. */
const SMALL = 10;

/** What a workload of the site, or a measurement after them, is called. */
const SITE_NAME = /^site-/;

/** Whether a row is about the site: see `site/plan.ts`. */
export function isSiteRow({ workload }: Pick<RowKind, "workload">): boolean {
  return SITE_NAME.test(workload);
}

/**
 * The whole: where and how, the table, and what there is to say about its marks.
 *
 * @param columns The first is the reference; those that have no figure are left out.
 * @param timesAll Whether the processor time of every subject is shown, and not only
 *   that of the reference and the builds.
 */
export function renderReport(
  machine: Machine,
  effort: Effort,
  columns: readonly Column[],
  results: Results,
  timesAll = false,
): string {
  const shown = columns.filter((column, index) =>
    index === 0 || isShown(column, results)
  );
  const parts = [
    renderHeading(machine, effort, shown),
    renderTable(shown, results, timesAll),
    renderLegend(results, shown),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function isShown({ name }: Column, results: Results): boolean {
  return results.rows.some(({ samples }) => samples.has(name)) ||
    results.refusals.some(({ subject }) => subject === name);
}

function renderHeading(
  { cpu, coreCount, kernel, date, programs }: Machine,
  { seconds, rounds }: Effort,
  [reference]: readonly Column[],
): string {
  const day = date.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
  return `${day}, ${coreCount} cores of ${cpu}, Linux ${kernel}; ${
    programs.join(", ")
  }. Servers on one core, load and origin on another; ${
    rounds === 1 ? "one round" : `${rounds} rounds`
  } of ${seconds} s, in turns. Ratios to ${reference?.title} within each round: the ` +
    "median, and in parentheses the lowest and the highest. A ratio above 1 means " +
    `better than ${reference?.title}, also for times and sizes.`;
}

/** The table: a row for each workload, a column for each subject. */
export function renderTable(
  columns: readonly Column[],
  results: Results,
  timesAll = false,
): string {
  const [reference, ...others] = columns;
  if (reference === undefined) return "";
  const timed = columns.filter((column) =>
    timesAll || column === reference || column.isBuild
  );
  const heads = [
    "workload",
    reference.title,
    ...others.map(({ title }) => title),
    ...timed.map(({ title }) => `CPU, ${title}`),
  ];
  const rows = results.rows.map((row) => [
    row.title,
    renderValue(row, reference, results),
    ...others.map((column) => renderRatio(row, column, reference, results)),
    ...timed.map(({ name }) => renderCpu(row, name)),
  ]);
  const ruler = heads.map((_, index) => index === 0 ? "---" : "--:");
  return [heads, ruler, ...rows].map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function samplesOf(row: Row, name: string): (number | undefined)[] {
  return (row.samples.get(name) ?? []).map((sample) => sample?.value);
}

function isKnown(value: number | undefined): value is number {
  return value !== undefined;
}

/** The reference's own figure. */
function renderValue(row: Row, { name }: Column, results: Results): string {
  const values = samplesOf(row, name).filter(isKnown);
  if (values.length === 0) return absence(row, name, results);
  return formatNumber(median(values)) + row.unit + marksOf(row, name);
}

function renderRatio(
  row: Row,
  { name }: Column,
  reference: Column,
  results: Results,
): string {
  const own = samplesOf(row, name);
  const found = ratios(own, samplesOf(row, reference.name), row.better);
  if (found.length > 0) {
    return formatSummary(summarise(found)) + marksOf(row, name);
  }
  const values = own.filter(isKnown);
  return values.length === 0
    ? absence(row, name, results)
    : formatNumber(median(values)) + row.unit + marksOf(row, name);
}

function renderCpu(row: Row, name: string): string {
  const micros = (row.samples.get(name) ?? []).map((sample) =>
    sample?.cpuMicros
  ).filter(isKnown);
  return micros.length === 0 ? "" : `${formatNumber(median(micros))} µs`;
}

/** `–` for what a subject cannot do, `✗` for what it did wrong. */
function absence(row: Row, name: string, results: Results): string {
  return results.isRefused(row, name) ? "✗" : "–";
}

/** What most samples have in common: see the legend. */
function marksOf(row: Row, name: string): string {
  const samples = row.samples.get(name) ?? [];
  return Object.entries(MARKS).filter(([, { holds }]) =>
    samples.filter((sample) => sample !== undefined && holds(sample)).length *
        2 > samples.length
  ).map(([mark]) => mark).join("");
}

/** `1.23 (1.20–1.31)`. */
export function formatSummary({ median, min, max }: Summary): string {
  const [middle, low, high] = [median, min, max].map(formatNumber);
  return low === high ? middle! : `${middle} (${low}–${high})`;
}

/** Three digits or so, thousands parted. */
export function formatNumber(value: number): string {
  if (value < SMALL ** -1) return value.toFixed(3);
  if (value < SMALL) return value.toFixed(2);
  if (value < SMALL ** 2) return value.toFixed(1);
  return Math.round(value).toLocaleString("en-GB");
}

function renderLegend(results: Results, columns: readonly Column[]): string {
  const used = results.rows.flatMap((row) =>
    columns.map(({ name }) => marksOf(row, name))
  ).join("");
  const meanings = Object.entries(MARKS).filter(([mark]) => used.includes(mark))
    .map(([mark, { meaning }]) => ` ${mark}: ${meaning}.`);
  const refused = results.refusals.map(({ workload, subject, reason }) =>
    `✗ ${subject}, ${workload || "all"}: ${reason.replaceAll(/\s+/g, " ")}.`
  );
  const legend = "CPU: processor time of the server for each request.";
  return [legend + meanings.join(""), ...refused].join("\n\n");
}
