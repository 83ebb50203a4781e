/** A server as those who choose among several see it (pure). */

/** See the module's comment. */
export interface Candidate {
  /** What tells it from the others, the same in all workers and after a restart. */
  readonly id: number;
  /** Its share of requests beside the others'; above 0. */
  readonly weight: number;
  /** Requests that it is working on. */
  readonly load: number;
}

/** A number from 0 to 1, without 1: chance is handed in. */
export type Random = () => number;

/** The weights of all, added up. */
export function totalWeight(candidates: readonly Candidate[]): number {
  let total = 0;
  for (const { weight } of candidates) total += weight;
  return total;
}

/**
 * One of them by chance: each is drawn as often as its weight says.
 *
 * @param without One that is not drawn, unless it is the only one.
 */
export function drawn<T extends Candidate>(
  candidates: readonly T[],
  random: Random,
  without?: T,
): T {
  const total = totalWeight(candidates) - (without?.weight ?? 0);
  let left = random() * total;
  let last = candidates[0]!;
  for (const candidate of candidates) {
    if (candidate === without) continue;
    last = candidate;
    left -= candidate.weight;
    if (left < 0) break;
  }
  return last;
}
