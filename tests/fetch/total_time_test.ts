/** How long a try may take, by the time that is left for all of them. */

import type { Fetch } from "../../lib/exchange/fetch_state.ts";
import { isTooLate, responseMsOf } from "../../lib/fetch/total_time.ts";
import { assertEquals } from "../support/assert.ts";

const NOW_MS = 1000;

function fetchDue(dueMs: number, responseMs: number): Fetch {
  return {
    dueMs,
    route: { timeouts: { responseMs } },
    site: { wheel: { now: () => NOW_MS } },
  } as unknown as Fetch;
}

/** Without a total time, it is never due; 0 for no limit. */
const ROWS: readonly [leftMs: number, responseMs: number, tryMs: number][] = [
  [Infinity, 0, 0],
  [Infinity, 50, 50],
  [30, 0, 30],
  [30, 50, 30],
  [50, 30, 30],
  [2, 50, 2],
  [1, 50, 1],
  [0, 50, 1], // 0 would be no limit
  [-5, 0, 1],
];

for (const [leftMs, responseMs, tryMs] of ROWS) {
  Deno.test(`a try may take ${tryMs} ms of ${leftMs} that are left, at most ${responseMs}`, () => {
    assertEquals(responseMsOf(fetchDue(NOW_MS + leftMs, responseMs)), tryMs);
  });
}

Deno.test("it is too late for a try that would begin when the time is over", () => {
  const due = fetchDue(NOW_MS + 10, 0);
  assertEquals(isTooLate(due, 9), false);
  assertEquals(isTooLate(due, 10), true);
  assertEquals(isTooLate(fetchDue(Infinity, 0), 1e9), false);
});
