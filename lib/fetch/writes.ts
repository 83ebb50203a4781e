/** What this room writes of a fetch. */

import type { Fetch } from "../exchange/fetch_state.ts";
import type { Written } from "../exchange/written.ts";

/** The fields of a fetch that asking the origin writes. */
export function fetching(
  fetch: Fetch,
): Written<
  Fetch,
  | "acquisition"
  | "connectMs"
  | "dueMs"
  | "connectionAgeMs"
  | "isReused"
  | "origin"
  | "originMs"
  | "queueMs"
  | "unsent"
  | "upload"
  | "retryReason"
  | "sentMs"
  | "sentOn"
  | "server"
  | "tryCount"
> {
  return fetch;
}
