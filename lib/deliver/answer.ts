/** What an answer from memory says of itself: its age, its connection, how it came about. */

import { currentAge, remainingLifetime } from "../cache/policy/reuse.ts";
import type { StoredResponse } from "../cache/store/stored_response.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { connectionOf } from "./pass.ts";
import type { StoredAnswer } from "../head/stored_response.ts";

/** What the answer says besides what is stored. */
export function answerOf(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): StoredAnswer {
  const { outcome } = x;
  const { metadata } = stored.head;
  const connection = connectionOf(x);
  if (outcome.isFirstHand) {
    return {
      age: metadata.ageMs > 0 ? seconds(metadata.ageMs) : -1,
      cacheStatus: outcome.forwardLine(),
      ttl: undefined,
      ownLines: outcome.ownLines,
      connection,
    };
  }
  const age = seconds(currentAge(metadata, nowMs));
  if (stored.isArriving) {
    // The client shares the request that brings it; whether it is stored in the end, nobody knows yet.
    outcome.reason ??= "miss";
    outcome.isCollapsed = true;
    x.outcome.result = "collapsed";
  }
  if (outcome.reason !== undefined) {
    const cacheStatus = outcome.forwardLine();
    if (outcome.isCollapsed && x.outcome.result === "miss") {
      x.outcome.result = "collapsed";
    }
    return {
      age,
      cacheStatus,
      ttl: undefined,
      ownLines: undefined,
      connection,
    };
  }
  const remainingMs = remainingLifetime(metadata, nowMs);
  x.outcome.result = remainingMs > 0 ? "hit" : "stale";
  const isShown = outcome.shown !== "off";
  return {
    age,
    cacheStatus: isShown ? outcome.hitLine() : "",
    ttl: isShown ? seconds(remainingMs) : undefined,
    ownLines: undefined,
    connection,
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
