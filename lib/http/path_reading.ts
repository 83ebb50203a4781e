/**
 * Ways in which lenient origins read a path (pure): habits, and in which combinations
 * and orders they are worth a look.
 */

import { BACKSLASH, QUESTION_MARK, SLASH } from "./bytes.ts";

const HASH = 0x23;
/** A slash in two bytes, which is one in every reading that knows such forms. */
export const OVERLONG_SLASH = 0x100;

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
  /** The path ends at `%3F` and `%23`: it is decoded before the query is looked for. */
  EncodedEnd: 8192,
  /** What follows `//` at the beginning is a host, as in a relative reference (RFC 3986 §4.2). */
  Authority: 16384,
} as const;

/** Habits after which what is dropped behind `;` could have ended earlier. */
const OTHER_ENDS = READING.EncodedSlash | READING.EncodedBackslash |
  READING.Overlong | READING.EncodedEnd;

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
  const hasOthers = (set & OTHER_ENDS) !== 0;
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

/** Whether an origin with these habits takes the byte for a slash. */
export function isSlash(
  byte: number,
  isEscape: boolean,
  readings: number,
): boolean {
  if (byte === OVERLONG_SLASH) return true;
  if (byte === SLASH) {
    return !isEscape || (readings & READING.EncodedSlash) !== 0;
  }
  if (byte !== BACKSLASH) return false;
  const reading = isEscape ? READING.EncodedBackslash : READING.Backslash;
  return (readings & reading) !== 0;
}

/** Whether what is dropped of a segment ends here. */
export function endsDropping(
  byte: number,
  isEscape: boolean,
  readings: number,
): boolean {
  if ((readings & READING.DroppedFirst) !== 0) {
    return byte === SLASH && !isEscape;
  }
  if ((readings & READING.DroppedSecond) !== 0 && isEscape) return false;
  return isSlash(byte, isEscape, readings);
}

/** Whether the path's segment ends at this `;`. */
export function dropsFrom(isEscape: boolean, readings: number): boolean {
  const reading = isEscape ? READING.NoEncodedParameters : READING.NoParameters;
  return (readings & reading) !== 0;
}

/** Whether what is dropped goes before anything is decoded. */
export function dropsFirst(readings: number): boolean {
  return (readings & (READING.DroppedFirst | READING.DroppedSecond)) !== 0;
}

/** Whether a path ends at this byte, once it is decoded. */
export function endsPath(byte: number): boolean {
  return byte === QUESTION_MARK || byte === HASH;
}

/**
 * Where the path `bytes[start, end)` begins for an origin that reads a host in it: behind
 * that, or at `start` if there is none. Nobody counts the slashes before the host
 * (WHATWG URL, special authority ignore slashes state).
 */
export function endOfAuthority(
  bytes: Uint8Array,
  start: number,
  end: number,
  readings: number,
): number {
  if ((readings & READING.Authority) === 0) return start;
  let at = start;
  while (at < end && isSlash(bytes[at]!, false, readings)) at++;
  if (at - start < 2) return start;
  while (at < end && !isSlash(bytes[at]!, false, readings)) at++;
  return at;
}
