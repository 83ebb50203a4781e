/** The time that all tries of a request may take together, until a response begins. */

import type { Fetch } from "../exchange/fetch_state.ts";
import { fetching } from "./writes.ts";

/** It begins: the request may be sent, or its content has been. */
export function beginTotal(fetch: Fetch): void {
  const { route: { timeouts: { totalMs } }, site: { wheel } } = fetch;
  if (totalMs > 0) fetching(fetch).dueMs = wheel.now() + totalMs;
}

/** How long this try may take to begin its response, in ms; 0 for no limit. */
export function responseMsOf(fetch: Fetch): number {
  const { dueMs, route: { timeouts: { responseMs } } } = fetch;
  if (dueMs === Infinity) return responseMs;
  const leftMs = Math.max(1, dueMs - fetch.site.wheel.now());
  return responseMs === 0 ? leftMs : Math.min(responseMs, leftMs);
}

/** Whether there is no time for one more try that begins after a delay. */
export function isTooLate(fetch: Fetch, delayMs: number): boolean {
  return fetch.dueMs !== Infinity &&
    fetch.site.wheel.now() + delayMs >= fetch.dueMs;
}
