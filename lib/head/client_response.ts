/**
 * The response that the client gets, built from the one that came (pure).
 *
 * As with requests: kept field lines are copied as they came, framing and
 * connection fields are written anew for this client's version and connection.
 */

import { varyWithCoding, weakened } from "../coding/fields.ts";
import type { ContentForm } from "../coding/negotiate.ts";
import { isNominated, NOMINATES } from "../http/connection.ts";
import { FIELD, FIELD_FLAGS, FRAMING, HOP_BY_HOP } from "../http/field.ts";
import {
  type FieldRule,
  isLineRuledOut,
  isRuledOut,
} from "../http/field_rule.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import { bytesOf, CRLF, isDigits } from "../http/bytes.ts";
import { hasNamed } from "../http/named_field.ts";
import { contentRange } from "../http/range.ts";
import type { ResponseHead } from "../http/response_head.ts";
import {
  writeReceivedStatusLine,
  writeStatusLine,
} from "../http/status_line.ts";
import type { FieldSection } from "../http/section.ts";
import { viaLine } from "./origin_request.ts";
import {
  publicCookie,
  publicLocation,
  type PublicUrls,
} from "./public_urls.ts";

/** What is changed in the fields of a response, whoever gets it. */
export interface TemplatePlan {
  /** Whether the fields that tag responses for purging are kept from the client. */
  readonly dropsTags: boolean;
  /** The content coding that it is given, or `identity` if one is taken off; undefined for neither. */
  readonly coding: ContentForm | undefined;
  /** Whether another client might get it with another coding. */
  readonly varies: boolean;
  /** What URLs and cookies of the origin become; undefined if they stay. */
  readonly publicUrls?: PublicUrls | undefined;
}

/** What the `Connection` field says: nothing if HTTP/1.1 would assume it. */
export type Connection = "close" | "keep-alive" | "";

/** A head that the origin has just sent, read from where it arrived. */
export interface ReceivedHead {
  readonly kind: "received";
  readonly response: ResponseHead;
}

/** How the response is framed for the client; decided by the exchange. */
export interface ResponsePlan extends TemplatePlan {
  /**
   * `length`: `Content-Length` says how long; `chunked`; `close`: the connection's
   * end ends it; `none`: no body, and a `Content-Length` that came is only information.
   */
  readonly framing: "length" | "chunked" | "close" | "none";
  /** Bytes of the content if `framing` is `length`. */
  readonly length: number;
  /** The value of a `Cache-Status` line to add; empty for none. */
  readonly cacheStatus: string;
  readonly connection: Connection;
  /** Whether the whole is sent as a range: all of its bytes, with status 206. */
  readonly isRange?: boolean;
  /** The entity tag to name in place of the one that came; undefined for none. */
  readonly etag?: string | undefined;
}

/** What is left out besides hop-by-hop and framing fields: bits, one for each group of fields. */
const DROPS_TAGS = 1;
const DROPS_AGE = 2;
const DROPS_VARY = 4;
const DROPS_CODED = 8;
const DROPS_ETAG = 16;
const DROPS_TRAILER = 32;

const GROUPS: readonly (readonly number[])[] = [
  [FIELD.CacheTag, FIELD.SurrogateKey],
  [FIELD.Age],
  [FIELD.Vary],
  // What held of the bytes before they were coded (RFC 9110 §8.4, §8.8.1, RFC 9530).
  [
    FIELD.Etag,
    FIELD.AcceptRanges,
    FIELD.ContentEncoding,
    FIELD.ContentMd5,
    FIELD.Digest,
    FIELD.ContentDigest,
    FIELD.ReprDigest,
  ],
  [FIELD.Etag],
  // What it announces does not come (RFC 9110 §6.5).
  [FIELD.Trailer],
];
/** By a union of the bits, then by field number: 1 for the fields that are left out. */
const DROPPED: readonly Uint8Array[] = Array.from(
  { length: 1 << GROUPS.length },
  (_, bits) =>
    Uint8Array.from(FIELD_FLAGS, (flags, id) => {
      const isGrouped = GROUPS.some((group, bit) =>
        (bits & (1 << bit)) !== 0 && group.includes(id)
      );
      return isGrouped || (flags & (HOP_BY_HOP | FRAMING)) !== 0 ? 1 : 0;
    }),
);

const CACHE_STATUS = bytesOf("Cache-Status: ");
const DATE = bytesOf("Date: ");
const CLOSE = bytesOf("Connection: close\r\n");
const KEEP_ALIVE = bytesOf("Connection: keep-alive\r\n");
/** By minor version: what comes after the kept lines, in one piece, up to the length or the end. */
const BEFORE_LENGTH = ["0", "1"].map((minor) =>
  bytesOf(`Via: 1.${minor} sluice\r\nContent-Length: `)
);
const CHUNKED = ["0", "1"].map((minor) =>
  bytesOf(`Via: 1.${minor} sluice\r\nTransfer-Encoding: chunked\r\n`)
);

