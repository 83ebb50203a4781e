/**
 * Requests in flight by key, counted once for all threads. Each worker has counts of
 * its own, which are added up: those of a worker that has crashed can be cleared.
 *
 * The memory is fixed. When a set of slots is full, a new key shares the slot that has
 * the least: both are then counted together.
 */

import type { LimitKey } from "./limit_key.ts";
import { SlotSets, WAYS } from "./slot_sets.ts";

/** Some 16,000 keys that have requests in flight at the same time. */
const SETS = 1 << 11;
const SLOTS = SETS * WAYS;

/** See the module's comment. */
export class InFlight {
  readonly #sets: SlotSets;
  /** By worker and slot. */
  readonly #counts: Int32Array;
  readonly #own: number;

  /**
   * @param at Where it begins in `memory`; a multiple of 8.
   * @param workers Among how many.
   * @param worker Which of them this is, from 0.
   */
  constructor(
    memory: SharedArrayBuffer,
    at: number,
    workers: number,
    worker: number,
  ) {
    this.#sets = new SlotSets(memory, at, SETS);
    this.#counts = new Int32Array(
      memory,
      at + SlotSets.bytesOf(SETS),
      workers * SLOTS,
    );
    this.#own = worker * SLOTS;
  }

  /** Bytes that it takes. */
  static bytesOf(workers: number): number {
    return SlotSets.bytesOf(SETS) +
      workers * SLOTS * Int32Array.BYTES_PER_ELEMENT;
  }

  /**
   * Counts one more, unless there are `max` already.
   *
   * @returns What {@linkcode InFlight.leave} is told when it is over; -1 if it was not counted.
   */
  enter(key: LimitKey, max: number): number {
    const sets = this.#sets;
    const first = sets.lock(key);
    let slot = sets.find(key, first);
    if (slot < 0) slot = this.#leastUsed(key, first);
    const isCounted = this.#countOf(slot) < max;
    if (isCounted) Atomics.add(this.#counts, this.#own + slot, 1);
    sets.unlock(first);
    return isCounted ? slot : -1;
  }

  #leastUsed(key: LimitKey, first: number): number {
    let least = first;
    for (let slot = first + 1; slot < first + WAYS; slot++) {
      if (this.#countOf(slot) < this.#countOf(least)) least = slot;
    }
    if (this.#countOf(least) === 0) this.#sets.take(key, least);
    return least;
  }

  /** How many there are of a key. */
  count(key: LimitKey): number {
    const sets = this.#sets;
    const first = sets.lock(key);
    const slot = sets.find(key, first);
    sets.unlock(first);
    return slot < 0 ? 0 : this.#countOf(slot);
  }

  #countOf(slot: number): number {
    let count = 0;
    for (let at = slot; at < this.#counts.length; at += SLOTS) {
      count += Atomics.load(this.#counts, at);
    }
    return count;
  }

  /** One of them is over. */
  leave(slot: number): void {
    Atomics.sub(this.#counts, this.#own + slot, 1);
  }

  /** Forgets what this worker has counted: its requests have ended with it. */
  clear(): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      Atomics.store(this.#counts, this.#own + slot, 0);
    }
  }
}
