/**
 * What a stored response is found by: the authority and the path and query of its
 * request, in one normal form (RFC 9111 §2, RFC 3986 §6.2.2).
 *
 * What the origin can see of a request and the key does not hold could poison the
 * cache. So: the authority is the one that was asked for (of an absolute-form
 * target, the target's; RFC 9112 §3.2.2), in lower case, without the default port.
 * `X-Forwarded-*` of clients are replaced before the origin sees them; those of
 * trusted proxies are part of what selects a stored response (`partition.ts`). The
 * method is not part of the key: only GET and HEAD look anything up, without
 * content (a GET with content is passed on and not stored), and fields that
 * override the method make a request pass by. Authority and target are parted by
 * an octet that can be in neither.
 *
 * The target forwarded to the origin stays as it came. For targets that differ
 * only in percent-encoding the RFC says that they are the same. An origin that
 * does not resolve dot segments as the RFC does would let such a target be stored
 * in place of another one: such requests are answered from what is stored for the
 * normal form, but what they bring is not stored.
 */

import { HEX_VALUE, octetsOf, PERCENT, SLASH } from "../http/octets.ts";
import { OctetBuffer } from "../http/octet_buffer.ts";

const QUESTION_MARK = 0x3f;
const DOT = 0x2e;
const AMPERSAND = 0x26;
const SEPARATOR = 0x20;
/** Keeps the hash in the range of small integers. */
const HASH_MASK = 0x3fffffff;
const KEY_BYTES = 1024;
const KEY_BYTES_KEPT_MAX = 64 * 1024;

const UNRESERVED: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, octet) => /[0-9A-Za-z\-._~]/.test(String.fromCharCode(octet)) ? 1 : 0,
);

/** What is done with queries: kept as they are, dropped, or their parameters sorted. */
export type QueryUse = "keep" | "drop" | "sort";

/** A key being made; reusable. What it holds is valid until it is made anew. */
export class CacheKey {
  /** The octets of the key. */
  readonly octets: OctetBuffer = new OctetBuffer(KEY_BYTES);
  /** A hash of them, a small integer. */
  hash = 0;
  /** Whether the target had dot segments, which are resolved in the key. */
  hadDotSegments = false;
  /** Whether there is a query in the target, whatever the key holds of it. */
  hasQuery = false;
  readonly #queryUse: QueryUse;
  readonly #seed: number;

  /** @param seed Makes hashes differ from process to process, so that nobody can choose them. */
  constructor(queryUse: QueryUse, seed: number) {
    this.#queryUse = queryUse;
    this.#seed = seed;
  }

  /**
   * Makes the key of a resource.
   *
   * @param authority Holds the authority in `[authorityStart, authorityEnd)`.
   * @param target Holds path and query in `[start, end)`; an empty path counts as `/`.
   */
  make(
    authority: Uint8Array,
    authorityStart: number,
    authorityEnd: number,
    target: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { octets } = this;
    octets.reset(KEY_BYTES_KEPT_MAX);
    octets.reserve(authorityEnd - authorityStart + end - start + 8);
    this.hadDotSegments = this.hasQuery = false;
    this.#writeAuthority(authority, authorityStart, authorityEnd);
    octets.octet(SEPARATOR);
    const pathStart = octets.length;
    const decodes = !hasMalformedPercent(target, start, end);
    this.#writeTarget(target, start, end, decodes);
    if (!decodes) this.hadDotSegments = false; // taken as it is, dots and all
    if (this.hadDotSegments) this.#resolveDots(pathStart);
    if (this.hasQuery && this.#queryUse !== "keep") this.#treatQuery(pathStart);
    this.#hash();
  }

  #writeAuthority(bytes: Uint8Array, start: number, end: number): void {
    const { octets } = this;
    const hostEnd = endOfHost(bytes, start, end);
    for (let at = start; at < hostEnd; at++) {
      const octet = bytes[at]!;
      octets.bytes[octets.length++] = octet >= 0x41 && octet <= 0x5a
        ? octet | 0x20
        : octet;
    }
  }

