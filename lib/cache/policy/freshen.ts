/**
 * Heads as they are stored, and how a later response updates them (RFC 9111 §3.1,
 * §3.2, §4.3.4, §4.3.5; pure).
 */

import { isNominated, NOMINATES } from "../../http/connection.ts";
import { isStrongMatch, opaqueTag } from "../../http/condition.ts";
import {
  FIELD,
  FIELD_FLAGS,
  FRAMING,
  HOP_BY_HOP,
  isOfContentSent,
} from "../../http/field.ts";
import { contentLength } from "../../http/framing.ts";
import type { ByteWriter } from "../../http/byte_writer.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import {
  writeReceivedStatusLine,
  writeStatusLine,
} from "../../http/status_line.ts";
import type { FieldSection } from "../../http/section.ts";
import type { Metadata } from "./metadata.ts";

/** What describes the content that is stored, and not that of the update (RFC 9111 §3.2). */
const OF_THE_CONTENT: ReadonlySet<number> = new Set([
  FIELD.ContentDigest,
  FIELD.ContentEncoding,
  FIELD.ContentMd5,
  FIELD.ContentRange,
]);

/**
 * Writes the head of a response as it is stored: without what concerned one
 * connection or one transfer, with a `Date`.
 *
 * @param without Names of fields, in lower case, that must not be stored
 *   (`private="…"`, `no-cache="…"`).
 * @param date The bytes of the HTTP-date of its arrival.
 */
export function writeStoredHead(
  out: ByteWriter,
  response: ResponseHead,
  without: ReadonlySet<string>,
  date: Uint8Array,
): void {
  // A part is only ever stored as one of the whole.
  const isPart = response.status === 206;
  if (isPart) writeStatusLine(out, 200);
  else writeReceivedStatusLine(out, response);
  writeLines(
    out,
    response,
    (i) =>
      isStored(response, i, without) &&
      !(isPart && isOfPart(response.fields.id(i))),
  );
  if (!response.fields.has(FIELD.Date)) writeDate(out, date);
  out.text("\r\n");
}

/** Whether the field holds for the part that came, and not for the whole. */
function isOfPart(id: number): boolean {
  return id === FIELD.ContentRange || isOfContentSent(id);
}

/**
 * Writes the lines of a response that {@linkcode writeStoredHead} leaves out although
 * they are for the client: they are for the one whose request brought them.
 *
 * @param isRuledOut Whether no client gets the field with this name, in lower case.
 */
export function writeWithheldLines(
  out: ByteWriter,
  response: ResponseHead,
  without: ReadonlySet<string>,
  isRuledOut: (name: string) => boolean,
): void {
  const { fields } = response;
  writeLines(
    out,
    response,
    (i) =>
      isForClients(response, i) && fields.id(i) !== FIELD.Age && // written anew
      !isStored(response, i, without) &&
      !isRuledOut(fields.nameText(i).toLowerCase()),
  );
}

/** Which lines of an update are left out: those of fields with these names, or none. */
export type UpdateLines = ReadonlySet<string> | "all";

/**
 * Writes the head of a stored response, updated by one that says what has changed:
 * a 304, or the response to a HEAD request.
 *
 * @param without Names of fields, in lower case, that are not taken over from the
 *   stored head.
 * @param withoutUpdate The same of the update; `all` for everything that it says, as
 *   the client gets it that asked for it.
 */
export function writeFreshenedHead(
  out: ByteWriter,
  stored: ResponseHead,
  update: ResponseHead,
  without: ReadonlySet<string>,
  withoutUpdate: UpdateLines,
  date: Uint8Array,
): void {
  const updates = (i: number): boolean =>
    !OF_THE_CONTENT.has(update.fields.id(i)) &&
    (withoutUpdate === "all"
      ? isForClients(update, i)
      : isStored(update, i, withoutUpdate));
  const updated = new Set<string>();
  for (let i = 0; i < update.fields.count; i++) {
    if (updates(i)) updated.add(update.fields.nameText(i).toLowerCase());
  }
  writeReceivedStatusLine(out, stored);
  writeLines(out, stored, (i) => {
    const id = stored.fields.id(i);
    return id !== FIELD.Age && id !== FIELD.Date &&
      !updated.has(stored.fields.nameText(i).toLowerCase()) &&
      isStored(stored, i, without);
  });
  writeLines(out, update, updates);
  if (!update.fields.has(FIELD.Date)) writeDate(out, date);
  out.text("\r\n");
}

function writeLines(
  out: ByteWriter,
  { fields }: ResponseHead,
  isWritten: (index: number) => boolean,
): void {
  for (let i = 0; i < fields.count; i++) {
    if (isWritten(i)) {
      fields.writeLine(out, i);
    }
  }
}

function writeDate(out: ByteWriter, date: Uint8Array): void {
  out.text("Date: ");
  out.append(date);
  out.text("\r\n");
}

function isStored(
  response: ResponseHead,
  index: number,
  without: ReadonlySet<string>,
): boolean {
  const { fields } = response;
  return isForClients(response, index) &&
    fields.id(index) !== FIELD.Trailer && // trailers are not stored
    fields.id(index) !== FIELD.Warning && // obsolete, and of one transfer: RFC 9111 §5.5
    !(without.size > 0 &&
      without.has(fields.nameText(index).toLowerCase()));
}

/** Whether the line concerns neither one connection nor one transfer. */
function isForClients(response: ResponseHead, index: number): boolean {
  const { fields } = response;
  return (FIELD_FLAGS[fields.id(index)]! & (HOP_BY_HOP | FRAMING)) === 0 &&
    !((response.options & NOMINATES) !== 0 && isNominated(fields, index));
}

/** Whether two heads vary on the same fields, in whatever order and case (RFC 9111 §4.1). */
export function variesAlike(
  a: string | undefined,
  b: string | undefined,
): boolean {
  return a === b || variesOn(a) === variesOn(b);
}

function variesOn(vary = ""): string {
  const names = vary.toLowerCase().split(",").map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== "").sort().join();
}

/**
 * Whether a 304 speaks of this stored response: by the strongest validator that it
 * has (RFC 9111 §4.3.4). One without validators speaks of what was asked about.
 */
export function validatorMatches(
  update: FieldSection,
  stored: Metadata,
): boolean {
  const etag = update.text(FIELD.Etag);
  if (etag !== undefined && stored.etag !== "") {
    return etag.startsWith("W/")
      ? opaqueTag(etag) === opaqueTag(stored.etag)
      : isStrongMatch(etag, stored.etag) ||
        opaqueTag(stored.etag) === etag;
  }
  const lastModified = update.text(FIELD.LastModified);
  return lastModified === undefined || stored.lastModified === "" ||
    lastModified === stored.lastModified;
}

/**
 * Whether the response to a HEAD request shows the stored response to be that of
 * the representation that the origin has now (RFC 9111 §4.3.5).
 *
 * @returns Undefined if it has no validator: a length that agrees proves nothing.
 */
export function isSameRepresentation(
  update: FieldSection,
  stored: Metadata,
  storedLength: number,
): boolean | undefined {
  const etag = update.text(FIELD.Etag);
  const lastModified = update.text(FIELD.LastModified);
  const isOther = (update.has(FIELD.ContentLength) &&
    contentLength(update) !== storedLength) ||
    (etag !== undefined && etag !== stored.etag) ||
    (lastModified !== undefined && lastModified !== stored.lastModified);
  if (isOther) return false;
  return etag !== undefined || lastModified !== undefined ? true : undefined;
}