/**
 * Writes the head of a final response.
 *
 * @param dateBytes The current HTTP-date, for a response without one (RFC 9110 §6.6.1).
 */
export function writeClientResponse(
  out: ByteWriter,
  response: ResponseHead,
  rules: readonly FieldRule[],
  plan: ResponsePlan,
  dateBytes: () => Uint8Array,
): void {
  out.reserve(response.end - response.start + 256);
  const { etag } = plan;
  const { length, isRange = false } = plan;
  const hasTrailers = response.framing.kind === "chunked" &&
    plan.framing === "chunked" && plan.coding === undefined;
  const drops = dropsOf(plan) | (etag === undefined ? 0 : DROPS_ETAG) |
    (hasTrailers ? 0 : DROPS_TRAILER);
  const status = isRange ? 206 : response.status;
  writeKept(out, response, rules, drops, status, plan.publicUrls);
  if ((drops & DROPS_VARY) !== 0) writeCoding(out, response, rules, plan);
  if (isRange) {
    const all = contentRange({ start: 0, end: length }, length);
    out.text(`Content-Range: ${all}\r\n`);
  }
  if (etag !== undefined && !isRuledOut(rules, "etag")) {
    out.text(`ETag: ${etag}\r\n`);
  }
  if (!response.fields.has(FIELD.Date)) {
    out.append(DATE);
    out.append(dateBytes());
    out.append(CRLF);
  }
  writeRules(out, rules, response.fields);
  writeCacheStatus(out, plan.cacheStatus);
  if (response.status === 426 && response.fields.has(FIELD.Upgrade)) {
    writeUpgradeRequired(out, response, plan.connection);
  } else writeConnection(out, plan.connection);
  writeFraming(out, response, plan);
  out.append(CRLF);
}

/** A 426 says to which protocols the client must switch (RFC 9110 §15.5.22). */
function writeUpgradeRequired(
  out: ByteWriter,
  { fields }: ResponseHead,
  connection: Connection,
): void {
  const more = connection === "" ? "" : `, ${connection}`;
  out.text(
    `Connection: upgrade${more}\r\nUpgrade: ${fields.text(FIELD.Upgrade)}\r\n`,
  );
}

/** Writes an interim response, which has no framing and leaves the connection as it is. */
export function writeInterimResponse(
  out: ByteWriter,
  response: ResponseHead,
): void {
  writeKept(out, response, [], DROPS_TRAILER);
  out.append(CRLF);
}

/**
 * Writes the 101 that ends HTTP on this connection (RFC 9110 §7.8).
 *
 * @param addedLine A line that depends on the request, with its CRLF; empty for none.
 */
export function writeUpgradeResponse(
  out: ByteWriter,
  response: ResponseHead,
  rules: readonly FieldRule[],
  addedLine = "",
): void {
  writeKept(out, response, rules, DROPS_TRAILER);
  out.append(viaLine(response.minorVersion));
  writeRules(out, rules, response.fields);
  out.text(addedLine);
  out.text(
    `Connection: upgrade\r\nUpgrade: ${
      response.fields.text(FIELD.Upgrade)
    }\r\n`,
  );
  out.append(CRLF);
}

/**
 * Writes what all answers from a stored response have in common: the status line
 * and the field lines, with those of rules, up to where `Content-Length`, `Age` and
 * what else depends on the request follow.
 *
 * @param minorVersion The version with which the response came; -1 if it was made here.
 */
export function writeTemplate(
  out: ByteWriter,
  stored: ResponseHead,
  minorVersion: number,
  rules: readonly FieldRule[],
  plan: TemplatePlan,
): void {
  const drops = dropsOf(plan) | DROPS_AGE | DROPS_TRAILER;
  writeKept(out, stored, rules, drops, stored.status, plan.publicUrls);
  if ((drops & DROPS_VARY) !== 0) writeCoding(out, stored, rules, plan);
  writeRules(out, rules, stored.fields);
  if (minorVersion >= 0) out.append(viaLine(minorVersion));
}

function dropsOf({ dropsTags, coding, varies }: TemplatePlan): number {
  return (dropsTags ? DROPS_TAGS : 0) |
    (varies ? DROPS_VARY : 0) |
    (coding === undefined ? 0 : DROPS_CODED);
}

/** Writes what a content coding changes, or the mere chance of one (RFC 9110 §12.5.5). */
function writeCoding(
  out: ByteWriter,
  { fields }: ResponseHead,
  rules: readonly FieldRule[],
  { coding }: TemplatePlan,
): void {
  if (!isRuledOut(rules, "vary")) {
    out.text(`Vary: ${varyWithCoding(fields.text(FIELD.Vary))}\r\n`);
  }
  if (coding === undefined) return;
  if (coding !== "identity") out.text(`Content-Encoding: ${coding}\r\n`);
  const etag = fields.text(FIELD.Etag);
  if (etag !== undefined && !isRuledOut(rules, "etag")) {
    out.text(`ETag: ${weakened(etag)}\r\n`);
  }
}

