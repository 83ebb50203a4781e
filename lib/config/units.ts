/** Sizes and durations as people write them: `16KiB`, `500ms`, `off`. */

const SIZE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** `off`, or `0` in any unit: no limit, no timeout. */
const NONE = 0;

/**
 * Reads a size: `512`, `16KiB`, `1.5MiB`, `1GiB`; `0` and `off` for none.
 *
 * @returns Bytes, a whole number; 0 for none.
 * @throws {SyntaxError} if it is not a size.
 */
export function parseSize(text: string): number {
  const bytes = parseQuantity(text, SIZE_UNITS);
  if (bytes === undefined) {
    throw new SyntaxError(
      `"${text}" is not a size: write it like 512, 16KiB, 1MiB, or off`,
    );
  }
  return bytes;
}

/**
 * Reads a duration: `500ms`, `10s`, `1.5m`, `24h`; `0` and `off` for none.
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
      `"${text}" is not a duration: write it like 500ms, 10s, 5m, or off`,
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
      `"${text}" is not a count: write a whole number, or off`,
    );
  }
  return count;
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