  #writeTarget(
    bytes: Uint8Array,
    start: number,
    end: number,
    decodes: boolean,
  ): void {
    const { octets } = this;
    const out = octets.bytes;
    let length = octets.length;
    if (bytes[start] !== SLASH) out[length++] = SLASH;
    for (let at = start; at < end; at++) {
      let octet = bytes[at]!;
      if (octet === PERCENT && decodes) {
        const high = HEX_VALUE[bytes[at + 1]!]!;
        const low = HEX_VALUE[bytes[at + 2]!]!;
        const decoded = high * 16 + low;
        at += 2;
        if (UNRESERVED[decoded] === 1) octet = decoded;
        else {
          out[length++] = PERCENT;
          out[length++] = hexDigit(high);
          octet = hexDigit(low);
        }
      } else if (octet === QUESTION_MARK) this.hasQuery = true;
      if (octet === DOT && out[length - 1] === SLASH && !this.hasQuery) {
        this.hadDotSegments = true; // perhaps: `/.well-known` is told apart below
      }
      out[length++] = octet;
    }
    octets.length = length;
  }

  /** RFC 3986 §5.2.4; seldom, so by way of strings. */
  #resolveDots(pathStart: number): void {
    const { octets } = this;
    const text = textFrom(octets, pathStart);
    const queryAt = text.indexOf("?");
    const path = queryAt < 0 ? text : text.slice(0, queryAt);
    const resolved = resolveDotSegments(path);
    this.hadDotSegments = resolved !== path;
    if (!this.hadDotSegments) return;
    octets.length = pathStart;
    octets.append(
      octetsOf(resolved + (queryAt < 0 ? "" : text.slice(queryAt))),
    );
  }

  #treatQuery(pathStart: number): void {
    const { octets } = this;
    let at = pathStart;
    while (octets.bytes[at] !== QUESTION_MARK) at++;
    const query = textFrom(octets, at + 1);
    octets.length = at;
    if (this.#queryUse === "drop") return;
    octets.octet(QUESTION_MARK);
    const parameters = query.split(String.fromCharCode(AMPERSAND)).sort();
    octets.append(octetsOf(parameters.join("&")));
  }

  /** FNV-1a. */
  #hash(): void {
    const { bytes, length } = this.octets;
    let hash = this.#seed;
    for (let i = 0; i < length; i++) {
      hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    }
    this.hash = (hash ^ (hash >>> 15)) & HASH_MASK;
  }

  /** Whether `key` holds the same octets. */
  equals(key: Uint8Array): boolean {
    const { bytes, length } = this.octets;
    if (key.length !== length) return false;
    for (let i = 0; i < length; i++) if (key[i] !== bytes[i]) return false;
    return true;
  }
}

/**
 * Whether a `%` is not followed by two HEXDIGs. Such a target is no URI; nobody
 * knows what it means to the origin, so its octets are taken as they are: decoded
 * in part, it could come to look like another one.
 */
function hasMalformedPercent(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== PERCENT) continue;
    const isEncoded = at + 2 < end && HEX_VALUE[bytes[at + 1]!] !== 255 &&
      HEX_VALUE[bytes[at + 2]!] !== 255;
    if (!isEncoded) return true;
    at += 2;
  }
  return false;
}

function hexDigit(value: number): number {
  return value < 10 ? 0x30 + value : 0x37 + value;
}

/** Where the host ends if what follows is the default port or none; else where the authority ends. */
function endOfHost(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[end - 1] === 0x3a) return end - 1;
  const isDefault = end - start > 3 && bytes[end - 1] === 0x30 &&
    bytes[end - 2] === 0x38 && bytes[end - 3] === 0x3a;
  return isDefault ? end - 3 : end;
}

function textFrom(octets: OctetBuffer, start: number): string {
  let text = "";
  for (let i = start; i < octets.length; i++) {
    text += String.fromCharCode(octets.bytes[i]!);
  }
  return text;
}

/** Takes `.` and `..` out of an absolute path (RFC 3986 §5.2.4). */
export function resolveDotSegments(path: string): string {
  const segments = path.split("/").slice(1);
  const result: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") result.pop();
    else if (segment !== ".") result.push(segment);
    if (isLast && (segment === "." || segment === "..")) result.push("");
  }
  return `/${result.join("/")}`;
}
