/** The plot of the load benchmark: what it reads, and that the one in the docs is that of the table. */

import { assert, assertEquals } from "../support/assert.ts";
import { section } from "../support/docs.ts";
import { barsOf, comparable, renderPlot } from "./load/plot.ts";
import { PLACES } from "./load/publish.ts";

const TABLE = `| workload | nginx | sluice | CPU, nginx | CPU, sluice |
| --- | --: | --: | --: | --: |
| a <hit> | 1/s | 2.0 | 8.03 µs | 6.71 µs |
| gzip | 1/s | 2.0 | 1,029 µs | 900 µs |
| start-up | 1/s | 2.0 | | |
| one worker | – | 3/s | | 6.60 µs |`;

Deno.test("barsOf() reads the costs of rows that can be compared", () => {
  const [hit, gzip, ...others] = barsOf(TABLE);
  assertEquals(others, []);
  assertEquals(hit!.title, "a <hit>");
  assertEquals([...hit!.micros], [["nginx", 8.03], ["sluice", 6.71]]);
  assertEquals([...gzip!.micros], [["nginx", 1029], ["sluice", 900]]);
});

Deno.test("comparable() leaves out what would leave the others no bars", () => {
  assertEquals(comparable(barsOf(TABLE)).map(({ title }) => title), [
    "a <hit>",
  ]);
});

Deno.test("renderPlot() draws a bar for each cost, in proportion", () => {
  const plot = renderPlot(comparable(barsOf(TABLE)));
  assert(plot.includes("a &lt;hit>"), plot);
  const widths = [...plot.matchAll(/<rect x="250" y="\d+" width="(\d+)"/g)]
    .map(([, width]) => Number(width));
  assertEquals(widths.length, 3); // the legend's first square, and two bars
  assertEquals(widths[2], Math.round(widths[1]! * 6.71 / 8.03));
});

Deno.test("the plots in the docs are those of the tables", async () => {
  const docs = new URL("../../docs/", import.meta.url);
  const page = await Deno.readTextFile(new URL("performance.md", docs));
  for (const { section: name, plot: file } of PLACES) {
    const plot = await Deno.readTextFile(new URL(file, docs));
    const drawn = renderPlot(comparable(barsOf(section(page, name))));
    assert(
      plot === drawn,
      `${file}: deno task bench:load --write-docs draws it anew`,
    );
  }
});
