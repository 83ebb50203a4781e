/**
 * Large content that is kept in pieces (slices): each holds so many bytes of one
 * version of it, and only what a strong validator says to be of that version is ever
 * put together (RFC 9111 §3.4, RFC 9110 §15.3.7.3; pure).
 */

import { isStrongMatch, STRONG_DATE_MS } from "../../http/condition.ts";
import { FIELD } from "../../http/field.ts";
import { fnvText } from "../../http/fnv.ts";
import {
  type ByteRange,
  parseContentRange,
  type PartOfWhole,
} from "../../http/range.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import type { FieldSection } from "../../http/section.ts";
import type { Metadata } from "./metadata.ts";

/** Slices of one response; of more, none is kept. */
const SLICES_MAX = 1 << 20;

/** Content in slices. */
export interface Slices {
  /** Bytes of a slice; the last may have fewer. */
  readonly bytes: number;
  /** Bytes of the whole. */
  readonly length: number;
  /** Tells its slices from those of other versions of the content. */
  readonly version: string;
  /** Its content coding, which ranges are ranges of (RFC 9110 §8.4); empty for none. */
  readonly coding: string;
}

/** The range of the content that a slice is. */
export function rangeOfSlice(
  { bytes, length }: Pick<Slices, "bytes" | "length">,
  index: number,
): ByteRange {
  const start = index * bytes;
  return { start, end: Math.min(start + bytes, length) };
}

/** How many slices there are. */
export function sliceCount(
  { bytes, length }: Pick<Slices, "bytes" | "length">,
): number {
  return Math.ceil(length / bytes);
}

/** Whether content of this length can be kept in slices of so many bytes. */
export function isSliceable(length: number, bytes: number): boolean {
  return length > 0 && sliceCount({ bytes, length }) <= SLICES_MAX;
}

type Validated = Pick<
  Metadata,
  "etag" | "lastModified" | "lastModifiedMs" | "dateMs"
>;

/** Whether two parts that have this in common are of the same content, byte by byte (RFC 9110 §8.8.1). */
export function hasStrongValidator(
  { etag, lastModifiedMs, dateMs }: Validated,
): boolean {
  if (etag !== "") return isStrongMatch(etag, etag);
  return lastModifiedMs !== undefined &&
    dateMs - lastModifiedMs >= STRONG_DATE_MS;
}

/** Whether a response is of the version that has a strong validator. */
export function isOfVersion(fields: FieldSection, whole: Validated): boolean {
  return whole.etag !== ""
    ? isStrongMatch(fields.text(FIELD.Etag) ?? "", whole.etag)
    : fields.text(FIELD.Etag) === undefined &&
      fields.text(FIELD.LastModified) === whole.lastModified;
}

/** The content coding that a response says it has; empty for none. */
export function codingOf(fields: FieldSection): string {
  const coding = fields.text(FIELD.ContentEncoding)?.trim().toLowerCase() ?? "";
  return coding === "identity" ? "" : coding;
}

/**
 * What of a whole a response is, if it is a slice.
 *
 * @param bytes Bytes of a slice.
 * @returns Undefined if it is something else than what was asked for.
 */
export function partIn(
  { status, fields, framing }: ResponseHead,
  index: number,
  bytes: number,
): PartOfWhole | undefined {
  const text = fields.text(FIELD.ContentRange);
  const part = status === 206 && text !== undefined
    ? parseContentRange(text)
    : undefined;
  if (part === undefined) return undefined;
  const { start, end } = rangeOfSlice({ bytes, length: part.length }, index);
  const isIt = part.start === start && part.end === end &&
    framing.kind === "length" && framing.length === end - start;
  return isIt ? part : undefined;
}

/**
 * Whether a response says that ranges of it can be asked for, or that they cannot;
 * undefined if it says nothing: then they may be tried (RFC 9110 §14.3).
 */
export function offersRanges(fields: FieldSection): boolean | undefined {
  const offered = fields.text(FIELD.AcceptRanges)?.toLowerCase();
  return offered === undefined ? undefined : offered === "bytes";
}

/**
 * What tells a version.
 *
 * @param variant What tells the variant of the response from others of its key.
 * @param purges The number of the last purge that names it: what was kept before that is of another version.
 */
export function versionOf(
  { etag, lastModified }: Validated,
  { bytes, length }: Pick<Slices, "bytes" | "length">,
  variant: string,
  purges: number,
): string {
  const text = JSON.stringify([etag, lastModified, bytes, length, variant]);
  return `${purges.toString(36)}.${fnvText(text)}`;
}
