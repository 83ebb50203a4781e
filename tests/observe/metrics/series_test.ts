/** Series: each has a slot, whoever reads finds all of them, and there is an end to them. */

import {
  AT,
  createMetricsMemory,
  ROW,
  SERIES_SLOTS,
  wordsOf,
} from "../../../lib/observe/metrics/layout.ts";
import {
  keyParts,
  KIND,
  readSeries,
  Series,
  seriesKey,
} from "../../../lib/observe/metrics/series.ts";
import { assert, assertEquals } from "../../support/assert.ts";

function noWords(): Float64Array {
  return wordsOf(createMetricsMemory(1), 0);
}

const KEYS: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 0, 0],
  [2, 5, 1, 999],
  [3, 511, 255, 1023],
];

for (const parts of KEYS) {
  Deno.test(`series: the key of ${parts} says so`, () => {
    const key = seriesKey(...parts);
    assert(key > 0);
    const { kind, row, second, third } = keyParts(key);
    assertEquals([kind, row, second, third], [...parts]);
  });
}

Deno.test("series: each is counted by itself, and a successor goes on", () => {
  const words = noWords();
  const first = new Series(words, AT.series);
  for (let i = 0; i < 3; i++) first.add(KIND.Requests, 2, 1, 200);
  first.add(KIND.Requests, 2, 1, 404);
  const second = new Series(words, AT.series);
  second.add(KIND.Requests, 2, 1, 200);
  second.add(KIND.Cache, 2, 1, 200);
  const found = new Map(readSeries(words, AT.series));
  assertEquals(found.size, 3);
  assertEquals(found.get(seriesKey(KIND.Requests, 2, 1, 200)), 4);
  assertEquals(found.get(seriesKey(KIND.Requests, 2, 1, 404)), 1);
  assertEquals(found.get(seriesKey(KIND.Cache, 2, 1, 200)), 1);
});

Deno.test("series: there is a bound, none is lost, and known ones go on", () => {
  const words = noWords();
  const series = new Series(words, AT.series);
  series.add(KIND.Requests, 2, 1, 200);
  let added = 1;
  for (let row = 3; row < 120; row++) {
    for (let code = 200; code < 300; code++) {
      series.add(KIND.Requests, row, 1, code);
      added++;
    }
  }
  for (let second = 0; second < 20; second++) {
    for (let code = 0; code < 1000; code++) {
      series.add(KIND.Upstream, 4, second, code);
      added++;
    }
  }
  series.add(KIND.Requests, 2, 1, 200);
  added++;
  const found = new Map(readSeries(words, AT.series));
  assert(found.size < SERIES_SLOTS, "some are free, or a search has no end");
  const sum = [...found.values()].reduce((sum, count) => sum + count, 0);
  assertEquals(sum, added);
  assertEquals(found.get(seriesKey(KIND.Requests, 2, 1, 200)), 2);
  const others = found.get(seriesKey(KIND.Requests, ROW.Other, 1, 299))!;
  assert(others > 1, "further routes are counted together");
  const rest = found.get(seriesKey(KIND.Upstream, ROW.Other, 0, 0))!;
  assert(rest > 1, "and then all that is new");
});
