/**
 * May a stored response answer a request? RFC 9111 §4, RFC 5861 (pure).
 */

import { type Directives, isUnqualified, secondsOf } from "./directives.ts";
import type { Metadata } from "./metadata.ts";

/** How long a stale response may stand in for an origin that cannot be reached, unless it says. */
export const STALE_MS_MAX = 24 * 3_600_000;

/**
 * What is to be done with a stored response: `use` it, use it and `refresh` it
 * behind the client's back, or `validate` it first; and why.
 */
export interface Reuse {
  /** What to do. */
  readonly verdict: "use" | "refresh" | "validate";
  /** The rule that decided, in a word. */
  readonly reason: string;
  /** Where the rule stands: RFC and section. */
  readonly source: string;
}

const FRESH: Reuse = { verdict: "use", reason: "fresh", source: "9111 §4.2" };

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
 */
export function reuse(
  stored: Metadata,
  request: Directives,
  nowMs: number,
): Reuse {
  const remainingMs = remainingLifetime(stored, nowMs);
  if (request.size > 0) {
    const wish = wishOf(stored, request, remainingMs, nowMs);
    if (wish !== undefined) return wish;
  }
  if (stored.noCache) {
    return { verdict: "validate", reason: "no-cache", source: "9111 §5.2.2.4" };
  }
  if (remainingMs > 0) return FRESH;
  const staleMs = -remainingMs;
  if (!stored.mustRevalidate) {
    if (staleMs < stored.staleWhileRevalidateMs) {
      return {
        verdict: "refresh",
        reason: "stale-while-revalidate",
        source: "5861 §3",
      };
    }
    if (!stored.hasSharedMaxAge && toleratedStaleness(request) >= staleMs) {
      return { verdict: "use", reason: "max-stale", source: "9111 §5.2.1.2" };
    }
  }
  return { verdict: "validate", reason: "stale", source: "9111 §4.3" };
}

/** What the request asks for beyond freshness; undefined if it is content. */
function wishOf(
  stored: Metadata,
  request: Directives,
  remainingMs: number,
  nowMs: number,
): Reuse | undefined {
  if (isUnqualified(request, "no-cache")) {
    return { verdict: "validate", reason: "request", source: "9111 §5.2.1.4" };
  }
  const ageMax = secondsOf(request, "max-age");
  const ageMs = currentAge(stored, nowMs);
  if (ageMax !== undefined && !(ageMs <= (ageMax || 0) * 1000)) {
    // max-stale beside max-age tolerates age, too, but only that of the response's own lifetime.
    return { verdict: "validate", reason: "request", source: "9111 §5.2.1.1" };
  }
  const freshMin = secondsOf(request, "min-fresh");
  if (freshMin !== undefined && !(remainingMs >= freshMin * 1000)) {
    return { verdict: "validate", reason: "request", source: "9111 §5.2.1.3" };
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
 * Whether a stale response may stand in when its validation failed (RFC 9111
 * §4.2.4, RFC 5861 §4).
 *
 * @param failure `unreachable` if the origin gave no response at all, `status` if
 *   it answered with a server error.
 */
export function mayStandIn(
  stored: Metadata,
  request: Directives,
  failure: "unreachable" | "status",
  nowMs: number,
): boolean {
  if (stored.mustRevalidate || stored.noCache) return false;
  if (stored.hasSharedMaxAge && stored.staleIfErrorMs === undefined) {
    return false;
  }
  if (isUnqualified(request, "no-cache")) return false;
  const staleMs = Math.max(0, -remainingLifetime(stored, nowMs));
  const allowedMs = errorToleranceMs(stored, request);
  if (allowedMs !== undefined) return staleMs <= allowedMs;
  return failure === "unreachable" && staleMs <= STALE_MS_MAX;
}

/** How stale it may be to stand in for an error, in ms; undefined if nobody says. */
function errorToleranceMs(
  stored: Metadata,
  request: Directives,
): number | undefined {
  const seconds = secondsOf(request, "stale-if-error");
  const wishedMs = seconds === undefined ? undefined : (seconds || 0) * 1000;
  const { hasSharedMaxAge, staleIfErrorMs } = stored;
  if (!hasSharedMaxAge || staleIfErrorMs === undefined) {
    return wishedMs ?? staleIfErrorMs;
  }
  // The request may ask for less than the response allows, not for more.
  return Math.min(staleIfErrorMs, wishedMs ?? Infinity);
}
