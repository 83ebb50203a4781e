/**
 * Of two servers drawn by chance, the one with fewer requests in flight (pure).
 *
 * To look at all servers would send every worker to the same one at the same moment;
 * of two, the better one is nearly as good (the power of two choices). Both are drawn
 * by weight, so that idle servers get their shares, too.
 */

import { type Candidate, drawn, type Random } from "./candidate.ts";

/** Chooses a server; there is at least one. */
export function leastRequests<T extends Candidate>(
  candidates: readonly T[],
  random: Random,
): T {
  const first = drawn(candidates, random);
  if (candidates.length === 1) return first;
  const second = drawn(candidates, random, first);
  const isLess = second.load * first.weight < first.load * second.weight;
  return isLess ? second : first;
}
