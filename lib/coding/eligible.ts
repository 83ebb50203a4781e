/** Which responses may be compressed and are worth it (pure). */

import { FIELD } from "../http/field.ts";
import type { FieldSection } from "../http/section.ts";
import type { CodingReason } from "../reasons/reason.ts";

/** The settings of compression. */
export interface Eligibility {
  /** Bytes of content; less is not worth it. */
  readonly bytesMin: number;
  /** Media types in lower case; one that ends with `/` stands for all of its kind. */
  readonly types: ReadonlySet<string>;
}

/** Statuses whose content is not a whole representation, or that have none (RFC 9110 §15). */
const NEVER: ReadonlySet<number> = new Set([204, 205, 206, 304]);
const NO_TRANSFORM = /(?:^|,)[\t ]*no-transform[\t ]*(?:$|[,=])/i;

/** The media types that compress well: text, and types that are text under another name. */
export const COMPRESSIBLE_TYPES: readonly string[] = [
  "text/",
  "application/atom+xml",
  "application/eot",
  "application/javascript",
  "application/json",
  "application/ld+json",
  "application/manifest+json",
  "application/rss+xml",
  "application/rtf",
  "application/toml",
  "application/vnd.ms-fontobject",
  "application/wasm",
  "application/x-font-ttf",
  "application/x-httpd-cgi",
  "application/x-javascript",
  "application/x-ndjson",
  "application/x-web-app-manifest+json",
  "application/x-yaml",
  "application/xhtml+xml",
  "application/xml",
  "application/yaml",
  "font/otf",
  "font/ttf",
  "image/bmp",
  "image/svg+xml",
  "image/vnd.microsoft.icon",
  "image/x-icon",
];

/**
 * Whether a response may be given a content coding: for a client that takes none it
 * still says that it varies.
 *
 * @param length Bytes of content; -1 if unknown.
 */
export function isEligible(
  status: number,
  fields: FieldSection,
  length: number,
  eligibility: Eligibility,
): boolean {
  return codingReason(status, fields, length, eligibility) === "compressible";
}

/**
 * Why a response may not be given a content coding; `compressible` if it may.
 *
 * @param length Bytes of content; -1 if unknown.
 */
export function codingReason(
  status: number,
  fields: FieldSection,
  length: number,
  { bytesMin, types }: Eligibility,
): CodingReason {
  if (status < 200 || NEVER.has(status)) return "no-whole-content";
  if (length >= 0 && length < bytesMin) return "too-small";
  if (fields.has(FIELD.ContentRange)) return "part";
  return contentReason(fields, types);
}

/** Whether content with these fields, or the whole that it is a part of, may be given a content coding. */
export function isCodable(
  fields: FieldSection,
  types: Eligibility["types"],
): boolean {
  return contentReason(fields, types) === "compressible";
}

function contentReason(
  fields: FieldSection,
  types: Eligibility["types"],
): CodingReason {
  if (!isPlain(fields)) return "already-coded";
  if (forbidsTransform(fields)) return "no-transform";
  return isCompressible(mediaType(fields), types)
    ? "compressible"
    : "media-type";
}

/**
 * Whether a request or a response forbids that its content is given a coding, or that
 * one is taken off: `no-transform` (RFC 9111 §5.2.1.6, §5.2.2.6).
 */
export function forbidsTransform(fields: FieldSection): boolean {
  return saysNoTransform(fields, FIELD.CacheControl) ||
    saysNoTransform(fields, FIELD.CdnCacheControl);
}

function saysNoTransform(fields: FieldSection, id: number): boolean {
  return fields.has(id) && NO_TRANSFORM.test(fields.text(id)!);
}

/** Whether the content has no coding yet (RFC 9110 §8.4). */
export function isPlain(fields: FieldSection): boolean {
  const coding = fields.text(FIELD.ContentEncoding);
  return coding === undefined || coding.trim().toLowerCase() === "identity" ||
    coding.trim() === "";
}

/** The media type without parameters, in lower case; empty if there is none. */
function mediaType(fields: FieldSection): string {
  return (fields.text(FIELD.ContentType) ?? "").split(";")[0]!.trim()
    .toLowerCase();
}

function isCompressible(type: string, types: ReadonlySet<string>): boolean {
  return types.has(type) || types.has(type.slice(0, type.indexOf("/") + 1)) ||
    (type.includes("/") && (type.endsWith("+json") || type.endsWith("+xml")));
}
