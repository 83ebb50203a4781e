/**
 * The keys that brought, not long ago, what could not be stored: requests for them do
 * not wait for one another. A table of a fixed size by hash, in which a later key may
 * take the place of an earlier one, and which threads may share.
 */

/** How long it is remembered. */
const UNCACHEABLE_MS = 120_000;
/** Keys of which it is remembered. */
const SLOTS = 4096;

/** The table's memory, which threads may share. */
export interface UncacheableMemory {
  /** By slot: the hash of a key. */
  readonly hashes: SharedArrayBuffer;
  /** By slot: until when it counts, in ms since the epoch; below 0 if it outgrew what may be stored. */
  readonly untilMs: SharedArrayBuffer;
}

/** Memory for a table, of which nothing is remembered. */
export function createUncacheableMemory(): UncacheableMemory {
  return {
    hashes: new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT),
    untilMs: new SharedArrayBuffer(SLOTS * Float64Array.BYTES_PER_ELEMENT),
  };
}

/** See the module's comment. */
export class UncacheableKeys {
  readonly #hashes: Int32Array;
  readonly #untilMs: Float64Array;

  constructor({ hashes, untilMs }: UncacheableMemory) {
    this.#hashes = new Int32Array(hashes);
    this.#untilMs = new Float64Array(untilMs);
  }

  /** Whether what the key brought not long ago could not be stored. */
  has(hash: number, nowMs: number): boolean {
    const slot = hash % SLOTS;
    return this.#hashes[slot] === hash &&
      Math.abs(this.#untilMs[slot]!) > nowMs;
  }

  /** Whether that was because it turned out, on its way, to be too large. */
  hasOutgrown(hash: number, nowMs: number): boolean {
    const slot = hash % SLOTS;
    return this.#hashes[slot] === hash && -this.#untilMs[slot]! > nowMs;
  }

  /** Notes that what the key brought has turned out, on its way, to be too large. */
  noteOutgrown(hash: number, nowMs: number): void {
    const slot = hash % SLOTS;
    this.#hashes[slot] = hash;
    this.#untilMs[slot] = -(nowMs + UNCACHEABLE_MS);
  }

  /** Notes whether what the key brought could be stored. */
  note(hash: number, isCacheable: boolean, nowMs: number): void {
    const slot = hash % SLOTS;
    if (!isCacheable) {
      if (this.hasOutgrown(hash, nowMs)) return; // which is the more lasting reason
      this.#hashes[slot] = hash;
      this.#untilMs[slot] = nowMs + UNCACHEABLE_MS;
    } else if (this.#hashes[slot] === hash) {
      this.#untilMs[slot] = 0;
    }
  }
}
