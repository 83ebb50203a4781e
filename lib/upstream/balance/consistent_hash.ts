/**
 * The same server for the same key, as long as it is there and not overloaded (pure).
 *
 * Each server has a score for each key, and the highest wins (rendezvous hashing): if
 * a server goes, only its keys move, to all others by their weights; if one comes, it
 * gets its share of keys, and no other key moves. A server that has more than its
 * bounded share of all requests in flight passes keys on to the next best, so that one
 * hot key does not drown it.
 */

import { type Candidate, totalWeight } from "./candidate.ts";
import { fnv } from "../../http/fnv.ts";

/** How much more than its share a server may have in flight. */
export const LOAD_FACTOR = 1.25;

/** Chooses a server for the hash of a key; there is at least one. */
export function consistentHash<T extends Candidate>(
  candidates: readonly T[],
  key: number,
): T {
  const weights = totalWeight(candidates);
  let load = 1; // the request that is to be sent
  for (const candidate of candidates) load += candidate.load;
  let best: T | undefined;
  let bestScore = -Infinity;
  for (const candidate of candidates) {
    const { weight, id } = candidate;
    const bound = Math.ceil(LOAD_FACTOR * load * weight / weights);
    if (candidate.load >= bound) continue;
    const score = scoreOf(key, id, weight);
    if (score > bestScore) {
      bestScore = score;
      best = candidate;
    }
  }
  return best ?? candidates[0]!; // never: not all have more than their share
}

/** Grows with the weight so that each server wins in proportion to it. */
function scoreOf(key: number, id: number, weight: number): number {
  const uniform = (mixed(Math.imul(key, 0x9e3779b1) ^ id) + 0.5) / 2 ** 32;
  return -weight / Math.log(uniform);
}

/** Spreads the bits of a number over all of it. */
function mixed(bits: number): number {
  let hash = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The hash of a text, of its first 64 Ki characters: FNV-1a, with its bits spread. */
export function hashOfText(text: string): number {
  return mixed(fnv(text.slice(0, 65536)));
}
