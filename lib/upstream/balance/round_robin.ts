/**
 * Smooth weighted round-robin: each server in turn, a heavier one more often, and its
 * turns spread among the others' (pure).
 *
 * Which server a turn is for depends on its number alone. So workers that count turns
 * together go round together.
 */

import type { Candidate } from "./candidate.ts";

/** Turns until all begins again; weights that need more are rounded. */
const ROUND_MAX = 4096;

/**
 * By turn: which of the weights it is for.
 *
 * @param weights Above 0.
 */
export function smoothRound(
  weights: readonly number[],
): Uint16Array<ArrayBuffer> {
  const whole = wholeWeights(weights);
  const length = whole.reduce((sum, weight) => sum + weight, 0);
  const round = new Uint16Array(length);
  const current = whole.map(() => 0);
  for (let turn = 0; turn < length; turn++) {
    let best = 0;
    for (let i = 0; i < whole.length; i++) {
      current[i]! += whole[i]!;
      if (current[i]! > current[best]!) best = i;
    }
    current[best]! -= length;
    round[turn] = best;
  }
  return round;
}

/** Weights as small whole numbers with the same proportions, as far as that goes. */
function wholeWeights(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const isWhole = weights.every(Number.isInteger);
  const scale = isWhole && total <= ROUND_MAX ? 1 : ROUND_MAX / total;
  const whole = weights.map((weight) =>
    Math.max(1, Math.round(weight * scale))
  );
  const divisor = whole.reduce(commonDivisor);
  return whole.map((weight) => weight / divisor);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** Goes round; it keeps the round of the weights that it saw last. */
export class RoundRobin {
  #weights: number[] = [];
  #round = new Uint16Array();

  /**
   * Chooses a server; there is at least one.
   *
   * @param turn Counted by all workers together, from 0.
   */
  choose<T extends Candidate>(candidates: readonly T[], turn: number): T {
    if (!this.#knows(candidates)) {
      this.#weights = candidates.map(({ weight }) => weight);
      this.#round = smoothRound(this.#weights);
    }
    return candidates[this.#round[turn % this.#round.length]!]!;
  }

  #knows(candidates: readonly Candidate[]): boolean {
    if (candidates.length !== this.#weights.length) return false;
    for (let i = 0; i < candidates.length; i++) {
      if (candidates[i]!.weight !== this.#weights[i]) return false;
    }
    return true;
  }
}
