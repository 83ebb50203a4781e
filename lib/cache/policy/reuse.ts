/**
 * May a stored response answer a request? RFC 9111 §4, RFC 5861 (pure).
 */

import {
  type Decision,
  no,
  type Reason,
  REASONS,
  yes,
} from "../../reasons/reason.ts";
import { type Directives, isUnqualified, secondsOf } from "./directives.ts";
import type { Metadata } from "./metadata.ts";

/** How long a stale response may stand in for an origin that cannot be reached, unless it says. */
export const STALE_MS_MAX = 24 * 3_600_000;

/**
 * What is to be done with a stored response: `use` it, use it and `refresh` it
 * in the background, or `validate` it first; and why.
 */
export interface Reuse {
  /** What to do. */
  readonly verdict: "use" | "refresh" | "validate";
  /** The rule that decided. */
  readonly reason: Reason;
  /** Where the rule stands: RFC and section. */
  readonly source: string;
}

function made(verdict: Reuse["verdict"], reason: Reason): Reuse {
  return { verdict, reason, source: REASONS[reason].source };
}

/** Made once: there are few, and one of them is made for each request. */
const FRESH = made("use", "fresh");
const MARKED_STALE = made("refresh", "soft-purged");
const MARKED_MUST_REVALIDATE = made("validate", "soft-purged");
const WHILE_REFRESHED = made("refresh", "stale-while-revalidate");
const MAX_STALE = made("use", "max-stale");
const STALE = made("validate", "stale");
const NO_CACHE = made("validate", "no-cache");
const REQUEST_NO_CACHE = made("validate", "request");
const REQUEST_MAX_AGE = made("validate", "request-max-age");
const REQUEST_MIN_FRESH = made("validate", "request-min-fresh");

/** The age of a stored response, in ms (RFC 9111 §4.2.3). */
export function currentAge(stored: Metadata, nowMs: number): number {
  return stored.initialAgeMs + Math.max(0, nowMs - stored.responseMs);
}

/** How long a stored response stays fresh, in ms; negative once it is stale. */
export function remainingLifetime(stored: Metadata, nowMs: number): number {
  return stored.lifetimeMs - currentAge(stored, nowMs);
}

/**
 * Decides what to do with the stored response that is selected.
 *
 * @param request The request's directives, with `Pragma: no-cache` made one of them.
 * @param isMarkedStale Whether a soft purge has named it: as long as its lifetime
 *   lasts, it is used while it is fetched anew, unless it says `must-revalidate`.
 */
export function reuse(
  stored: Metadata,
  request: Directives,
  nowMs: number,
  isMarkedStale = false,
): Reuse {
  const remainingMs = remainingLifetime(stored, nowMs);
  if (request.size > 0) {
    const wish = wishOf(stored, request, remainingMs, nowMs);
    if (wish !== undefined) return wish;
  }
  if (stored.noCache) return NO_CACHE;
  if (remainingMs > 0) {
    if (!isMarkedStale) return FRESH;
    return stored.mustRevalidate ? MARKED_MUST_REVALIDATE : MARKED_STALE;
  }
  const staleMs = -remainingMs;
  if (!stored.mustRevalidate) {
    if (staleMs < stored.staleWhileRevalidateMs) return WHILE_REFRESHED;
    if (!stored.hasSharedMaxAge && toleratedStaleness(request) >= staleMs) {
      return MAX_STALE;
    }
  }
  return STALE;
}

/** What the request asks for beyond freshness; undefined if it is content. */
function wishOf(
  stored: Metadata,
  request: Directives,
  remainingMs: number,
  nowMs: number,
): Reuse | undefined {
  if (isUnqualified(request, "no-cache")) return REQUEST_NO_CACHE;
  const ageMax = secondsOf(request, "max-age");
  const ageMs = currentAge(stored, nowMs);
  if (ageMax !== undefined && !(ageMs <= (ageMax || 0) * 1000)) {
    // max-stale beside max-age tolerates age, too, but only that of the response's own lifetime.
    return REQUEST_MAX_AGE;
  }
  const freshMin = secondsOf(request, "min-fresh");
  if (freshMin !== undefined && !(remainingMs >= freshMin * 1000)) {
    return REQUEST_MIN_FRESH;
  }
  return undefined;
}

/** How stale a response the request accepts, in ms; without a number any. */
function toleratedStaleness(request: Directives): number {
  if (request.get("max-stale") === "") return Infinity;
  const seconds = secondsOf(request, "max-stale");
  return seconds === undefined ? -1 : (seconds || 0) * 1000;
}

/**
 * Whether a stale response may stand in when its validation failed, and why (RFC
 * 9111 §4.2.4, RFC 5861 §4).
 *
 * @param failure `unreachable` if the origin gave no response at all, `status` if
 *   it answered with a server error.
 */
export function staleDecision(
  stored: Metadata,
  request: Directives,
  failure: "unreachable" | "status",
  nowMs: number,
): Decision {
  if (stored.mustRevalidate) return no("must-revalidate");
  if (stored.noCache) return no("no-cache");
  if (stored.hasSharedMaxAge && stored.staleIfErrorMs === undefined) {
    return no("s-maxage");
  }
  if (isUnqualified(request, "no-cache")) return no("request");
  const staleMs = Math.max(0, -remainingLifetime(stored, nowMs));
  const allowedMs = errorToleranceMs(stored, request);
  if (failure === "status" && allowedMs === undefined) {
    return no("error-passed-on");
  }
  if (staleMs > (allowedMs ?? STALE_MS_MAX)) return no("too-stale");
  return yes(failure === "status" ? "stale-if-error" : "origin-unreachable");
}

/** The verdict of {@linkcode staleDecision} alone. */
export function mayServeStale(
  stored: Metadata,
  request: Directives,
  failure: "unreachable" | "status",
  nowMs: number,
): boolean {
  return staleDecision(stored, request, failure, nowMs).verdict;
}

/** How stale it may be to stand in for an error, in ms; undefined if nobody says. */
function errorToleranceMs(
  stored: Metadata,
  request: Directives,
): number | undefined {
  const seconds = secondsOf(request, "stale-if-error");
  const requestedMs = seconds === undefined ? undefined : (seconds || 0) * 1000;
  const { hasSharedMaxAge, staleIfErrorMs } = stored;
  if (!hasSharedMaxAge || staleIfErrorMs === undefined) {
    return requestedMs ?? staleIfErrorMs;
  }
  // The request may ask for less than the response allows, not for more.
  return Math.min(staleIfErrorMs, requestedMs ?? Infinity);
}
