/**
 * The one form of a path in which routes are compared, and the other forms that a
 * lenient origin may read in the same bytes (RFC 3986 §6.2.2).
 *
 * Canonical: percent-encoded unreserved characters are decoded, hexadecimal digits
 * are upper case, dot segments are resolved (RFC 3986 §5.2.4), and whatever may not
 * stand in a path is percent-encoded, bytes above 127 included. Repeated slashes
 * stay, and `%2F` is not a slash. A `%` without two digits behind it is a literal
 * one: `%25`.
 *
 * Origins differ: some take `%2F`, `%5C` or `\` for a slash, merge repeated slashes,
 * drop `;` and the rest of its segment, decode twice, end the path at `%3F`, or read
 * `//name` as a host. {@linkcode CanonicalPath} tells which of these would make a
 * difference and gives the path as such an origin reads it, so that no rule for a path
 * is walked around.
 *
 * Everything is linear in the length of the path. A path that is canonical already
 * is neither copied nor changed.
 */

import {
  BACKSLASH,
  DOT,
  HEX_VALUE,
  PERCENT,
  QUESTION_MARK,
  SEMICOLON,
  SLASH,
  textOf,
} from "./bytes.ts";
import {
  dropsFirst,
  dropsFrom,
  endOfAuthority,
  endsDropping,
  endsPath,
  isSlash,
  OVERLONG_SLASH,
  READING,
} from "./path_reading.ts";

/** Kinds of bytes in a path that is read for the first time. */
const PLAIN = 0;
const IS_SLASH = 1;
const IS_SEMICOLON = 2;
const IS_BACKSLASH = 3;
const IS_END = 4;
/** `%`, and what has to be encoded. */
const IS_CODED = 5;

function isUnreserved(byte: number): boolean {
  return byte < 128 && /[-.~\w]/.test(String.fromCharCode(byte));
}

/** 2 for unreserved characters, 1 for others that may be in a segment (RFC 3986 §3.3), else 0. */
const SEGMENT: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) =>
    isUnreserved(byte)
      ? 2
      : "!$&'()*+,;=:@".includes(String.fromCharCode(byte))
      ? 1
      : 0,
);

const KIND: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === SLASH) return IS_SLASH;
  if (byte === SEMICOLON) return IS_SEMICOLON;
  if (byte === BACKSLASH) return IS_BACKSLASH;
  if (byte === QUESTION_MARK) return IS_END;
  return SEGMENT[byte] === 0 ? IS_CODED : PLAIN;
});

const DIGITS = Uint8Array.from(
  "0123456789ABCDEF",
  (digit) => digit.charCodeAt(0),
);

/** The value of the two hexadecimal digits at `at`; -1 if there are none before `end`. */
function hexAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const high = HEX_VALUE[bytes[at]!]!;
  const low = HEX_VALUE[bytes[at + 1]!]!;
  return high === 255 || low === 255 ? -1 : high * 16 + low;
}

/** Whether a dot segment starts behind the slash at `at`, or one that is written otherwise. */
function isDotSegment(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at + 1] !== DOT || at + 1 >= end) return false;
  const next = at + 2 < end && bytes[at + 2] === DOT ? at + 3 : at + 2;
  return next >= end || bytes[next] === SLASH || bytes[next] === QUESTION_MARK;
}

/** Scratch of paths that have been longer than this is not kept. */
const KEPT_BYTES_MAX = 64 * 1024;
const BYTES_AT_FIRST = 512;
const NOTHING = new Uint8Array(0);

/** The buffer, or another one, with room for a path of so many bytes with each of them encoded. */
function roomFor(
  buffer: Uint8Array<ArrayBuffer>,
  pathBytes: number,
): Uint8Array<ArrayBuffer> {
  const needed = 3 * pathBytes + 1;
  const isTooLarge = buffer.length > KEPT_BYTES_MAX && needed <= BYTES_AT_FIRST;
  return buffer.length >= needed && !isTooLarge
    ? buffer
    : new Uint8Array(Math.max(needed, BYTES_AT_FIRST));
}

/** A path in its canonical form, and in others; reusable. See the module's comment. */
export class CanonicalPath {
  /** The buffer that holds the form that was read last; valid until the next read. */
  bytes: Uint8Array = NOTHING;
  /** Where the path starts in it. */
  start = 0;
  /** After the path. */
  end = 0;
  /** Where the query starts in the bytes that were read, with its `?`; their end if there is none. */
  queryStart = 0;
  /**
   * The readings ({@linkcode READING}) that may differ from the canonical one.
   * `MergedSlashes` is among them wherever another one may make repeated slashes.
   */
  ambiguity = 0;
  /** How many segments `..` were resolved in the form that was read last. */
  climbs = 0;

