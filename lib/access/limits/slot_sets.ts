/**
 * Keys in memory that all threads share: sets of a few slots each, and a lock for each
 * set. So the memory is fixed, and a look touches one set.
 *
 * A lock is held for some twenty memory accesses, unless its thread loses the processor
 * meanwhile: then the others sleep. From a thread that has died with one, it is taken.
 */

import type { LimitKey } from "./limit_key.ts";

/** Slots of a set. */
export const WAYS = 8;
/** Tries before a thread goes to sleep: a lock is usually held for less. */
const SPINS = 1000;
/** A sleeper looks again after this, in ms. */
const SLEEP_MS = 1;
/** Sleeps after which the thread that holds the lock is taken for dead. */
const SLEEPS_MAX = 250;
const SEED_SLOTS = 2;
const INT_BYTES = Int32Array.BYTES_PER_ELEMENT;

/** See the module's comment. */
export class SlotSets {
  readonly #locks: Int32Array;
  readonly #keys: Int32Array;
  readonly #mask: number;

  /**
   * @param sets A power of two.
   * @param at Where it begins in `memory`.
   */
  constructor(memory: SharedArrayBuffer, at: number, sets: number) {
    this.#locks = new Int32Array(memory, at, sets);
    this.#keys = new Int32Array(memory, at + sets * INT_BYTES, sets * WAYS * 2);
    this.#mask = sets - 1;
  }

  /** Bytes that so many sets take. */
  static bytesOf(sets: number): number {
    return sets * (1 + WAYS * 2) * INT_BYTES;
  }

  /** Locks the set of a key, and returns the first of its slots. */
  lock({ low }: LimitKey): number {
    const set = low & this.#mask;
    for (let spins = 0; spins < SPINS; spins++) {
      if (this.#tryLock(set)) return set * WAYS;
    }
    for (let sleeps = 0; sleeps < SLEEPS_MAX; sleeps++) {
      Atomics.wait(this.#locks, set, 1, SLEEP_MS);
      if (this.#tryLock(set)) break;
    }
    return set * WAYS;
  }

  #tryLock(set: number): boolean {
    return Atomics.compareExchange(this.#locks, set, 0, 1) === 0;
  }

  /** Unlocks the set with this first slot. */
  unlock(first: number): void {
    Atomics.store(this.#locks, first / WAYS, 0);
  }

  /** The slot of a key in its locked set; -1 if it has none. */
  find({ low, high }: LimitKey, first: number): number {
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#keys[slot * 2] === low && this.#keys[slot * 2 + 1] === high) {
        return slot;
      }
    }
    return -1;
  }

  /** Gives a slot of a locked set to a key. */
  take({ low, high }: LimitKey, slot: number): void {
    this.#keys[slot * 2] = low;
    this.#keys[slot * 2 + 1] = high;
  }
}

/** A seed that nobody knows, at the beginning of the memory of limits. */
export function seedOf(memory: SharedArrayBuffer): readonly [number, number] {
  const [low = 0, high = 0] = new Int32Array(memory, 0, SEED_SLOTS);
  return [low, high];
}

/** Bytes of the seed; what follows is aligned for any number. */
export const SEED_BYTES = SEED_SLOTS * INT_BYTES;
