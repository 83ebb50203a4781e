/**
 * The field registry: each field that sluice treats specially, in one place.
 *
 * A row says what the field is (its flags); every rule that strips, keeps, merges
 * or protects fields is a filter over these flags, so that no second list of
 * names exists. Fields without a row are end-to-end and pass as they came.
 *
 * A parser finds a name in a table, by its length and three of its bytes
 * ({@linkcode identify}): no string is made. Names are compared with `_` and `.` folded
 * into `-`, so that a look-alike of a registered name (which CGI-like origins would
 * read as the same variable) is found at no cost. The many names of
 * `forwarding_fields.ts` share two numbers.
 */

import { FORWARDING_NAMES, FORWARDING_PREFIXES } from "./forwarding_fields.ts";
import { TOKEN } from "./bytes.ts";

/** Concerns one connection only: never forwarded (RFC 9110 §7.6.1). */
export const HOP_BY_HOP = 1 << 0;
/** Delimits the body: written by sluice, from what the parser decided. */
export const FRAMING = 1 << 1;
/** Says where a request came from: taken only from trusted peers. */
export const FORWARDING = 1 << 2;
/** Never passed to an origin, whoever sends it. */
export const REQUEST_DROP = 1 << 3;
/** `Connection` cannot have it removed: routing, framing, access and caching depend on it. */
export const PROTECTED = 1 << 4;
/** Not allowed as a trailer field (RFC 9110 §6.5.1). */
export const NOT_IN_TRAILERS = 1 << 5;
/** Makes a request conditional or partial (RFC 9110 §13.1, §14.2): removed when the whole is fetched. */
export const CONDITIONAL = 1 << 6;

/** With `FORWARDING`: names only the client. Not part of any cache key, because few origins answer by it. */
export const CLIENT_ADDRESS = 1 << 7;

const END_TO_END = 0;
const CONNECTION = HOP_BY_HOP | PROTECTED | NOT_IN_TRAILERS;
const CONTROL = PROTECTED | NOT_IN_TRAILERS;
const FORWARDED = FORWARDING | NOT_IN_TRAILERS;
const ADDRESS = FORWARDED | CLIENT_ADDRESS;
const CONDITION = CONDITIONAL | NOT_IN_TRAILERS;

/** One registered field. */
export interface FieldRow {
  /** The name in lower case. */
  readonly name: string;
  /** The properties of the field: a union of the flags of this module. */
  readonly flags: number;
  /** Where it is defined. */
  readonly source: string;
}

/** The small numbers by which the program knows fields; `Other` is every unregistered one. */
export const FIELD = {
  Other: 0,
  /** A look-alike of a registered name: `X_Forwarded_For`, `Content.Length`. */
  Alias: 1,
  AcceptEncoding: 2,
  AcceptRanges: 3,
  Age: 4,
  Authorization: 5,
  CacheControl: 6,
  CacheStatus: 7,
  CacheTag: 8,
  CdnCacheControl: 9,
  Connection: 10,
  ContentDigest: 11,
  ContentEncoding: 12,
  ContentLength: 13,
  ContentLocation: 14,
  ContentMd5: 15,
  ContentRange: 16,
  ContentType: 17,
  Cookie: 18,
  Date: 19,
  Digest: 20,
  Etag: 21,
  Expect: 22,
  Expires: 23,
  Forwarded: 24,
  Host: 25,
  IfMatch: 26,
  IfModifiedSince: 27,
  IfNoneMatch: 28,
  IfRange: 29,
  IfUnmodifiedSince: 30,
  KeepAlive: 31,
  LastModified: 32,
  Location: 33,
  MaxForwards: 34,
  Pragma: 35,
  Proxy: 36,
  ProxyAuthenticate: 37,
  ProxyAuthenticationInfo: 38,
  ProxyAuthorization: 39,
  ProxyConnection: 40,
  Range: 41,
  Referer: 42,
  ReprDigest: 43,
  SetCookie: 44,
  SurrogateKey: 45,
  Te: 46,
  Trailer: 47,
  TransferEncoding: 48,
  Upgrade: 49,
  UserAgent: 50,
  Vary: 51,
  Via: 52,
  Warning: 53,
  XAccelBuffering: 54,
  XForwardedFor: 55,
  XForwardedHost: 56,
  XForwardedPort: 57,
  XForwardedProto: 58,
  XHttpMethodOverride: 59,
  XOriginalUrl: 60,
  XRealIp: 61,
  XRewriteUrl: 62,
  XHttpMethod: 63,
  XMethodOverride: 64,
  Http2Settings: 65,
  /** Any of the names and prefixes of `forwarding_fields.ts`. */
  Forwarding: 66,
  /** One of those that say only who the client is. */
  ForwardingAddress: 67,
  /** An unregistered name with `_` or `.` in it: it may be a look-alike of one that a rule, a key or `Vary` names. */
  Odd: 68,
  SetCookie2: 69,
  SluiceTrace: 70,
} as const;