  /** The path with its escapes in order, but with dot segments and backslashes. */
  #source: Uint8Array = this.bytes;
  #sourceStart = 0;
  #sourceEnd = 0;
  #normal = NOTHING;
  #out = NOTHING;
  #length = 0;
  #segmentStart = 0;

  /**
   * Reads the path that starts at `start` and ends before `?` or at `end`. An empty
   * path is `/` (RFC 9110 §4.2.3).
   */
  read(bytes: Uint8Array, start: number, end: number): void {
    let ambiguity = 0;
    let isCanonical = start < end && bytes[start] === SLASH;
    let isCoded = !isCanonical;
    let at = start;
    scan: for (; at < end; at++) {
      switch (KIND[bytes[at]!]) {
        case PLAIN:
          break;
        case IS_SLASH:
          if (bytes[at + 1] === SLASH && at + 1 < end) {
            ambiguity |= READING.MergedSlashes;
            if (at === start) ambiguity |= READING.Authority;
          } else if (isDotSegment(bytes, at, end)) isCanonical = false;
          break;
        case IS_SEMICOLON:
          ambiguity |= READING.NoParameters | READING.MergedSlashes;
          break;
        case IS_BACKSLASH:
          ambiguity |= READING.Backslash | READING.MergedSlashes;
          if (at === start + 1) ambiguity |= READING.Authority;
          isCanonical = false;
          break;
        case IS_END:
          break scan;
        default:
          isCanonical = false;
          isCoded = true;
      }
    }
    this.queryStart = at;
    this.ambiguity = ambiguity;
    this.climbs = 0;
    this.#source = bytes;
    this.#sourceStart = start;
    this.#sourceEnd = at;
    if (isCoded) this.#normalise();
    if (!isCanonical) return this.readAs(0);
    this.bytes = bytes;
    this.start = start;
    this.end = at;
  }

  /**
   * Reads the same path as an origin does that has these habits.
   *
   * @param readings A union of {@linkcode READING}; 0 for the canonical form.
   */
  readAs(readings: number): void {
    const source = this.#source;
    const end = this.#sourceEnd;
    this.#out = roomFor(this.#out, end - this.#sourceStart);
    this.#out[0] = SLASH;
    this.climbs = 0;
    this.#length = this.#segmentStart = 1;
    const isTwice = (readings & READING.DecodedTwice) !== 0;
    let isDropping = false;
    const start = endOfAuthority(source, this.#sourceStart, end, readings);
    for (let at = start + 1; at < end; at++) {
      let byte = source[at]!;
      const isEscape = byte === PERCENT;
      if (isEscape) {
        const escape = escapeAt(source, at, end, isTwice);
        byte = escape & 0xff;
        at = (escape >> 8) - 1;
        if ((readings & READING.EncodedEnd) !== 0 && endsPath(byte)) {
          if (!isDropping || !dropsFirst(readings)) break;
        }
        if ((readings & READING.Overlong) !== 0 && isOverlong(byte)) {
          const tail = source[at + 1] === PERCENT
            ? escapeAt(source, at + 1, end, isTwice)
            : 0;
          if (isTail(tail & 0xff)) {
            byte = charOf(byte, tail & 0xff);
            at = (tail >> 8) - 1;
          }
        }
      }
      if (
        isDropping
          ? endsDropping(byte, isEscape, readings)
          : isSlash(byte, isEscape, readings)
      ) {
        isDropping = false;
        this.#endSegment(true, (readings & READING.MergedSlashes) !== 0);
      } else if (isDropping) continue;
      else if (byte === SEMICOLON && dropsFrom(isEscape, readings)) {
        isDropping = true;
      } else this.#write(byte, isEscape, readings);
    }
    this.#endSegment(false, false);
    if ((readings & READING.MergedLater) !== 0) this.#mergeSlashes();
    this.bytes = this.#out;
    this.start = 0;
    this.end = this.#length;
  }

  #mergeSlashes(): void {
    const out = this.#out;
    let length = 1;
    for (let at = 1; at < this.#length; at++) {
      if (out[at] !== SLASH || out[length - 1] !== SLASH) {
        out[length++] = out[at]!;
      }
    }
    this.#length = length;
  }

  /** The form that was read last, one character for each byte. */
  get text(): string {
    return textOf(this.bytes, this.start, this.end);
  }

