/**
 * Byte ranges (RFC 9110 §14): the parts of a representation that a `Range` field asks
 * for.
 */

/** Bytes `[start, end)` of a representation. */
export interface ByteRange {
  /** The offset of the first byte. */
  readonly start: number;
  /** The offset after the last byte. */
  readonly end: number;
}

/** Ranges in one request; more are an attack on the server's work (RFC 9110 §17.15). */
const RANGES_MAX = 16;
/** Two ranges with a gap no larger than what a part's head costs are sent as one. */
const GAP_MAX = 80;

const FROM_START = /^bytes[\t ]*=[\t ]*0+-[\t ]*$/i;
const BYTES = /^bytes[\t ]*=/i;
const SPEC = /^(\d*)-(\d*)$/;

/**
 * Reads a `Range` value.
 *
 * Ranges that overlap or nearly touch are joined, and what comes out is in order.
 *
 * @param length Bytes of the representation.
 * @returns The ranges that can be satisfied; none of them: `unsatisfiable`;
 *   `ignore` if the field is malformed, of another unit, asks for too many, or if
 *   there is nothing that a range could be of.
 */
export function parseRange(
  text: string,
  length: number,
): readonly ByteRange[] | "unsatisfiable" | "ignore" {
  const unit = BYTES.exec(text);
  if (unit === null || length === 0) return "ignore";
  const specs = text.slice(unit[0].length).split(",")
    .map((spec) => spec.trim()).filter((spec) => spec !== "");
  if (specs.length === 0 || specs.length > RANGES_MAX) return "ignore";
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = rangeOf(spec, length);
    if (range === undefined) return "ignore";
    if (range.start < range.end) ranges.push(range);
  }
  return ranges.length === 0 ? "unsatisfiable" : joined(ranges);
}

/** Whether a `Range` value asks for everything: `bytes=0-`. */
export function isWholeRange(text: string): boolean {
  return FROM_START.test(text);
}

/**
 * Reads a `Range` value of which nothing needs to be known but what has arrived: one
 * range that ends within.
 *
 * @param arrived Bytes of the representation that are there.
 * @returns Undefined if it is not one.
 */
export function parseRangeWithin(
  text: string,
  arrived: number,
): ByteRange | undefined {
  const unit = BYTES.exec(text);
  const match = unit && SPEC.exec(text.slice(unit[0].length).trim());
  if (!match?.[1] || !match[2]) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  return start < end && end <= arrived ? { start, end } : undefined;
}

/** An empty range is one that cannot be satisfied; undefined: malformed. */
function rangeOf(spec: string, length: number): ByteRange | undefined {
  const match = SPEC.exec(spec);
  if (match === null || spec === "-") return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") {
    return { start: Math.max(0, length - Number(last)), end: length };
  }
  if (last !== "" && Number(last) < Number(first)) return undefined;
  const start = Math.min(Number(first), length);
  const end = last === "" ? length : Math.min(Number(last) + 1, length);
  return { start, end };
}

function joined(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  const result = [sorted[0]!];
  for (const range of sorted.slice(1)) {
    const last = result.at(-1)!;
    if (range.start > last.end + GAP_MAX) result.push(range);
    else {
      result[result.length - 1] = {
        start: last.start,
        end: Math.max(last.end, range.end),
      };
    }
  }
  return result;
}

/** The value of `Content-Range` for a range of `length` bytes; of unknown length if it is negative (RFC 9110 §14.4). */
export function contentRange(
  { start, end }: ByteRange,
  length: number,
): string {
  return `bytes ${start}-${end - 1}/${length < 0 ? "*" : length}`;
}

/** A part, and how long the whole is. */
export interface PartOfWhole extends ByteRange {
  /** Bytes of the whole. */
  readonly length: number;
}

const CONTENT_RANGE = /^bytes[\t ]+(\d{1,15})-(\d{1,15})\/(\d{1,15})$/i;

/** Reads a `Content-Range` value of a part of a whole whose length it says; undefined if it is not one. */
export function parseContentRange(text: string): PartOfWhole | undefined {
  const match = CONTENT_RANGE.exec(text.trim());
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const length = Number(match[3]);
  return start < end && end <= length ? { start, end, length } : undefined;
}

/**
 * The offset at which a `Range` value begins, whatever the length of what it is of: that
 * of its first range, or 0 if all are counted from the end.
 *
 * @returns Undefined if the field is to be ignored.
 */
export function rangeBegin(text: string): number | undefined {
  const ranges = parseRange(text, Number.MAX_SAFE_INTEGER);
  if (ranges === "ignore") return undefined;
  if (ranges === "unsatisfiable") return 0; // the last 0 bytes
  const { start, end } = ranges[0]!;
  const isFromEnd = end === Number.MAX_SAFE_INTEGER && !/=[\t ]*\d/.test(text);
  return isFromEnd ? 0 : start;
}
