/** What this room's functions write of a fetch and its outcome. */

import type { CacheOutcome } from "./cache_outcome.ts";
import type { Fetch } from "./fetch_state.ts";
import type { Written } from "./written.ts";

/** The fields of a fetch by which others know its request. */
export function identifying(
  fetch: Fetch,
): Written<Fetch, "requestId" | "idLine"> {
  return fetch;
}

/** The fields of a fetch that its trace has. */
export function tracing(fetch: Fetch): Written<Fetch, "spans" | "traceLines"> {
  return fetch;
}

/** The fields of an outcome that say what is looked up, and how. */
export function keying(
  outcome: CacheOutcome,
): Written<
  CacheOutcome,
  | "varied"
  | "hash"
  | "hasQuery"
  | "hadDotSegments"
  | "extraKey"
  | "directives"
> {
  return outcome;
}
