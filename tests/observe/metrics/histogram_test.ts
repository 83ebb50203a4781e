/** Histograms: which bucket a duration is counted in, and what can be told of many. */

import {
  BUCKETS_MS,
  countOf,
  type Histogram,
  HISTOGRAM_WORDS,
  mergeHistograms,
  observe,
  quantileMs,
  readHistogram,
} from "../../../lib/observe/metrics/histogram.ts";
import { assertEquals } from "../../support/assert.ts";

/** A histogram of these durations, among other words. */
function histogramOf(...durations: readonly number[]): Histogram {
  const words = new Float64Array(HISTOGRAM_WORDS + 2);
  for (const ms of durations) observe(words, 1, ms);
  assertEquals([words[0], words.at(-1)], [0, 0], "others are not touched");
  return readHistogram(words, 1);
}

const BUCKET_ROWS: readonly [ms: number, bucket: number][] = [
  [-3, 0], // the clock was set back
  [0, 0],
  [5, 0],
  [5.1, 1],
  [10, 1],
  [11, 2],
  [25, 2],
  [26, 3],
  [50, 3],
  [51, 4],
  [100, 4],
  [101, 5],
  [250, 5],
  [251, 6],
  [500, 6],
  [501, 7],
  [1000, 7],
  [1001, 8],
  [2500, 8],
  [2501, 9],
  [5000, 9],
  [5001, 10],
  [10_000, 10],
  [10_001, 11],
  [1e9, 11],
];

for (const [ms, bucket] of BUCKET_ROWS) {
  Deno.test(`histogram: ${ms} ms are counted in bucket ${bucket}`, () => {
    const { counts, sumMs } = histogramOf(ms);
    assertEquals(counts.length, BUCKETS_MS.length + 1);
    assertEquals(counts.indexOf(1), bucket);
    assertEquals(sumMs, Math.max(0, ms));
  });
}

const QUANTILE_ROWS: readonly [
  durations: readonly number[],
  fraction: number,
  ms: number,
][] = [
  [[], 0.5, NaN],
  [[1, 2, 3, 4], 0.5, 2.5], // half of the first bucket
  [[1, 1, 8, 8], 0.5, 5],
  [[1, 1, 8, 8], 0.75, 7.5],
  [[1, 1, 8, 8], 1, 10],
  [[1, 300], 0.99, 495], // 0.98 of the bucket from 250 to 500
  [[60_000], 0.5, 10_000], // nothing more is known
];

for (const [durations, fraction, ms] of QUANTILE_ROWS) {
  Deno.test(`histogram: ${fraction} of ${durations} is ${ms}`, () => {
    const found = quantileMs(histogramOf(...durations), fraction);
    assertEquals(Math.round(found * 1000) / 1000, ms);
  });
}

Deno.test("histogram: several are one", () => {
  const all = mergeHistograms([histogramOf(1, 30), histogramOf(30, 99_999)]);
  assertEquals(countOf(all), 4);
  assertEquals(all.counts[3], 2);
  assertEquals(all.sumMs, 1 + 30 + 30 + 99_999);
});
