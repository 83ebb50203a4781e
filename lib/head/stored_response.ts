/**
 * The heads of responses whose own head is kept (pure): whole, in part, or that
 * nothing has changed.
 *
 * The usual one is the template and what depends on the request behind it; the other
 * ones choose among its lines.
 */

import { opaqueTag } from "../http/condition.ts";
import { FIELD, isOfContentSent } from "../http/field.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import { bytesOf, CR, CRLF } from "../http/bytes.ts";
import { type ByteRange, contentRange } from "../http/range.ts";
import { FieldSection } from "../http/section.ts";
import { writeStatusLine } from "../http/status_line.ts";
import { type Connection, writeConnection } from "./client_response.ts";
import type { HeadTemplate } from "./head_template.ts";

/** What a response says of its way through the cache. */
export interface CacheNote {
  /** Its age in seconds; -1 if the origin has just given or confirmed it. */
  readonly age: number;
  /** The value of `Cache-Status`; empty for none. */
  readonly cacheStatus: string;
  /** Seconds that it stays fresh, put behind `cacheStatus`; undefined if that does not end in `ttl=`. */
  readonly ttl: number | undefined;
  /** Lines that are for this client alone; undefined for none. */
  readonly ownLines: Uint8Array | undefined;
}

/** How a response with content is delimited. */
export interface Framed {
  readonly framing: "length" | "chunked" | "close" | "none";
  /** Bytes of the content if `framing` is `length`. */
  readonly length: number;
}

/** What stands before each of several ranges, and behind the last. */
export interface PartHeads {
  readonly boundary: string;
  readonly before: readonly Uint8Array[];
  readonly end: Uint8Array;
}

const CONTENT_LENGTH = bytesOf("Content-Length: ");
const CHUNKED = bytesOf("Transfer-Encoding: chunked\r\n");
const ACCEPT_RANGES = bytesOf("Accept-Ranges: bytes\r\n");
const AGE = bytesOf("Age: ");
const CACHE_STATUS = bytesOf("Cache-Status: ");
const MINUS = 0x2d;

/** Writes the head of a response with the whole content, or to HEAD. */
export function writeWholeHead(
  out: ByteWriter,
  template: HeadTemplate,
  framed: Framed,
  note: CacheNote,
  connection: Connection,
): void {
  out.append(template.bytes);
  const isUsual = connection === "" && framed.framing === "length" &&
    note.ownLines === undefined;
  const isSame = isUsual && isEndOf(template, framed, note);
  if (isSame && template.end !== undefined) return out.append(template.end);
  const start = out.length;
  if (framed.framing === "length") writeLength(out, framed.length);
  else if (framed.framing === "chunked") out.append(CHUNKED);
  writeEnd(out, note, connection);
  if (!isUsual) return;
  template.age = note.age;
  template.ttl = note.ttl;
  template.cacheStatus = note.cacheStatus;
  template.length = framed.length;
  template.end = isSame ? out.bytes.slice(start, out.length) : undefined;
}

function isEndOf(
  kept: HeadTemplate,
  { length }: Framed,
  { age, ttl, cacheStatus }: CacheNote,
): boolean {
  return kept.age === age && kept.ttl === ttl && kept.length === length &&
    kept.cacheStatus === cacheStatus;
}

/**
 * Writes the whole of a 304 (RFC 9110 §15.4.5): the stored lines that do not describe
 * the content.
 *
 * @param etag The entity tag that the client holds; empty for none.
 */
export function writeNotModified(
  out: ByteWriter,
  template: HeadTemplate,
  etag: string,
  note: CacheNote,
  connection: Connection,
): void {
  let { notModified } = template;
  if (notModified?.etag !== etag) {
    notModified = { etag, bytes: notModifiedHead(template, etag) };
    template.notModified = notModified;
  }
  out.append(notModified.bytes);
  writeEnd(out, note, connection);
}

function notModifiedHead(template: HeadTemplate, etag: string): Uint8Array {
  const out = new ByteWriter(template.bytes.length);
  const fields = linesOf(template);
  const hasEtag = fields.has(FIELD.Etag);
  // A rule may have put another one in its place.
  const isHeld = hasEtag &&
    opaqueTag(fields.text(FIELD.Etag)!) === opaqueTag(etag);
  writeStatusLine(out, 304);
  writeLines(
    out,
    fields,
    (id, name) =>
      !describesContent(id, name) && !(id === FIELD.LastModified && hasEtag) &&
      !(id === FIELD.Etag && isHeld),
  );
  if (isHeld) out.text(`ETag: ${etag}\r\n`);
  return out.view().slice();
}

/**
 * Writes the head of an answer with one range (RFC 9110 §15.3.7.1).
 *
 * @param length Bytes of the representation; -1 if unknown.
 */
