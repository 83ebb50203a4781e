/** What is made of repeated measurements: ratios within each round, their median and their spread (pure). */

/** The middle of some values, and how far they lie apart. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("No values, no median");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which a part of the others lies: 0.99 for all but a hundredth. */
export function percentile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new RangeError("No values, no percentile");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part))]!;
}

/** Median and extremes. */
export function summarise(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

/**
 * How much better a subject did than the reference, round by round: above 1 is better.
 *
 * The state of a machine changes within minutes and is the same for those who run
 * within the same round: so ratios are taken there, before anything is averaged.
 *
 * @param subject Values by round; undefined where there is none.
 * @param better Whether more or less of it is better.
 */
export function ratios(
  subject: readonly (number | undefined)[],
  reference: readonly (number | undefined)[],
  better: "more" | "less",
): number[] {
  const found: number[] = [];
  for (const [round, value] of subject.entries()) {
    const other = reference[round];
    if (value === undefined || other === undefined) continue;
    found.push(better === "more" ? value / other : other / value);
  }
  return found;
}
