/** What this room writes of a fetch and its outcome: what its cache has found out, and what the origin is asked for. */

import type { CacheOutcome } from "../exchange/cache_outcome.ts";
import type { Fetch } from "../exchange/fetch_state.ts";
import type { Written } from "../exchange/written.ts";

/** The fields of an outcome that looking up, fetching and storing write. */
export function noting(
  outcome: CacheOutcome,
): Written<
  CacheOutcome,
  | "age"
  | "alone"
  | "asksFewCodings"
  | "asksForAll"
  | "isValidating"
  | "detail"
  | "epoch"
  | "isCollapsed"
  | "isFirstHand"
  | "isForOne"
  | "isStored"
  | "key"
  | "originStatus"
  | "ownLines"
  | "reason"
  | "result"
  | "sharedFetch"
  | "shown"
  | "sliceAsked"
  | "staleRefusal"
  | "ttlMs"
  | "why"
> {
  return outcome;
}

/** The field of a fetch that says which servers it is for. */
export function splitting(fetch: Fetch): Written<Fetch, "part"> {
  return fetch;
}

/** The field of a fetch that brings its client back to its server. */
export function sticking(fetch: Fetch): Written<Fetch, "stickyLine"> {
  return fetch;
}

/** The field of a fetch that says when it was begun: later than it was made, if it had to wait. */
export function starting(fetch: Fetch): Written<Fetch, "startedMs"> {
  return fetch;
}

/** The field of a fetch that a rewriting writes. */
export function rewriting(fetch: Fetch): Written<Fetch, "target"> {
  return fetch;
}
