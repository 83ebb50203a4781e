/**
 * Rates, counted once for all threads: GCRA, the leaky bucket that needs one number for
 * each key: the time at which its allowance is whole again.
 *
 * The memory is fixed. When a set of slots is full, a new key takes the slot that is
 * the nearest to being idle, together with what was counted there: so the least used
 * keys go first, and a flood of new keys gets no more in all than the slots allow,
 * whatever it calls itself.
 */

import type { LimitKey } from "./limit_key.ts";
import { SlotSets, WAYS } from "./slot_sets.ts";

/** Some 131,000 keys at a time. */
const SETS = 1 << 14;

/** What a limit allows: one each `intervalMs`, and `burst` at once after a pause. */
export interface Allowance {
  readonly intervalMs: number;
  readonly burst: number;
  /** How much more than that may be owed, in ms, where several nodes let requests through. */
  readonly debtMs?: number;
}

/** See the module's comment. */
export class RateTable {
  readonly #sets: SlotSets;
  /** By slot: when the allowance is whole again, in ms since the epoch. */
  readonly #wholeMs: Float64Array;
  /** Of the last look: how many more are allowed at once. */
  remaining = 0;
  /** Of the last look: in how many ms the allowance is whole again. */
  resetMs = 0;

  /** @param at Where it begins in `memory`; a multiple of 8. */
  constructor(memory: SharedArrayBuffer, at: number) {
    this.#sets = new SlotSets(memory, at + SETS * WAYS * 8, SETS);
    this.#wholeMs = new Float64Array(memory, at, SETS * WAYS);
  }

  /** Bytes that it takes. */
  static get bytes(): number {
    return SETS * WAYS * Float64Array.BYTES_PER_ELEMENT +
      SlotSets.bytesOf(SETS);
  }

  /**
   * Counts a request, if it is allowed.
   *
   * @param isCounted Whether it is counted; if not, this is only a look.
   * @returns How long it is too early, in ms; 0 if it is allowed.
   */
  take(
    key: LimitKey,
    { intervalMs, burst, debtMs = 0 }: Allowance,
    nowMs: number,
    isCounted = true,
  ): number {
    const sets = this.#sets;
    const first = sets.lock(key);
    const slot = this.#slotOf(key, first);
    // A clock that was set back would keep everybody waiting for as long.
    const fullMs = nowMs + burst * intervalMs;
    const lastMs = fullMs + debtMs;
    const wholeMs = Math.min(Math.max(this.#wholeMs[slot]!, nowMs), lastMs);
    const earlyMs = wholeMs + intervalMs - fullMs;
    // What floating point leaves over is no reason to wait.
    const isAllowed = earlyMs <= intervalMs * 1e-6;
    const nextMs = isAllowed ? wholeMs + intervalMs : wholeMs;
    if (isCounted) {
      sets.take(key, slot);
      this.#wholeMs[slot] = nextMs;
    }
    sets.unlock(first);
    this.resetMs = nextMs - nowMs;
    this.remaining = Math.floor((fullMs - nextMs) / intervalMs + 1e-6);
    return isAllowed ? 0 : earlyMs;
  }

  /** Others have counted the same: its allowance is not whole again before `leftMs` have passed. */
  raise(
    key: LimitKey,
    { intervalMs, burst, debtMs = 0 }: Allowance,
    nowMs: number,
    leftMs: number,
  ): void {
    const sets = this.#sets;
    const first = sets.lock(key);
    const slot = this.#slotOf(key, first);
    const isKnown = sets.find(key, first) >= 0;
    const mostMs = Math.min(leftMs, burst * intervalMs + debtMs);
    const before = isKnown ? this.#wholeMs[slot]! : 0;
    sets.take(key, slot);
    this.#wholeMs[slot] = Math.max(before, nowMs + mostMs);
    sets.unlock(first);
  }

  #slotOf(key: LimitKey, first: number): number {
    const slot = this.#sets.find(key, first);
    if (slot >= 0) return slot;
    let least = first;
    for (let other = first + 1; other < first + WAYS; other++) {
      if (this.#wholeMs[other]! < this.#wholeMs[least]!) least = other;
    }
    return least;
  }
}
