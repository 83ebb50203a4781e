/**
 * Ways in which lenient origins read a path (pure): habits, and in which combinations
 * and orders they are worth a look.
 */

/** Habits: bits. A reading of a path is a union of them; 0 is the canonical form. */
export const READING = {
  /** `%2F` is a slash. */
  EncodedSlash: 1,
  /** `%5C` is a slash. */
  EncodedBackslash: 2,
  /** `\` is a slash. */
  Backslash: 4,
  /** Repeated slashes are one. */
  MergedSlashes: 8,
  /** `;` and the rest of its segment are dropped; `%3B` is not such a `;`. */
  NoParameters: 16,
  /** Percent-encoding is decoded twice. */
  DecodedTwice: 32,
  /** Percent-encoded reserved characters are decoded: every origin does that at last. */
  Decoded: 64,
  /** `%3B` and the rest of its segment are dropped. */
  NoEncodedParameters: 128,
  /** Two bytes stand for a slash or a dot, which UTF-8 does not allow (RFC 3629 §3). */
  Overlong: 256,
  /** Repeated slashes are one, but only once dot segments have been resolved. */
  MergedLater: 512,
  /** What is dropped ends at `/` only: it is dropped before anything else is done. */
  DroppedFirst: 1024,
  /** What is dropped ends at `/` and `\`: it is dropped before anything is decoded. */
  DroppedSecond: 2048,
  /** There is a NUL that is encoded twice: many end their strings there. No way to read a path. */
  Nul: 4096,
} as const;

/** Habits after which what is dropped behind `;` could have ended earlier. */
const OTHER_SLASHES = READING.EncodedSlash | READING.EncodedBackslash |
  READING.Overlong;

/**
 * Habits that a path may give room to, `MergedSlashes` among them. Origins combine
 * them as they like; with more of them there would be hundreds of readings.
 */
const HABITS_MAX = 4;

/** The readings by ambiguity; as many as there are sets of few habits. */
const known = new Map<number, readonly number[]>();

/**
 * All readings that an ambiguous path is worth: every set of the habits that make a
 * difference, in every order that does. A reading with `MergedLater` comes behind the
 * one that it differs from only if dot segments were resolved in that.
 *
 * @param ambiguity As the canonical path has it.
 * @returns Undefined if they are too many, or the path has an end within itself.
 */
export function readingsFor(ambiguity: number): readonly number[] | undefined {
  const habits = ambiguity & ~READING.Decoded;
  if ((habits & READING.Nul) !== 0 || bitCount(habits) > HABITS_MAX) {
    return undefined;
  }
  let readings = known.get(ambiguity);
  if (readings === undefined) {
    readings = makeReadings(habits, (ambiguity & READING.Decoded) !== 0);
    known.set(ambiguity, readings);
  }
  return readings;
}

function makeReadings(habits: number, isDecoded: boolean): number[] {
  const readings: number[] = [];
  for (let set = habits;; set = (set - 1) & habits) {
    if (set === 0 && !isDecoded) break;
    for (const order of ordersOf(set)) {
      const reading = set | order | READING.Decoded;
      readings.push(reading);
      if ((set & READING.MergedSlashes) !== 0) {
        readings.push(reading & ~READING.MergedSlashes | READING.MergedLater);
      }
    }
    if (set === 0) break;
  }
  return readings;
}

/** When what follows `;` may be dropped, where that makes a difference. */
function ordersOf(set: number): number[] {
  if ((set & READING.NoParameters) === 0) return [0];
  const hasOthers = (set & OTHER_SLASHES) !== 0;
  const hasBackslash = (set & READING.Backslash) !== 0;
  return [
    0,
    ...hasOthers || hasBackslash ? [READING.DroppedFirst] : [],
    ...hasOthers && hasBackslash ? [READING.DroppedSecond] : [],
  ];
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