  #write(byte: number, isEscape: boolean, readings: number): void {
    const out = this.#out;
    const kind = SEGMENT[byte]!;
    if (kind === 2 || kind === 1 && (!isEscape || readings !== 0)) {
      out[this.#length++] = byte;
      return;
    }
    out[this.#length++] = PERCENT;
    out[this.#length++] = DIGITS[byte >> 4]!;
    out[this.#length++] = DIGITS[byte & 15]!;
  }

  /** Resolves the segment that ends here, if it is a dot segment, and begins the next one. */
  #endSegment(hasSlash: boolean, merges: boolean): void {
    const out = this.#out;
    const start = this.#segmentStart;
    const length = this.#length - start;
    if (length === 1 && out[start] === DOT) this.#length = start;
    else if (length === 2 && out[start] === DOT && out[start + 1] === DOT) {
      let end = Math.max(start - 1, 1); // where its slash stands
      while (out[end - 1] !== SLASH) end--;
      this.#length = this.#segmentStart = end;
      this.climbs++;
    } else if (hasSlash && !(merges && length === 0)) {
      out[this.#length++] = SLASH;
      this.#segmentStart = this.#length;
    }
  }

  /** Puts the escapes of the path in order and finds the readings that depend on them. */
  #normalise(): void {
    const source = this.#source;
    const end = this.#sourceEnd;
    const normal = this.#normal = roomFor(
      this.#normal,
      end - this.#sourceStart,
    );
    let length = 0;
    let at = this.#sourceStart;
    if (at === end || source[at] !== SLASH) normal[length++] = SLASH;
    for (; at < end; at++) {
      let byte = source[at]!;
      if (SEGMENT[byte] !== 0 || byte === SLASH || byte === BACKSLASH) {
        normal[length++] = byte;
        continue;
      }
      if (byte === PERCENT) {
        const value = hexAt(source, at + 1, end);
        if (value >= 0) {
          byte = value;
          at += 2;
        }
        if (SEGMENT[byte] === 2) {
          normal[length++] = byte;
          continue;
        }
      }
      normal[length++] = PERCENT;
      normal[length++] = DIGITS[byte >> 4]!;
      normal[length++] = DIGITS[byte & 15]!;
    }
    this.#source = normal;
    this.#sourceStart = 0;
    this.#sourceEnd = length;
    this.#judgeEscapes();
  }

  #judgeEscapes(): void {
    const source = this.#source;
    const end = this.#sourceEnd;
    let ambiguity = this.ambiguity;
    for (let at = 0; at < end; at++) {
      if (source[at] !== PERCENT) continue;
      const once = escapeAt(source, at, end, false);
      const twice = escapeAt(source, at, end, true);
      if (once !== twice) {
        ambiguity |= READING.DecodedTwice;
        if ((twice & 0xff) === 0) ambiguity |= READING.Nul;
      }
      ambiguity |= readingsOf(twice & 0xff);
      at = (twice >> 8) - 1;
    }
    if ((ambiguity & ~READING.Decoded) !== 0) {
      ambiguity |= READING.MergedSlashes;
    }
    this.ambiguity = ambiguity;
  }
}

/** What is percent-encoded at `at`, once or twice: a byte, and behind it times 256 where it ends. */
function escapeAt(
  source: Uint8Array,
  at: number,
  end: number,
  isTwice: boolean,
): number {
  const byte = hexAt(source, at + 1, end);
  if (isTwice && byte === PERCENT) {
    const inner = hexAt(source, at + 3, end);
    if (inner >= 0) return (at + 5) << 8 | inner;
  }
  return (at + 3) << 8 | byte;
}

/** The readings for which it matters that this byte stands in a path percent-encoded. */
function readingsOf(byte: number): number {
  if (byte === SLASH) return READING.EncodedSlash;
  if (byte === BACKSLASH) return READING.EncodedBackslash;
  if (byte === SEMICOLON) return READING.NoEncodedParameters | READING.Decoded;
  if (endsPath(byte)) return READING.EncodedEnd;
  if (isOverlong(byte)) return READING.Overlong;
  return SEGMENT[byte] === 1 ? READING.Decoded : 0;
}

/** Whether the byte begins an ASCII character in two bytes. */
function isOverlong(byte: number): boolean {
  return byte === 0xc0 || byte === 0xc1;
}

function isTail(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf;
}

/** The ASCII character of two bytes. */
function charOf(first: number, second: number): number {
  const code = (first & 0x1f) << 6 | (second & 0x3f);
  return code === SLASH || code === BACKSLASH ? OVERLONG_SLASH : code;
}