export function writeRangeHead(
  out: ByteWriter,
  template: HeadTemplate,
  range: ByteRange,
  length: number,
  note: CacheNote,
  connection: Connection,
): void {
  out.append(template.part ??= partHead(template));
  out.text(`Content-Range: ${contentRange(range, length)}\r\n`);
  writeLength(out, range.end - range.start);
  writeEnd(out, note, connection);
}

function partHead(template: HeadTemplate): Uint8Array {
  const out = new ByteWriter(template.bytes.length);
  const fields = linesOf(template);
  writeStatusLine(out, 206);
  writeLines(out, fields, (id) => !isOfContentSent(id));
  if (!fields.has(FIELD.AcceptRanges)) out.append(ACCEPT_RANGES);
  return out.view().slice();
}

/**
 * Writes the head of a response with several ranges (RFC 9110 §15.3.7.2).
 *
 * @param rangesLength Bytes of the ranges together.
 */
export function writeMultipartHead(
  out: ByteWriter,
  template: HeadTemplate,
  { boundary, before, end }: PartHeads,
  rangesLength: number,
  note: CacheNote,
  connection: Connection,
): void {
  writeStatusLine(out, 206);
  writeLines(
    out,
    linesOf(template),
    (id) => id !== FIELD.ContentType && !isOfContentSent(id),
  );
  out.text(`Content-Type: multipart/byteranges; boundary=${boundary}\r\n`);
  const headsLength = before.reduce((sum, { length }) => sum + length, 0);
  writeLength(out, rangesLength + headsLength + end.length);
  writeEnd(out, note, connection);
}

/**
 * What stands before each of several ranges, and behind the last.
 *
 * @param boundary Nothing in the content may look like it.
 * @param length Bytes of the representation; -1 if unknown.
 */
export function partHeadsOf(
  template: HeadTemplate,
  boundary: string,
  ranges: readonly ByteRange[],
  length: number,
): PartHeads {
  const type = linesOf(template).text(FIELD.ContentType);
  const typeLine = type === undefined ? "" : `Content-Type: ${type}\r\n`;
  const before = ranges.map((range) =>
    bytesOf(
      `\r\n--${boundary}\r\n${typeLine}` +
        `Content-Range: ${contentRange(range, length)}\r\n\r\n`,
    )
  );
  return { boundary, before, end: bytesOf(`\r\n--${boundary}--\r\n`) };
}

/** Writes the whole of a 416 (RFC 9110 §15.5.17). */
export function writeUnsatisfiable(
  out: ByteWriter,
  template: HeadTemplate,
  length: number,
  note: CacheNote,
  connection: Connection,
): void {
  writeStatusLine(out, 416);
  writeLines(
    out,
    linesOf(template),
    (id, name) =>
      !describesContent(id, name) && id !== FIELD.Etag &&
      id !== FIELD.LastModified,
  );
  out.text(`Content-Range: bytes */${length}\r\n`);
  writeLength(out, 0);
  writeEnd(out, note, connection);
}

function writeLength(out: ByteWriter, length: number): void {
  out.append(CONTENT_LENGTH);
  out.decimal(length);
  out.append(CRLF);
}

/** `Age`, `Cache-Status`, `Connection`, and the end of the head. */
function writeEnd(
  out: ByteWriter,
  { age, cacheStatus, ttl, ownLines }: CacheNote,
  connection: Connection,
): void {
  if (age >= 0) {
    out.append(AGE);
    out.decimal(age);
    out.append(CRLF);
  }
  if (cacheStatus !== "") {
    out.append(CACHE_STATUS);
    out.text(cacheStatus);
    if (ttl !== undefined) {
      if (ttl < 0) out.byte(MINUS);
      out.decimal(Math.abs(ttl));
    }
    out.append(CRLF);
  }
  if (ownLines !== undefined) out.append(ownLines);
  writeConnection(out, connection);
  out.append(CRLF);
}

/** The field lines of a template, which ends without the empty line. */
function linesOf(template: HeadTemplate): FieldSection {
  const { length } = template.bytes;
  const bytes = new Uint8Array(length + CRLF.length);
  bytes.set(template.bytes);
  bytes.set(CRLF, length);
  const fields = new FieldSection();
  fields.begin(bytes.indexOf(CR) + CRLF.length, Infinity, {
    fieldCountMax: Infinity,
  });
  fields.parse(bytes, bytes.length);
  return fields;
}

function writeLines(
  out: ByteWriter,
  fields: FieldSection,
  isWritten: (id: number, name: string) => boolean,
): void {
  for (let i = 0; i < fields.count; i++) {
    if (isWritten(fields.id(i), fields.nameText(i).toLowerCase())) {
      out.copy(fields.bytes, fields.nameStart(i), fields.lineEnd(i));
    }
  }
}

/** Whether the field describes content that is not sent. */
function describesContent(id: number, name: string): boolean {
  if (id === FIELD.ContentLocation || name.startsWith("content-security-")) {
    return false;
  }
  return name.startsWith("content-") || id === FIELD.Digest ||
    id === FIELD.ReprDigest;
}
