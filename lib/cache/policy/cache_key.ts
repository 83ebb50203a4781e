/**
 * What a stored response is found by: the authority and the path and query of its
 * request, byte for byte as they go on to the origin, and the scheme that the origin
 * is told (RFC 9111 §2).
 *
 * What the origin can see of a request and the key does not hold could poison the
 * cache. So nothing is brought into a normal form: `Host: H` and `Host: h:80`, or
 * `/%65nc` and `/enc`, are equal by RFC 3986 §6.2.2, but the origin gets what came
 * and may answer each in its own way. The authority is the one that was asked for
 * (of an absolute-form target, the target's; RFC 9112 §3.2.2). `X-Forwarded-*` of
 * clients are replaced before the origin sees them; those of trusted proxies are
 * part of what selects a stored response (`extra_key.ts`). The method is not part
 * of the key: only GET and HEAD look anything up, without content (a GET with
 * content is passed on and not stored), and fields that override the method make a
 * request pass by. Authority and target are parted by a byte that can be in
 * neither. Behind them stands what tells routes apart that ask something else of an
 * origin (the scope), and the scheme, so that a prefix is one of all of them; `http`,
 * the usual one, is left out.
 *
 * Dot segments are the exception. The key of such a target is that of the resolved
 * one (RFC 3986 §5.2.4), but the origin gets it as it came and may not resolve it.
 * So the request is answered from what is stored there if that is fresh, and does
 * nothing else to it.
 */

import {
  bytesOf,
  DOT,
  PERCENT,
  QUESTION_MARK,
  SLASH,
} from "../../http/bytes.ts";
import { ByteWriter } from "../../http/byte_writer.ts";
import { queryOf, sortedQuery } from "./query.ts";

const SEPARATOR = 0x20;
/** Keeps the hash in the range of small integers. */
const HASH_MASK = 0x3fffffff;
/** What the keys of `https` end with: nothing else behind the target does. */
const NO_SCOPE = bytesOf("");
const HTTPS_END = bytesOf(" https");
const KEY_BYTES = 1024;
const KEY_BYTES_KEPT_MAX = 64 * 1024;

/**
 * What is done with queries: kept as they are, dropped, their parameters sorted, or
 * only those kept that have one of these names (as `looseName` makes them).
 */
export type QueryUse = "keep" | "drop" | "sort" | ReadonlySet<string>;

/** The scheme that the origin is told that the client used. */
export type Scheme = "http" | "https";

/** The schemes that a resource may have been asked for by. */
export const SCHEMES: readonly Scheme[] = ["http", "https"];

/** A key being made; reusable. What it holds is valid until it is made anew. */
export class CacheKey {
  /** The bytes of the key. */
  readonly written: ByteWriter = new ByteWriter(KEY_BYTES);
  /** A hash of them, a small integer. */
  hash = 0;
  /** Whether the target had dot segments, which are resolved in the key. */
  hadDotSegments = false;
  /** Whether there is a query in the target, whatever the key holds of it. */
  hasQuery = false;
  /** What keys hold of queries from here on. */
  queryUse: QueryUse;
  /**
   * A word that tells apart, from here on, what is asked of different origins, or of
   * one in different ways; empty for none.
   */
  scope: Uint8Array = NO_SCOPE;
  readonly #seed: number;

  /** @param seed Makes hashes differ from process to process, so that nobody can choose them. */
  constructor(queryUse: QueryUse, seed: number) {
    this.queryUse = queryUse;
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
    scheme: Scheme = "http",
  ): void {
    const { written } = this;
    written.reset(KEY_BYTES_KEPT_MAX);
    written.reserve(authorityEnd - authorityStart + end - start + 8);
    this.hadDotSegments = this.hasQuery = false;
    written.copy(authority, authorityStart, authorityEnd);
    written.byte(SEPARATOR);
    const pathStart = written.length;
    if (target[start] !== SLASH) written.byte(SLASH);
    written.copy(target, start, end);
    this.#look(pathStart);
    if (this.hadDotSegments) this.#resolveDots(pathStart);
    if (this.hasQuery && this.queryUse !== "keep") this.#treatQuery(pathStart);
    if (this.scope.length > 0) {
      written.byte(SEPARATOR);
      written.append(this.scope);
    }
    if (scheme === "https") written.append(HTTPS_END);
    this.#hash();
  }

