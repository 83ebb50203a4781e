/**
 * How many connections each client address has, in memory that all workers share.
 *
 * It is a count-min sketch: an address has one counter in each row, and may share it
 * with other addresses. Its count is the smallest of its counters; that is too high
 * only if it shares all of them, which is next to impossible. So the memory does not
 * depend on the number of addresses. Each worker writes to its own counters, so that
 * those of a crashed worker can be cleared; the counts of all workers are added up.
 */

const ROWS = 4;
const ROW_BITS = 12;
const ROW_SLOTS = 1 << ROW_BITS;
const WORKER_SLOTS = ROWS * ROW_SLOTS;
/** The multipliers that spread one hash over the rows: odd, without a pattern. */
const MULTIPLIERS: readonly number[] = [
  0x9e3779b1,
  0x85ebca77,
  0xc2b2ae3d,
  0x27d4eb2f,
];
/** An IPv6 client can use any address of its /64. */
const IPV6_CLIENT_BYTES = 8;
/** Before the counters: the seed of the hash, so that nobody can choose addresses that share counters. */
const HEADER_SLOTS = 1;

/** The memory for the counts of that many workers. */
export function createClientCounts(workers: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(
    (HEADER_SLOTS + workers * WORKER_SLOTS) * Int32Array.BYTES_PER_ELEMENT,
  );
  crypto.getRandomValues(new Uint8Array(4)).forEach((byte, i) =>
    new Uint8Array(memory)[i] = byte
  );
  return memory;
}

/** The counts as one worker sees them. */
export class ClientCounts {
  readonly #slots: Int32Array;
  readonly #seed: number;
  readonly #own: number;

  /** @param worker Which of the workers this is, from 0. */
  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#slots = new Int32Array(memory);
    this.#seed = this.#slots[0]!;
    this.#own = HEADER_SLOTS + worker * WORKER_SLOTS;
  }

  /**
   * What an address is counted by: a hash of its bytes, or of its first 64 bits if
   * it is IPv6.
   */
  keyOf(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, IPV6_CLIENT_BYTES);
    let hash = this.#seed ^ bytes.length;
    for (let i = 0; i < count; i++) {
      hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  /**
   * Counts one more connection of an address, unless it has `max` already.
   *
   * @returns Whether it was counted.
   */
  enter(key: number, max: number): boolean {
    if (this.#countOf(key) >= max) return false;
    this.#add(key, 1);
    return true;
  }

  /** Counts one connection less. */
  leave(key: number): void {
    this.#add(key, -1);
  }

  #add(key: number, count: number): void {
    for (let row = 0; row < ROWS; row++) {
      Atomics.add(this.#slots, this.#own + slotOf(key, row), count);
    }
  }

  #countOf(key: number): number {
    let least = Infinity;
    for (let row = 0; row < ROWS; row++) {
      let count = 0;
      let at = HEADER_SLOTS + slotOf(key, row);
      for (; at < this.#slots.length; at += WORKER_SLOTS) {
        count += Atomics.load(this.#slots, at);
      }
      least = Math.min(least, count);
    }
    return least;
  }

  /** Forgets what this worker has counted: its connections have ended with it. */
  clear(): void {
    for (let i = 0; i < WORKER_SLOTS; i++) {
      Atomics.store(this.#slots, this.#own + i, 0);
    }
  }
}

function slotOf(key: number, row: number): number {
  const spread = Math.imul(key, MULTIPLIERS[row]!);
  return row * ROW_SLOTS + (spread >>> (32 - ROW_BITS));
}
