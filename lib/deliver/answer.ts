/** What an answer from memory says of itself: its age, its connection, how it came about. */

import { currentAge, remainingLifetime } from "../cache/policy/reuse.ts";
import type { StoredResponse } from "../cache/store/stored_response.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { connectionOf } from "./pass.ts";
import type { StoredAnswer } from "../head/stored_answer.ts";

/** What the answer says besides what is stored. */
export function answerOf(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): StoredAnswer {
  const { use } = x;
  const { metadata } = stored.head;
  const connection = connectionOf(x);
  if (use.isFirstHand) {
    return {
      age: metadata.ageMs > 0 ? seconds(metadata.ageMs) : -1,
      cacheStatus: use.forwardLine(),
      ttl: undefined,
      ownLines: use.ownLines,
      connection,
    };
  }
  const age = seconds(currentAge(metadata, nowMs));
  if (stored.isArriving) {
    // The client shares the request that brings it; whether it is stored in the end, nobody knows yet.
    use.reason ??= "miss";
    use.isCollapsed = true;
    x.use.result = "collapsed";
  }
  if (use.reason !== undefined) {
    const cacheStatus = use.forwardLine();
    if (use.isCollapsed && x.use.result === "miss") {
      x.use.result = "collapsed";
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
  x.use.result = remainingMs > 0 ? "hit" : "stale";
  const isShown = use.shown !== "off";
  return {
    age,
    cacheStatus: isShown ? use.hitLine() : "",
    ttl: isShown ? seconds(remainingMs) : undefined,
    ownLines: undefined,
    connection,
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
