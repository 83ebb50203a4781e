/** Where results are shown: two tables in the docs, each with its plot. */

import { withSection } from "../../support/docs.ts";
import { barsOf, comparable, renderPlot } from "./plot.ts";
import type { Findings } from "./saved.ts";
import { isSiteRow, renderReport } from "./table.ts";

const DOCS = new URL("../../../docs/", import.meta.url);
const PAGE = new URL("performance.md", DOCS);

/** A table and its plot. */
export interface Place {
  /** Between which marks of the page. */
  readonly section: string;
  /** The file, in `docs/`. */
  readonly plot: string;
  /** Whether it is about the site: see `site/plan.ts`. */
  readonly isSite: boolean;
}

/** All there are, in order. */
export const PLACES: readonly Place[] = [
  { section: "bench", plot: "performance.svg", isSite: false },
  { section: "bench-site", plot: "performance_site.svg", isSite: true },
];

/** A report for each place that there are results for. */
export function reportsOf(
  { machine, effort, columns, results }: Findings,
): Map<Place, string> {
  const reports = new Map<Place, string>();
  for (const place of PLACES) {
    const own = results.only((row) => isSiteRow(row) === place.isSite);
    if (own.rows.length === 0) continue;
    const report = renderReport(machine, effort, columns, own, place.isSite);
    reports.set(place, report);
  }
  return reports;
}

/** The first place that the page lacks; undefined for none. */
export function missingPlace(): string | undefined {
  const text = Deno.readTextFileSync(PAGE);
  return PLACES.map(({ section }) => section).find((section) =>
    [section, `/${section}`].some((mark) =>
      !text.includes(`<!-- ${mark} -->\n`)
    )
  );
}

/** Puts the reports into the page, and draws their plots. */
export async function publish(
  reports: ReadonlyMap<Place, string>,
): Promise<void> {
  for (const [{ section, plot }, report] of reports) {
    const text = await Deno.readTextFile(PAGE);
    await Deno.writeTextFile(PAGE, withSection(text, section, report));
    const drawing = renderPlot(comparable(barsOf(report)));
    await Deno.writeTextFile(new URL(plot, DOCS), drawing);
  }
  const args = ["fmt", "--quiet", PAGE.pathname];
  await new Deno.Command(Deno.execPath(), { args }).output();
}
