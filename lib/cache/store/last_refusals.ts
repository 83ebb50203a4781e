/**
 * Why the last responses that were not stored were not: for people who ask. A table of a
 * fixed size by hash, in which a later key may take the place of an earlier one, and
 * which threads may share. It is written where a response is refused, and nowhere else.
 */

import { type Reason, REASON_CODES } from "../../reasons/reason.ts";

/** Keys of which it is remembered. */
const SLOTS = 4096;
const SLOT_BYTES = 2 * Int32Array.BYTES_PER_ELEMENT +
  Float64Array.BYTES_PER_ELEMENT;

/** A refusal that is remembered. */
export interface LastRefusal {
  readonly reason: Reason;
  /** When it was, in ms since the epoch. */
  readonly atMs: number;
}

/** Memory for a table, of which nothing is remembered; threads may share it. */
export function createRefusalMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOTS * SLOT_BYTES);
}

/** See the module's comment. */
export class LastRefusals {
  /** By slot: when it was. */
  readonly #atMs: Float64Array;
  /** By slot: the hash of a key. */
  readonly #hashes: Int32Array;
  /** By slot: the reason's place in the table, from 1; 0 for none. */
  readonly #reasons: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    const hashesAt = SLOTS * Float64Array.BYTES_PER_ELEMENT;
    const reasonsAt = hashesAt + SLOTS * Int32Array.BYTES_PER_ELEMENT;
    this.#atMs = new Float64Array(memory, 0, SLOTS);
    this.#hashes = new Int32Array(memory, hashesAt, SLOTS);
    this.#reasons = new Int32Array(memory, reasonsAt, SLOTS);
  }

  /** Notes that what a key brought was not stored. */
  note(hash: number, reason: Reason, nowMs: number): void {
    const slot = hash % SLOTS;
    this.#hashes[slot] = hash;
    this.#atMs[slot] = nowMs;
    this.#reasons[slot] = numberOf(reason);
  }

  /** Forgets a key: what it brought has been stored since. */
  forget(hash: number): void {
    const slot = hash % SLOTS;
    if (this.#hashes[slot] === hash) this.#reasons[slot] = 0;
  }

  /** What is remembered of a key; undefined for nothing. */
  last(hash: number): LastRefusal | undefined {
    const slot = hash % SLOTS;
    const number = this.#reasons[slot]!;
    if (this.#hashes[slot] !== hash || number === 0) return undefined;
    return { reason: REASON_CODES[number - 1]!, atMs: this.#atMs[slot]! };
  }
}

/** By reason: its place in the table, from 1. */
const numbers = new Map(
  REASON_CODES.map((code, index) => [code, index + 1] as const),
);

function numberOf(reason: Reason): number {
  return numbers.get(reason)!;
}