/** The number of field numbers: the length of a table indexed by them. */
export const FIELD_COUNT: number = Object.keys(FIELD).length;

/** The numbers that stand for many names, and what these are. */
const SHARED: Partial<Record<keyof typeof FIELD, number>> = {
  Other: END_TO_END,
  Alias: REQUEST_DROP | NOT_IN_TRAILERS,
  Forwarding: FORWARDED,
  ForwardingAddress: ADDRESS,
  Odd: END_TO_END,
};

const ROWS: Partial<Record<keyof typeof FIELD, FieldRow>> = {
  AcceptEncoding: row("accept-encoding", END_TO_END, "9110 §12.5.3"),
  AcceptRanges: row("accept-ranges", END_TO_END, "9110 §14.3"),
  Age: row("age", CONTROL, "9111 §5.1"),
  Authorization: row("authorization", CONTROL, "9110 §11.6.2"),
  CacheControl: row("cache-control", CONTROL, "9111 §5.2"),
  CacheStatus: row("cache-status", END_TO_END, "9211 §2"),
  CacheTag: row("cache-tag", NOT_IN_TRAILERS, "purge by tag"),
  CdnCacheControl: row("cdn-cache-control", CONTROL, "9213 §3.1"),
  Connection: row("connection", CONNECTION, "9110 §7.6.1"),
  ContentDigest: row("content-digest", END_TO_END, "9530 §2"),
  ContentEncoding: row("content-encoding", CONTROL, "9110 §8.4"),
  ContentLength: row(
    "content-length",
    FRAMING | CONTROL,
    "9110 §8.6",
  ),
  ContentLocation: row(
    "content-location",
    NOT_IN_TRAILERS,
    "9110 §8.7",
  ),
  ContentMd5: row("content-md5", NOT_IN_TRAILERS, "2616 §14.15"),
  ContentRange: row("content-range", CONTROL, "9110 §14.4"),
  ContentType: row("content-type", CONTROL, "9110 §8.3"),
  Cookie: row("cookie", NOT_IN_TRAILERS, "6265 §5.4"),
  Date: row("date", CONTROL, "9110 §6.6.1"),
  Digest: row("digest", END_TO_END, "3230 §4.3.2"),
  Etag: row("etag", PROTECTED, "9110 §8.8.3"),
  Expect: row("expect", CONTROL, "9110 §10.1.1"),
  Expires: row("expires", CONTROL, "9111 §5.3"),
  Forwarded: row("forwarded", FORWARDED, "7239 §4"),
  Host: row("host", CONTROL, "9110 §7.2"),
  Http2Settings: row("http2-settings", CONNECTION, "7540 §3.2.1"),
  IfMatch: row("if-match", CONDITION, "9110 §13.1.1"),
  IfModifiedSince: row(
    "if-modified-since",
    CONDITION,
    "9110 §13.1.3",
  ),
  IfNoneMatch: row("if-none-match", CONDITION, "9110 §13.1.2"),
  IfRange: row("if-range", CONDITION, "9110 §13.1.5"),
  IfUnmodifiedSince: row(
    "if-unmodified-since",
    CONDITION,
    "9110 §13.1.4",
  ),
  KeepAlive: row("keep-alive", CONNECTION, "9112 §C.2.2"),
  LastModified: row("last-modified", PROTECTED, "9110 §8.8.2"),
  Location: row("location", NOT_IN_TRAILERS, "9110 §10.2.2"),
  MaxForwards: row("max-forwards", CONTROL, "9110 §7.6.2"),
  Pragma: row("pragma", CONTROL, "9111 §5.4"),
  Proxy: row("proxy", REQUEST_DROP | NOT_IN_TRAILERS, "httpoxy, CVE-2016-5385"),
  ProxyAuthenticate: row("proxy-authenticate", CONNECTION, "9110 §11.7.1"),
  ProxyAuthenticationInfo: row(
    "proxy-authentication-info",
    CONNECTION,
    "9110 §11.7.3",
  ),
  ProxyAuthorization: row("proxy-authorization", CONNECTION, "9110 §11.7.2"),
  ProxyConnection: row("proxy-connection", CONNECTION, "9112 §C.2.2"),
  Range: row("range", CONDITION, "9110 §14.2"),
  Referer: row("referer", END_TO_END, "9110 §10.1.3"),
  ReprDigest: row("repr-digest", END_TO_END, "9530 §3"),
  SetCookie: row("set-cookie", CONTROL, "6265 §4.1"),
  SetCookie2: row("set-cookie2", CONTROL, "2965 §3.2"),
  SluiceTrace: row(
    "sluice-trace",
    REQUEST_DROP | NOT_IN_TRAILERS,
    "sluice explain --live",
  ),
  SurrogateKey: row("surrogate-key", NOT_IN_TRAILERS, "purge by tag"),
  Te: row("te", CONNECTION, "9110 §10.1.4"),
  Trailer: row("trailer", NOT_IN_TRAILERS, "9110 §6.6.2"),
  TransferEncoding: row("transfer-encoding", FRAMING | CONNECTION, "9112 §6.1"),
  Upgrade: row("upgrade", CONNECTION, "9110 §7.8"),
  UserAgent: row("user-agent", END_TO_END, "9110 §10.1.5"),
  Vary: row("vary", CONTROL, "9110 §12.5.5"),
  Via: row("via", CONTROL, "9110 §7.6.3"),
  Warning: row("warning", NOT_IN_TRAILERS, "9111 §5.5"),
  XAccelBuffering: row("x-accel-buffering", NOT_IN_TRAILERS, "nginx"),
  XForwardedFor: row("x-forwarded-for", ADDRESS, "7239 §7.4"),
  XForwardedHost: row("x-forwarded-host", FORWARDED, "7239 §7.4"),
  XForwardedPort: row("x-forwarded-port", FORWARDED, "convention"),
  XForwardedProto: row("x-forwarded-proto", FORWARDED, "7239 §7.4"),
  XHttpMethodOverride: row(
    "x-http-method-override",
    NOT_IN_TRAILERS,
    "convention",
  ),
  XHttpMethod: row("x-http-method", NOT_IN_TRAILERS, "convention"),
  XMethodOverride: row("x-method-override", NOT_IN_TRAILERS, "convention"),
  XOriginalUrl: row("x-original-url", FORWARDED, "IIS"),
  XRealIp: row("x-real-ip", ADDRESS, "nginx"),
  XRewriteUrl: row("x-rewrite-url", FORWARDED, "IIS"),
};

