/** Histograms of durations: the buckets that Prometheus' own clients use (pure). */

/** The upper bound of each bucket, in ms; a last one without a bound follows. */
export const BUCKETS_MS: readonly number[] = [
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10_000,
];

/** Words of a histogram among the counters: its buckets, then the sum in ms. */
export const HISTOGRAM_WORDS = BUCKETS_MS.length + 2;
/** Where the sum is. */
const SUM = BUCKETS_MS.length + 1;

/** A histogram as it is read. */
export interface Histogram {
  /** By bucket, the unbounded one last: how many durations it holds, and no other bucket does. */
  readonly counts: readonly number[];
  /** Of all durations, in ms. */
  readonly sumMs: number;
}

/** Counts a duration in the histogram that begins at `at`; one below 0 counts as 0. */
export function observe(words: Float64Array, at: number, ms: number): void {
  let bucket = 0;
  while (bucket < BUCKETS_MS.length && ms > BUCKETS_MS[bucket]!) bucket++;
  words[at + bucket]! += 1;
  if (ms > 0) words[at + SUM]! += ms;
}

/** Reads the histogram that begins at `at`. */
export function readHistogram(words: Float64Array, at: number): Histogram {
  return {
    counts: Array.from(words.subarray(at, at + SUM)),
    sumMs: words[at + SUM]!,
  };
}

/** How many durations a histogram holds. */
export function countOf({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Several histograms as one. */
export function mergeHistograms(all: readonly Histogram[]): Histogram {
  const counts: number[] = new Array(BUCKETS_MS.length + 1).fill(0);
  let sumMs = 0;
  for (const histogram of all) {
    histogram.counts.forEach((count, bucket) => counts[bucket]! += count);
    sumMs += histogram.sumMs;
  }
  return { counts, sumMs };
}

/**
 * What a part of all durations does not exceed, in ms: interpolated within its bucket,
 * as Prometheus' `histogram_quantile` does it. In the unbounded bucket it is the
 * largest bound.
 *
 * @param fraction 0.99 for the 99th percentile.
 * @returns NaN if there are no durations.
 */
export function quantileMs(histogram: Histogram, fraction: number): number {
  const { counts } = histogram;
  const rank = countOf(histogram) * fraction;
  let below = 0;
  for (let bucket = 0; bucket < BUCKETS_MS.length; bucket++) {
    const count = counts[bucket]!;
    if (count > 0 && below + count >= rank) {
      const from = bucket === 0 ? 0 : BUCKETS_MS[bucket - 1]!;
      return from + (BUCKETS_MS[bucket]! - from) * (rank - below) / count;
    }
    below += count;
  }
  return countOf(histogram) === 0 ? NaN : BUCKETS_MS.at(-1)!;
}
