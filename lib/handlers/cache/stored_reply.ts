/** The reply that a stored response makes, and what it says of itself: its age, how it came about. */

import { currentAge, remainingLifetime } from "../../cache/policy/reuse.ts";
import type { StoredResponse } from "../../cache/store/stored_response.ts";
import { type Exchange, resumeReading } from "../../exchange/exchange_state.ts";
import type { CacheNote } from "../../head/stored_response.ts";
import { deliverOrPage } from "../intercept.ts";
import type { Reply } from "../../deliver/reply.ts";
import { noting } from "../writes.ts";

/**
 * Answers the exchange with a stored response, which it holds.
 *
 * @param nowMs The time, in ms since the epoch.
 * @throws {HttpError} `client_gone`, or `origin_body_cut` if what is arriving breaks off.
 */
export function deliverStored(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): Promise<void> {
  if (stored.incoming !== undefined) resumeReading(x); // so that the client's leaving is seen
  return deliverOrPage(x, storedReply(stored, noteOf(x, stored, nowMs)));
}

/** The reply that a stored response makes. */
export function storedReply(
  stored: StoredResponse,
  note: CacheNote | undefined,
): Reply {
  const { head, status, validators, incoming } = stored;
  return {
    status,
    head,
    content: incoming === undefined
      ? { kind: "stored", stored }
      : { kind: "arriving", stored, incoming },
    validators,
    note,
  };
}

/** What the response says besides what is stored; the outcome takes note of it. */
export function noteOf(
  { outcome }: Exchange,
  stored: StoredResponse,
  nowMs: number,
): CacheNote {
  const { metadata } = stored.head;
  if (outcome.isFirstHand) {
    return {
      age: metadata.ageMs > 0 ? seconds(metadata.ageMs) : -1,
      cacheStatus: outcome.forwardLine(),
      ttl: undefined,
      ownLines: outcome.ownLines,
    };
  }
  const age = seconds(currentAge(metadata, nowMs));
  noting(outcome).age = age;
  if (stored.isArriving) {
    // The client shares the request that brings it; whether it is stored in the end, nobody knows yet.
    noting(outcome).reason ??= "miss";
    noting(outcome).isCollapsed = true;
    noting(outcome).result = "collapsed";
  }
  if (outcome.reason !== undefined) {
    const cacheStatus = outcome.forwardLine();
    if (outcome.isCollapsed && outcome.result === "miss") {
      noting(outcome).result = "collapsed";
    }
    return { age, cacheStatus, ttl: undefined, ownLines: undefined };
  }
  const lifetimeMs = remainingLifetime(metadata, nowMs);
  const remainingMs = stored.isMarkedStale
    ? Math.min(lifetimeMs, 0)
    : lifetimeMs;
  noting(outcome).ttlMs = remainingMs;
  noting(outcome).result = remainingMs > 0 ? "hit" : "stale";
  const isShown = outcome.shown !== "off";
  return {
    age,
    cacheStatus: isShown ? outcome.hitLine() : "",
    ttl: isShown ? seconds(remainingMs) : undefined,
    ownLines: undefined,
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