function row(name: string, flags: number, source: string): FieldRow {
  return { name, flags, source };
}

/** The rows by number; numbers that stand for many names have rows without one. */
export const FIELD_ROWS: readonly FieldRow[] = Object.keys(FIELD).map((key) =>
  ROWS[key as keyof typeof FIELD] ??
    row("", SHARED[key as keyof typeof FIELD]!, "")
);

/** The flags by number. */
export const FIELD_FLAGS: Uint16Array = Uint16Array.from(
  FIELD_ROWS,
  ({ flags }) => flags,
);

/**
 * What a byte of a field name counts as: the byte in lower case, with `_` and `.`
 * folded into `-`; 0 for a byte that no token has.
 */
export const FOLDED_TOKEN: Uint8Array = TOKEN.map((byte) =>
  byte === 0x5f || byte === 0x2e ? 0x2d : byte
);

/** As {@linkcode FOLDED_TOKEN}, but 0 for `_` and `.`, too. */
export const PLAIN_TOKEN: Uint8Array = TOKEN.map((byte) =>
  byte === 0x5f || byte === 0x2e ? 0 : byte
);

/** The names that are found in the table, and their numbers. */
const KNOWN: readonly { readonly name: string; readonly id: number }[] = [
  ...FIELD_ROWS.map(({ name }, id) => ({ name, id })),
  ...FORWARDING_NAMES.map(({ name, kind }) => ({
    name,
    id: kind === "address" ? FIELD.ForwardingAddress : FIELD.Forwarding,
  })),
].filter(({ name }) => name !== "");
/** Folded, one behind the other. */
const NAMES: Uint8Array = foldedBytes(KNOWN.map(({ name }) => name).join(""));
const PREFIXES: readonly Uint8Array[] = FORWARDING_PREFIXES.map(foldedBytes);
const PREFIX_BYTES_MIN = Math.min(...PREFIXES.map(({ length }) => length));
const LETTER_X = 0x78;
const HYPHEN = 0x2d;

