/** Sizes and durations as people write them: `16KiB`, `10MB`, `500ms`, `1d`, `off`. */

import { didYouMean } from "./nearest.ts";

const SIZE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** `off`, or `0` in any unit: no limit, no timeout. */
const NONE = 0;

/**
 * Reads a size: `512`, `16KiB`, `1.5MiB`, `1G` in powers of 1024, `10MB` in powers
 * of 1000; `0` and `off` for none.
 *
 * @returns Bytes, a whole number; 0 for none.
 * @throws {SyntaxError} if it is not a size.
 */
export function parseSize(text: string): number {
  const bytes = parseQuantity(text, SIZE_UNITS);
  if (bytes === undefined) {
    throw new SyntaxError(
      `"${text}" is not a size: write it like 512, 16KiB, 10MB, 1G, or off` +
        didYouMean(sizeMeant(text)),
    );
  }
  return bytes;
}

/**
 * Reads a duration: `500ms`, `10s`, `1.5m`, `24h`, `1d`, `1w`, `1y`; `0` and `off`
 * for none.
 *
 * A bare number other than 0 is refused: seconds and milliseconds look alike.
 *
 * @returns Milliseconds, a whole number; 0 for none.
 * @throws {SyntaxError} if it is not a duration.
 */
export function parseDuration(text: string): number {
  const ms = text === "0" ? NONE : parseQuantity(text, DURATION_UNITS);
  if (ms === undefined) {
    throw new SyntaxError(
      `"${text}" is not a duration: write it like 500ms, 10s, 5m, 1d, or off` +
        didYouMean(durationMeant(text)),
    );
  }
  return ms;
}

/**
 * Reads a count: a whole number; `0` and `off` for none.
 *
 * @throws {SyntaxError} if it is not a count.
 */
export function parseCount(text: string): number {
  const count = /^\d{1,9}$/.test(text)
    ? Number(text)
    : text === "off"
    ? NONE
    : undefined;
  if (count === undefined) {
    throw new SyntaxError(
      `"${text}" is not a count: write a whole number, or off` +
        didYouMean(countMeant(text)),
    );
  }
  return count;
}

/** How many of something in how long. */
export interface Rate {
  readonly count: number;
  /** The time for that many, in ms. */
  readonly periodMs: number;
}

const RATE_UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a rate: `10/s`, `600/m`, `1000/h`, `5/d`.
 *
 * @throws {SyntaxError} if it is not a rate, or its count is 0.
 */
export function parseRate(text: string): Rate {
  const [, count, unit] = /^(\d{1,9})\s?\/\s?([smhd])$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0) {
    const [, digits, word] = /^(\d{1,9})(?:\/|per|r\/)?([smhd])[a-z]*$/i.exec(
      text.replaceAll(" ", ""),
    ) ?? [];
    throw new SyntaxError(
      `"${text}" is not a rate: write it like 10/s, 600/m, 1000/h` +
        didYouMean(
          Number(digits) > 0 ? `${digits}/${word!.toLowerCase()}` : undefined,
        ),
    );
  }
  return { count: Number(count), periodMs: RATE_UNITS[unit!]! };
}

/**
 * Reads a share: `20%`, `0.5%`.
 *
 * @returns The percentage, from 0 to 100.
 * @throws {SyntaxError} if it is not one.
 */
export function parsePercent(text: string): number {
  const [, digits] = /^(\d{1,3}(?:\.\d{1,4})?)\s?%$/.exec(text) ?? [];
  const percent = Number(digits);
  if (digits === undefined || percent > 100) {
    const bare = /^\d{1,3}(?:\.\d{1,4})?$/.test(text) && Number(text) <= 100;
    throw new SyntaxError(
      `"${text}" is not a percentage: write it like 20%` +
        didYouMean(bare ? `${text}%` : undefined),
    );
  }
  return percent;
}

/** The size that was probably meant by `megabytes` and the like, by the first letters of the unit. */
const SIZE_WORDS =
  /^(\d+(?:\.\d+)?)\s*([kmgt])(?:i|(?:ilo|ega|iga|era)?bytes?)$/i;
const DURATION_WORDS =
  /^(\d+(?:\.\d+)?)\s*(?:(ms)ecs?|(m)illi\w*|(s)ec\w*|(m)in\w*|(h)(?:ou)?rs?|(d)ays?|(w)eeks?|(y)(?:ea)?rs?)$/i;

/** Several durations after each other, the form of other programs. */
const COMPOUND_DURATION = /^\d{1,4}[smhd](?: ?\d{1,4}[smhd]){1,3}$/;

function sumOf(text: string): string {
  const parts = text.match(/\d{1,4}[smhd]/g)!;
  return formatDuration(
    parts.reduce((sum, part) => sum + parseDuration(part), 0),
  );
}

function sizeMeant(text: string): string | undefined {
  if (isNo(text)) return "off";
  const [, number, unit] = SIZE_WORDS.exec(text) ?? [];
  return number && `${number}${unit!.toUpperCase()}iB`;
}

function durationMeant(text: string): string | undefined {
  if (isNo(text)) return "off";
  if (/^\d+$/.test(text)) return `${text}s`;
  if (COMPOUND_DURATION.test(text)) return sumOf(text);
  const [, number, ...units] = DURATION_WORDS.exec(text) ?? [];
  const at = units.findIndex((unit) => unit !== undefined);
  const unit = at <= 1 ? "ms" : units[at]!.toLowerCase(); // the first two rows are milliseconds
  return number && `${number}${unit}`;
}

function countMeant(text: string): string | undefined {
  if (isNo(text)) return "off";
  const digits = text.replaceAll(/[,_.' ](?=\d{3})/g, "");
  if (digits !== text && /^\d{1,9}$/.test(digits)) return digits;
  const [, thousands, unit] = /^(\d{1,4})([km])$/i.exec(text) ?? [];
  return thousands && thousands + (/k/i.test(unit!) ? "000" : "000000");
}

/** Other words for `off`. */
export function isNo(text: string): boolean {
  return /^(?:none|no|never|false|disabled?|unlimited|infinity|-1)$/i.test(
    text,
  );
}

/** The size in the largest unit that makes it whole. */
export function formatSize(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const size = SIZE_UNITS[unit.toLowerCase()]!;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

/** The duration in the largest unit that makes it whole. */
export function formatDuration(ms: number): string {
  for (const unit of ["h", "m", "s"]) {
    const length = DURATION_UNITS[unit]!;
    if (ms >= length && ms % length === 0) return `${ms / length}${unit}`;
  }
  return `${ms}ms`;
}

function parseQuantity(
  text: string,
  units: Readonly<Record<string, number>>,
): number | undefined {
  if (text === "off") return NONE;
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?([a-zA-Z]*)$/.exec(text);
  const unit = units[match?.[2]?.toLowerCase() ?? "?"];
  if (match === null || unit === undefined) return undefined;
  const value = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(value) ? value : undefined;
}
