/**
 * Bytes and the grammar's character classes: the lowest floor of the parser.
 *
 * Every class is a table of 256 entries named after its production, so that a
 * scan is one load and one comparison per byte. Nothing here knows of messages.
 * Sources: RFC 9110 §5.5 (field values), §5.6.2 (tokens), RFC 9112 §3.2 (request
 * targets), RFC 3986 §2 and §3.2.2 (URI characters, hosts).
 */

const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
const HASH = 0x23;
export const PERCENT = 0x25;
export const ASTERISK = 0x2a;
export const COMMA = 0x2c;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const QUESTION_MARK = 0x3f;
export const LEFT_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const RIGHT_BRACKET = 0x5d;

function tableOf(test: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => test(byte));
}

function isAlphanumeric(byte: number): boolean {
  return /[0-9A-Za-z]/.test(String.fromCharCode(byte));
}

/** `tchar` (RFC 9110 §5.6.2) → the same byte in lower case; 0 for any other byte. */
export const TOKEN: Uint8Array = tableOf((byte) =>
  isAlphanumeric(byte) ||
    "!#$%&'*+-.^_`|~".includes(String.fromCharCode(byte))
    ? String.fromCharCode(byte).toLowerCase().charCodeAt(0)
    : 0
);

/** 1 for `field-vchar`, SP and HTAB (RFC 9110 §5.5); obs-text is let through byte for byte. */
export const FIELD_CONTENT: Uint8Array = tableOf((byte) =>
  byte === HTAB || (byte >= SP && byte !== 0x7f) ? 1 : 0
);

/**
 * After the run of {@linkcode FIELD_CONTENT} that starts at `start`. Four bytes at a
 * time: a third of the time of one by one.
 */
export function endOfContent(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const a = bytes[at]!;
    const b = bytes[at + 1]!;
    const c = bytes[at + 2]!;
    const d = bytes[at + 3]!;
    // Below 0 if one of them is below 0x20, or if one is 0x7f.
    const low = (a - 0x20) | (b - 0x20) | (c - 0x20) | (d - 0x20);
    const del = ((a ^ 0x7f) - 1) | ((b ^ 0x7f) - 1) | ((c ^ 0x7f) - 1) |
      ((d ^ 0x7f) - 1);
    if ((low | del) < 0) break;
  }
  while (at < end && FIELD_CONTENT[bytes[at]!] === 1) at++;
  return at;
}

/**
 * Bytes of a request target: 1 for a visible ASCII character or a byte above
 * 127, 2 for `%`, 0 for what ends or spoils it.
 *
 * Laxer than RFC 3986: `"<>\^{|}` and the backquote pass, because browsers send
 * some of them raw in queries, and so do bytes above 127, because command-line
 * clients send what was typed. `#` does not: a fragment is never sent, and peers
 * disagree on what it means (RFC 9112 §3.2).
 */
export const TARGET: Uint8Array = tableOf((byte) =>
  byte === PERCENT ? 2 : byte > SP && byte !== 0x7f && byte !== HASH ? 1 : 0
);

/**
 * 1 for bytes of a `reg-name` (RFC 3986 §3.2.2): unreserved, sub-delims and `%`.
 *
 * Stricter than the RFC in one byte: a comma is refused, since `Host: a, b`
 * reads as a list to some peers.
 */
export const REG_NAME: Uint8Array = tableOf((byte) =>
  isAlphanumeric(byte) ||
    "-._~!$&'()*+;=%".includes(String.fromCharCode(byte))
    ? 1
    : 0
);

/** `HEXDIG` → its value, 0 to 15; 255 for any other byte. */
export const HEX_VALUE: Uint8Array = tableOf((byte) => {
  const value = "0123456789abcdef".indexOf(
    String.fromCharCode(byte).toLowerCase(),
  );
  return value < 0 ? 255 : value;
});

/** Whether the byte is SP or HTAB, the only characters of OWS (RFC 9110 §5.6.3). */
export function isWhitespace(byte: number | undefined): boolean {
  return byte === SP || byte === HTAB;
}

/**
 * The bytes of a string whose characters are all below U+0100.
 *
 * @throws {RangeError} on any other character: it has no single byte.
 */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) {
      throw new RangeError(`Cannot encode "${text}": not ISO 8859-1`);
    }
    bytes[i] = code;
  }
  return bytes;
}