const SLOT_MASK = 1023;
/** Of each slot: where the bytes of its name start, where they end, and its number. */
const SLOT = 3;
const SLOTS: Uint16Array = slotsOf(KNOWN);

function slotsOf(known: typeof KNOWN): Uint16Array {
  const slots = new Uint16Array((SLOT_MASK + 1) * SLOT);
  let start = 0;
  for (const { name, id } of known) {
    const end = start + name.length;
    let slot = slotOf(NAMES, start, end);
    while (slots[slot * SLOT + 1] !== 0) slot = (slot + 1) & SLOT_MASK;
    slots.set([start, end, id], slot * SLOT);
    start = end;
  }
  return slots;
}

/** Where the table has a name, or a later one: so spread, hardly two registered names meet. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const first = FOLDED_TOKEN[bytes[start]!]!;
  const middle = FOLDED_TOKEN[bytes[start + (length >> 1)]!]!;
  const last = FOLDED_TOKEN[bytes[end - 1]!]!;
  return (first ^ middle ^ (last << 3) ^ (length << 6)) & SLOT_MASK;
}

function foldedBytes(name: string): Uint8Array {
  return Uint8Array.from(
    name,
    (character) => FOLDED_TOKEN[character.charCodeAt(0)]!,
  );
}

/**
 * The field whose name is `bytes[start, end)`, a token.
 *
 * @param isOdd Whether there is `_` or `.` in it.
 * @returns A number of {@linkcode FIELD}: the registered field of that name in any
 *   case, `Alias` if only `_` or `.` in place of `-` tells it from one, else `Other`,
 *   or `Odd` if there are such.
 */
export function identify(
  bytes: Uint8Array,
  start: number,
  end: number,
  isOdd: boolean,
): number {
  let slot = slotOf(bytes, start, end);
  for (;; slot = (slot + 1) & SLOT_MASK) {
    const nameStart = SLOTS[slot * SLOT]!;
    const nameEnd = SLOTS[slot * SLOT + 1]!;
    if (nameEnd === 0) break;
    if (
      nameEnd - nameStart === end - start &&
      isFolded(bytes, start, NAMES, nameStart, nameEnd)
    ) return isOdd ? FIELD.Alias : SLOTS[slot * SLOT + 2]!;
  }
  if (
    end - start >= PREFIX_BYTES_MIN && (bytes[start]! | 0x20) === LETTER_X &&
    FOLDED_TOKEN[bytes[start + 1]!] === HYPHEN
  ) {
    for (const prefix of PREFIXES) {
      if (
        prefix.length <= end - start &&
        isFolded(bytes, start, prefix, 0, prefix.length)
      ) {
        return isOdd ? FIELD.Alias : FIELD.Forwarding;
      }
    }
  }
  return isOdd ? FIELD.Odd : FIELD.Other;
}

/** Whether the bytes at `start` are, folded, `names[nameStart, nameEnd)`. */
function isFolded(
  bytes: Uint8Array,
  start: number,
  names: Uint8Array,
  nameStart: number,
  nameEnd: number,
): boolean {
  let at = start;
  for (let i = nameStart; i < nameEnd; i++) {
    if (FOLDED_TOKEN[bytes[at++]!] !== names[i]) return false;
  }
  return true;
}

/** The number of the field called `name`, in any case, as {@linkcode identify} finds it. */
export function fieldIdOf(name: string): number {
  const bytes = foldedBytes(name);
  return identify(bytes, 0, bytes.length, /[._]/.test(name));
}

/**
 * Whether the field is a digest of what the message carries: it does not hold for another
 * part of the representation (RFC 9530 §2; RFC 2616 §14.15).
 */
export function isOfContentSent(id: number): boolean {
  return id === FIELD.ContentDigest || id === FIELD.ContentMd5;
}

/** `name` in lower case with look-alike characters folded: two names are aliases if these agree. */
export function foldedName(name: string): string {
  return name.toLowerCase().replaceAll(/[._]/g, "-");
}
