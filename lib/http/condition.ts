/**
 * Validators, and the conditions of clients (RFC 9110 §8.8, §13) as a cache evaluates
 * them against a representation that it holds.
 */

import { parseHttpDate } from "./date.ts";
import { FIELD } from "./field.ts";
import type { FieldSection } from "./section.ts";

/** The validators of a representation. Times are in ms since the epoch. */
export interface Validators {
  /** The entity tag as it came, `W/` and quotes included; empty if there is none. */
  readonly etag: string;
  /** `Last-Modified`; undefined if there is none. */
  readonly lastModifiedMs: number | undefined;
  /** When the response was made. */
  readonly dateMs: number;
}

const ENTITY_TAG = /(?:W\/)?"[^"]*"/g;
/** A date that is this much older than its response is a strong validator (RFC 9110 §8.8.2.2). */
export const STRONG_DATE_MS = 1000;

/** The opaque part of an entity tag, which weak comparison compares (RFC 9110 §8.8.3.2). */
export function opaqueTag(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}

/** Strong comparison: equal, and neither is weak. */
export function isStrongMatch(a: string, b: string): boolean {
  return a !== "" && a === b && !a.startsWith("W/");
}

/** An `If-Match` or `If-None-Match` value with each of its entity tags replaced. */
export function replaceTags(
  value: string,
  replacement: (tag: string) => string,
): string {
  return value.replaceAll(ENTITY_TAG, replacement);
}

/**
 * The entity tag that the client holds, of those that a 304 may name: the
 * representation's own, and the weak one that sluice gives a coded form of it.
 *
 * @param own The entity tag of the representation, as it came.
 * @param preferred The one to name if the client holds either or does not say.
 */
export function heldTag(
  request: FieldSection,
  own: string,
  preferred: string,
): string {
  const ifNoneMatch = request.text(FIELD.IfNoneMatch);
  if (
    ifNoneMatch === undefined || ifNoneMatch === preferred ||
    opaqueTag(own) !== own
  ) return preferred;
  let held: string | undefined;
  for (const [tag] of ifNoneMatch.matchAll(ENTITY_TAG)) {
    if (tag === preferred) return preferred;
    if (opaqueTag(tag) === own) held = tag;
  }
  return held ?? preferred;
}

/** Whether `If-None-Match` names the entity tag, by weak comparison (RFC 9110 §13.1.2). */
function namesTag(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag && etag !== "") return true; // as mostly
  if (ifNoneMatch.trim() === "*") return true;
  if (etag === "") return false;
  const opaque = opaqueTag(etag);
  for (const [tag] of ifNoneMatch.matchAll(ENTITY_TAG)) {
    if (opaqueTag(tag) === opaque) return true;
  }
  return ifNoneMatch.trim() === etag; // a tag without quotes, of a client and origin that agree on it
}

/** Whether a GET or HEAD request has a condition that a cache may evaluate (RFC 9111 §4.3.2). */
export function hasCondition(request: FieldSection): boolean {
  return request.has(FIELD.IfNoneMatch) || request.has(FIELD.IfModifiedSince);
}

/**
 * Whether a GET or HEAD request is answered with 304: the client has what would be
 * sent (RFC 9110 §13.2.2, RFC 9111 §4.3.2).
 *
 * @param nowMs The time, in ms since the epoch.
 */
export function isNotModified(
  request: FieldSection,
  held: Validators,
  nowMs: number,
): boolean {
  const ifNoneMatch = request.text(FIELD.IfNoneMatch);
  if (ifNoneMatch !== undefined) return namesTag(ifNoneMatch, held.etag);
  const since = request.text(FIELD.IfModifiedSince);
  if (since === undefined) return false;
  const sinceMs = parseHttpDate(since, nowMs);
  return sinceMs !== undefined &&
    (held.lastModifiedMs ?? held.dateMs) <= sinceMs;
}

/** Whether a request has a condition that only an origin evaluates (RFC 9110 §13.1.1, §13.1.4). */
export function hasPrecondition(request: FieldSection): boolean {
  return request.has(FIELD.IfMatch) || request.has(FIELD.IfUnmodifiedSince);
}

/**
 * Whether a request must not be carried out, since the client means another
 * representation than there is: 412 (RFC 9110 §13.2.2).
 *
 * @param nowMs The time, in ms since the epoch.
 */
export function failsPrecondition(
  request: FieldSection,
  { etag, lastModifiedMs }: Validators,
  nowMs: number,
): boolean {
  const ifMatch = request.text(FIELD.IfMatch);
  if (ifMatch !== undefined) {
    return ifMatch.trim() !== "*" &&
      !(ifMatch.match(ENTITY_TAG) ?? []).some((tag) =>
        isStrongMatch(tag, etag)
      );
  }
  const since = request.text(FIELD.IfUnmodifiedSince);
  const sinceMs = since && parseHttpDate(since, nowMs);
  return typeof sinceMs === "number" && lastModifiedMs !== undefined &&
    lastModifiedMs > sinceMs;
}

/**
 * Whether `If-Range` lets a range be served: it is missing, or names what would be
 * sent by a strong validator (RFC 9110 §13.1.5).
 */
export function allowsRange(
  request: FieldSection,
  held: Validators,
  nowMs: number,
): boolean {
  const ifRange = request.text(FIELD.IfRange);
  if (ifRange === undefined) return true;
  if (ifRange.includes('"')) return isStrongMatch(ifRange, held.etag);
  const dateMs = parseHttpDate(ifRange, nowMs);
  const { lastModifiedMs } = held;
  return dateMs !== undefined && dateMs === lastModifiedMs &&
    held.dateMs - lastModifiedMs >= STRONG_DATE_MS;
}