  /** Looks for a query, and for what may be a dot segment: `/.well-known` is told apart later. */
  #look(pathStart: number): void {
    const { bytes, length } = this.written;
    for (let at = pathStart; at < length; at++) {
      const byte = bytes[at]!;
      if (byte === QUESTION_MARK) {
        this.hasQuery = true;
        return;
      }
      if (byte === SLASH && beginsWithDot(bytes, at + 1, length)) {
        this.hadDotSegments = true;
      }
    }
  }

  /** RFC 3986 §5.2.4; seldom, so by way of strings. */
  #resolveDots(pathStart: number): void {
    const { written } = this;
    const text = textFrom(written, pathStart);
    const queryAt = text.indexOf("?");
    const path = queryAt < 0 ? text : text.slice(0, queryAt);
    const resolved = resolveDotSegments(path);
    this.hadDotSegments = resolved !== path;
    if (!this.hadDotSegments) return;
    written.length = pathStart;
    written.append(
      bytesOf(resolved + (queryAt < 0 ? "" : text.slice(queryAt))),
    );
  }

  #treatQuery(pathStart: number): void {
    const { written } = this;
    let at = pathStart;
    while (written.bytes[at] !== QUESTION_MARK) at++;
    const query = textFrom(written, at + 1);
    written.length = at;
    const { queryUse } = this;
    if (queryUse === "drop") return;
    const treated = typeof queryUse === "object"
      ? queryOf(query, queryUse)
      : sortedQuery(query);
    if (treated === "" && typeof queryUse === "object") return;
    written.byte(QUESTION_MARK);
    written.append(bytesOf(treated));
  }

  /** FNV-1a. */
  #hash(): void {
    this.hash = this.hashOf(this.written.bytes, this.written.length);
  }

  /** The hash of the bytes of another key: the first `length` of these. */
  hashOf(bytes: Uint8Array, length: number = bytes.length): number {
    let hash = this.#seed;
    for (let i = 0; i < length; i++) {
      hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    }
    return (hash ^ (hash >>> 15)) & HASH_MASK;
  }

  /** Whether `key` holds the same bytes. */
  equals(key: Uint8Array): boolean {
    const { bytes, length } = this.written;
    if (key.length !== length) return false;
    for (let i = 0; i < length; i++) if (key[i] !== bytes[i]) return false;
    return true;
  }
}

/** Whether the segment that starts here begins with a dot, encoded or not. */
function beginsWithDot(bytes: Uint8Array, at: number, end: number): boolean {
  if (at >= end) return false;
  return bytes[at] === DOT || bytes[at] === PERCENT && at + 2 < end &&
      bytes[at + 1] === 0x32 && (bytes[at + 2]! | 0x20) === 0x65;
}

function textFrom(bytes: ByteWriter, start: number): string {
  let text = "";
  for (let i = start; i < bytes.length; i++) {
    text += String.fromCharCode(bytes.bytes[i]!);
  }
  return text;
}

/** Takes `.` and `..`, encoded or not, out of an absolute path (RFC 3986 §5.2.4). */
export function resolveDotSegments(path: string): string {
  const segments = path.split("/").slice(1);
  const result: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    const dots = segment.length > 6 ? "" : segment.replace(/%2e/gi, ".");
    if (dots === "..") result.pop();
    else if (dots !== ".") result.push(segment);
    if (isLast && (dots === "." || dots === "..")) result.push("");
  }
  return `/${result.join("/")}`;
}

/**
 * The key of a piece of what another key stands for: behind that, a byte that no key
 * has, so that every prefix of the one is one of the other.
 */
export function pieceKey(key: Uint8Array, piece: string): Uint8Array {
  const bytes = new Uint8Array(key.length + 1 + piece.length);
  bytes.set(key);
  for (let i = 0; i < piece.length; i++) {
    bytes[key.length + 1 + i] = piece.charCodeAt(i);
  }
  return bytes;
}
