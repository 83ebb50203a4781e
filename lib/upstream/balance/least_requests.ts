/**
 * Of two servers drawn by chance, the one with fewer requests in flight (pure).
 *
 * To look at all servers would send every worker to the same one at the same moment;
 * of two, the better one is nearly as good (the power of two choices). Both are drawn
 * by weight, so that idle servers get their shares, too.
 */

import {
  type Candidate,
  drawn,
  type Random,
  totalWeight,
} from "./candidate.ts";

/** Chooses a server; there is at least one. */
export function leastRequests<T extends Candidate>(
  candidates: readonly T[],
  random: Random,
): T {
  const first = drawn(candidates, random);
  if (candidates.length === 1) return first;
  const second = drawn(candidates, random, first);
  return isLess(second, first) ? second : first;
}

/** Whether the first has fewer requests in flight for its weight. */
function isLess(a: Candidate, b: Candidate): boolean {
  return a.load * b.weight < b.load * a.weight;
}

/** By candidate: how likely {@linkcode leastRequests} chooses it, from 0 to 1. */
export function leastRequestsOdds(candidates: readonly Candidate[]): number[] {
  const odds = candidates.map(() => 0);
  const total = totalWeight(candidates);
  if (candidates.length === 1) return [1];
  for (const [i, first] of candidates.entries()) {
    for (const [j, second] of candidates.entries()) {
      if (i === j) continue;
      const likely = first.weight / total * second.weight /
        (total - first.weight);
      odds[isLess(second, first) ? j : i]! += likely;
    }
  }
  return odds;
}