/** The end of a line. */
export const CRLF: Uint8Array = bytesOf("\r\n");

/**
 * The string with one character for each byte (ISO 8859-1 proper), so that
 * obs-text survives a round trip through {@linkcode bytesOf}.
 */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let i = start;
  // Eight at a time: twice as fast as one by one, and the string has fewer parts.
  for (; i + 8 <= end; i += 8) {
    text += String.fromCharCode(
      bytes[i]!,
      bytes[i + 1]!,
      bytes[i + 2]!,
      bytes[i + 3]!,
      bytes[i + 4]!,
      bytes[i + 5]!,
      bytes[i + 6]!,
      bytes[i + 7]!,
    );
  }
  for (; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** Characters that one call may take as arguments. */
const FLAT_CHARACTERS_MAX = 1024;

/**
 * The same for a string that is kept for long. The engine keeps a string that was put
 * together as a tree of its parts, ten times as large as the characters.
 */
export function keptTextOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  if (end - start > FLAT_CHARACTERS_MAX) return textOf(bytes, start, end);
  return Reflect.apply(
    String.fromCharCode,
    String,
    bytes.subarray(start, end),
  );
}

/** Whether `bytes[start, end)` is `lowerCase`, a token in lower case, in any case. */
export function equalsToken(
  bytes: Uint8Array,
  start: number,
  end: number,
  lowerCase: string,
): boolean {
  if (end - start !== lowerCase.length) return false;
  for (let i = 0; i < lowerCase.length; i++) {
    if (TOKEN[bytes[start + i]!] !== lowerCase.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether `bytes[start, end)` begins with `prefix`, ASCII letters in any case; `prefix` has none in upper case. */
export function startsWith(
  bytes: Uint8Array,
  start: number,
  end: number,
  prefix: string,
): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    const byte = bytes[start + i]!;
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (folded !== prefix.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether `bytes[start, end)` is `run`, byte for byte. */
export function equalsRun(
  bytes: Uint8Array,
  start: number,
  end: number,
  run: Uint8Array,
): boolean {
  if (end - start !== run.length) return false;
  for (let i = 0; i < run.length; i++) {
    if (bytes[start + i] !== run[i]) return false;
  }
  return true;
}

/**
 * Whether the bytes from `start` on are those of `run`, which is long, or this is no
 * faster than one by one.
 */
export function equalsLongRun(
  bytes: Uint8Array,
  start: number,
  run: DataView,
): boolean {
  const { byteLength } = run;
  if (bytes.length - start < byteLength) return false;
  const view = new DataView(
    bytes.buffer,
    bytes.byteOffset + start,
    byteLength,
  );
  let at = 0;
  for (; at + 16 <= byteLength; at += 16) {
    const difference = (view.getInt32(at) ^ run.getInt32(at)) |
      (view.getInt32(at + 4) ^ run.getInt32(at + 4)) |
      (view.getInt32(at + 8) ^ run.getInt32(at + 8)) |
      (view.getInt32(at + 12) ^ run.getInt32(at + 12));
    if (difference !== 0) return false;
  }
  for (; at < byteLength; at++) {
    if (view.getUint8(at) !== run.getUint8(at)) return false;
  }
  return true;
}

/** Whether two runs of bytes are the same. */
export function equalsBytes(a: Uint8Array, b: Uint8Array): boolean {
  return equalsRun(a, 0, a.length, b);
}

/** Whether `bytes` begins with `prefix`, byte for byte. */
export function beginsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length &&
    equalsRun(bytes, 0, prefix.length, prefix);
}

/** Whether `bytes[start, end)` is `1*DIGIT`, however large the number. */
export function isDigits(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return false;
  }
  return end > start;
}

/** Whether a string is a `token` (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (!TOKEN[text.charCodeAt(i)]) return false;
  }
  return text !== "";
}

/** Whether `bytes[start, end)` is `text` exactly, case and all. */
export function equalsText(
  bytes: Uint8Array,
  start: number,
  end: number,
  text: string,
): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (bytes[start + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

/**
 * The value of `1*DIGIT` in `bytes[start, end)`.
 *
 * @returns An integer from 0 to 2^53 - 1, or -1 if empty, not all digits, or larger.
 */
export function parseDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  if (start >= end) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return -1;
  }
  return value;
}