/** Writes a `Cache-Status` line, if there is anything to say (RFC 9211 §2). */
export function writeCacheStatus(out: ByteWriter, value: string): void {
  if (value === "") return;
  out.append(CACHE_STATUS);
  out.text(value);
  out.append(CRLF);
}

/**
 * Writes the lines that rules set or add.
 *
 * @param fields What the response had: some lines are added only where it has none.
 */
export function writeRules(
  out: ByteWriter,
  rules: readonly FieldRule[],
  fields?: FieldSection,
): void {
  for (const { action, name, line } of rules) {
    const isThere = action === "default" && fields !== undefined &&
      hasNamed(fields, name);
    if (!isThere) out.append(line);
  }
}

/** Writes the `Connection` field, if there is anything to say. */
export function writeConnection(
  out: ByteWriter,
  connection: Connection,
): void {
  if (connection === "close") out.append(CLOSE);
  else if (connection === "keep-alive") out.append(KEEP_ALIVE);
}

/**
 * Writes the status line and the field lines that are kept. What is kept and
 * stands together is copied together, the status line with the first lines.
 */
function writeKept(
  out: ByteWriter,
  response: ResponseHead,
  rules: readonly FieldRule[],
  drops: number,
  status: number = response.status,
  publicUrls: PublicUrls | undefined = undefined,
): void {
  const dropped = DROPPED[drops]!;
  const { fields, bytes } = response;
  const nominates = (response.options & NOMINATES) !== 0;
  let runStart = response.start;
  if (!response.isVersion11 || status !== response.status) {
    if (status === response.status) writeReceivedStatusLine(out, response);
    else writeStatusLine(out, status);
    runStart = fields.start;
  }
  for (let i = 0; i < fields.count; i++) {
    const isKept = dropped[fields.id(i)] === 0 &&
      !(nominates && isNominated(fields, i)) &&
      !(rules.length > 0 && isLineRuledOut(rules, fields, i));
    const isGapped = fields.hasGaps && fields.isGapped(i);
    const mapped = publicUrls !== undefined && isKept
      ? publicValue(fields, i, publicUrls)
      : undefined;
    if (isKept && !isGapped && mapped === undefined) continue;
    out.copy(bytes, runStart, fields.nameStart(i));
    runStart = fields.lineEnd(i);
    if (mapped !== undefined) out.text(`${fields.nameText(i)}: ${mapped}\r\n`);
    else if (isKept) fields.writeLine(out, i);
  }
  out.copy(bytes, runStart, fields.end - CRLF.length);
}

/** The value of a field as clients have to see it; undefined if it stays. */
function publicValue(
  fields: FieldSection,
  index: number,
  { mapping, origin }: PublicUrls,
): string | undefined {
  switch (fields.id(index)) {
    case FIELD.Location:
    case FIELD.ContentLocation:
      return publicLocation(fields.valueText(index), mapping, origin);
    case FIELD.SetCookie:
      return publicCookie(fields.valueText(index), mapping);
    default:
      return undefined;
  }
}

/** Writes `Via` and what delimits the body. */
function writeFraming(
  out: ByteWriter,
  response: ResponseHead,
  plan: ResponsePlan,
): void {
  if (plan.framing === "chunked") {
    return out.append(CHUNKED[response.minorVersion]!);
  }
  const { fields, minorVersion } = response;
  const line = plan.framing === "length"
    ? -1
    : informativeLength(response, plan);
  if (plan.framing !== "length" && line < 0) {
    return out.append(viaLine(minorVersion));
  }
  out.append(BEFORE_LENGTH[minorVersion]!);
  if (line < 0) out.decimal(plan.length);
  else out.copy(fields.bytes, fields.valueStart(line), fields.valueEnd(line));
  out.append(CRLF);
}

/**
 * The line of the `Content-Length` to pass on with a message that has no body, as it
 * came and however large; -1 if there is none. Of an answer to HEAD or a 304 it tells
 * of the representation, a 204 must not have one (RFC 9110 §8.6).
 */
function informativeLength(response: ResponseHead, plan: ResponsePlan): number {
  if (plan.framing === "close" || response.status === 204) return -1;
  if (plan.coding !== undefined) return -1; // it tells of the bytes before they were coded
  const { fields } = response;
  const line = fields.first(FIELD.ContentLength);
  const isGood = line >= 0 && !fields.isRepeated(FIELD.ContentLength) &&
    !fields.has(FIELD.TransferEncoding) &&
    isDigits(fields.bytes, fields.valueStart(line), fields.valueEnd(line));
  return isGood ? line : -1;
}
