/**
 * The request target in its four forms (RFC 9112 §3.2), and what may stand as an
 * authority in it or in `Host` (RFC 9110 §7.2, RFC 3986 §3.2).
 *
 * Works on offsets; the bytes of path and query are never changed here.
 */

import { HttpError } from "./error.ts";
import { METHOD } from "./method.ts";
import {
  ASTERISK,
  COLON,
  equalsToken,
  HEX_VALUE,
  LEFT_BRACKET,
  PERCENT,
  QUESTION_MARK,
  REG_NAME,
  RIGHT_BRACKET,
  SLASH,
} from "./bytes.ts";

const PORT_MAX = 65535;

/** A request target, as offsets into the buffer of its request line. */
export interface Target {
  /** Which of the four forms it has. */
  form: "origin" | "absolute" | "authority" | "asterisk";
  /** Whether it is in absolute form and begins with `https`, and so must come by TLS. */
  isHttps: boolean;
  /** Where the authority of absolute or authority form is; both 0 in the other forms. */
  authorityStart: number;
  /** After the authority. */
  authorityEnd: number;
  /** Where path and query start; they end with the target, and may be empty in absolute form. */
  pathStart: number;
}

/**
 * Reads the target `bytes[start, end)` into `target`.
 *
 * @param hasPercent Whether there is a `%` in it (the scan that found its end knows).
 * @throws {HttpError} `bad_target`: no such form, or not one for this method;
 *   `misdirected`: absolute form of another scheme than `http` and `https`.
 */
export function parseTarget(
  bytes: Uint8Array,
  start: number,
  end: number,
  method: number,
  hasPercent: boolean,
  target: Target,
): void {
  target.authorityStart = target.authorityEnd = 0;
  target.pathStart = start;
  target.isHttps = false;
  if (method === METHOD.Connect) {
    if (!isAuthority(bytes, start, end)) throw badTarget("not an authority");
    target.form = "authority";
    target.authorityStart = start;
    target.authorityEnd = end;
    target.pathStart = end;
  } else if (bytes[start] === SLASH) {
    target.form = "origin";
  } else if (end - start === 1 && bytes[start] === ASTERISK) {
    if (method !== METHOD.Options) {
      throw badTarget("asterisk form without OPTIONS");
    }
    target.form = "asterisk";
  } else {
    parseAbsoluteForm(bytes, start, end, target);
  }
  if (hasPercent && hasEncodedNul(bytes, target.pathStart, end)) {
    throw badTarget("encoded NUL");
  }
}

function parseAbsoluteForm(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Target,
): void {
  let colon = start;
  while (colon < end && bytes[colon] !== COLON) colon++;
  if (
    colon === start || bytes[colon + 1] !== SLASH ||
    bytes[colon + 2] !== SLASH || colon + 3 > end
  ) {
    throw badTarget("neither origin nor absolute form");
  }
  const isHttps = equalsToken(bytes, start, colon, "https");
  if (!isHttps && !equalsToken(bytes, start, colon, "http")) {
    throw new HttpError(
      "misdirected",
      "Absolute form of another scheme than http and https",
    );
  }
  const authorityStart = colon + 3;
  let at = authorityStart;
  while (at < end && bytes[at] !== SLASH && bytes[at] !== QUESTION_MARK) at++;
  if (!isAuthority(bytes, authorityStart, at)) {
    throw badTarget("malformed authority");
  }
  target.form = "absolute";
  target.isHttps = isHttps;
  target.authorityStart = authorityStart;
  target.authorityEnd = at;
  target.pathStart = at;
}

/** Whether the path (not the query) holds `%00`, which C-like origins read as its end. */
function hasEncodedNul(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at + 2 < end && bytes[at] !== QUESTION_MARK; at++) {
    if (
      bytes[at] === PERCENT && bytes[at + 1] === 0x30 && bytes[at + 2] === 0x30
    ) return true;
  }
  return false;
}

/**
 * Whether `bytes[start, end)` is `uri-host [ ":" port ]` with a host that is not
 * empty and without userinfo (RFC 9110 §4.2.1, §4.2.4).
 */
export function isAuthority(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const hostEnd = bytes[start] === LEFT_BRACKET
    ? endOfIpLiteral(bytes, start, end)
    : endOfRegName(bytes, start, end);
  if (hostEnd <= start) return false;
  return hostEnd === end ||
    (bytes[hostEnd] === COLON && isPort(bytes, hostEnd + 1, end));
}

/** Where the host of the authority `bytes[start, end)` ends: before `:` and a port, if there is one. */
export function endOfHost(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let at = end;
  while (at > start && bytes[at - 1]! >= 0x30 && bytes[at - 1]! <= 0x39) at--;
  if (at === start || bytes[at - 1] !== COLON) return end;
  const isPort = bytes[start] !== LEFT_BRACKET ||
    bytes[at - 2] === RIGHT_BRACKET;
  return isPort ? at - 1 : end;
}

/** After the registered name or IPv4 address that starts here; -1 if a `%` is malformed. */
function endOfRegName(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && REG_NAME[bytes[at]!] === 1) {
    if (bytes[at] === PERCENT) {
      if (
        at + 2 >= end || HEX_VALUE[bytes[at + 1]!] === 255 ||
        HEX_VALUE[bytes[at + 2]!] === 255
      ) {
        return -1;
      }
    }
    at++;
  }
  return at;
}

/** After the `]` of the IPv6 address that starts here; -1 if it cannot be one. */
function endOfIpLiteral(bytes: Uint8Array, start: number, end: number): number {
  let colons = 0;
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === RIGHT_BRACKET) return colons >= 2 ? at + 1 : -1;
    if (byte === COLON) colons++;
    else if (byte !== 0x2e && HEX_VALUE[byte] === 255) return -1;
  }
  return -1;
}

/** Whether `bytes[start, end)` is `*DIGIT` and a port number, or empty (RFC 3986 §3.2.3). */
function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  let port = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > PORT_MAX) return false;
  }
  return true;
}

function badTarget(why: string): HttpError {
  return new HttpError("bad_target", `Request target: ${why}`);
}
