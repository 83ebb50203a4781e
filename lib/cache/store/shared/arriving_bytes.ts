/**
 * How much the contents take that are on their way to the workers, or are being read
 * since they have come: bounded for all together, so that one worker may have it all.
 */

import type { SharedMemory } from "./shared_memory.ts";

/** The unit of the counts, which are of 31 bits. */
const UNIT_BYTES = 1024;

/** Part of a worker's own bound that is for what it keeps beside, however much is on its way. */
const BESIDE_FRACTION = 0.25;

/** See the module's comment. */
export class ArrivingBytes {
  /** What this worker's take. */
  ownBytes = 0;
  readonly #words: Int32Array;
  readonly #worker: number;
  readonly #bytesMax: number;

  constructor(memory: SharedMemory, worker: number) {
    this.#words = new Int32Array(memory.arriving);
    this.#worker = worker;
    this.#bytesMax = memory.arrivingBytesMax;
  }

  /** Counts so much more, or less, of this worker's. */
  add(bytes: number): void {
    this.ownBytes += bytes;
    const count = Math.ceil(this.ownBytes / UNIT_BYTES);
    Atomics.store(this.#words, this.#worker, count);
  }

  /** What all workers' take. */
  get totalBytes(): number {
    let count = 0;
    for (let i = 0; i < this.#words.length; i++) {
      count += Atomics.load(this.#words, i);
    }
    return count * UNIT_BYTES;
  }

  /** What this worker may keep in all: these, and beside them what they leave of its own bound. */
  ownBytesMax(bytesMax: number): number {
    const left = bytesMax - this.totalBytes / this.#words.length;
    return this.ownBytes + Math.max(left, bytesMax * BESIDE_FRACTION);
  }

  /**
   * Whether there is room for so much more. Two workers that ask at once may both be
   * told so: the bound is missed by one content for each of them at the most.
   */
  hasRoomFor(bytes: number): boolean {
    return this.totalBytes + bytes <= this.#bytesMax;
  }

  /** Forgets what a worker that has died was taking in. */
  forgetWorker(worker: number): void {
    Atomics.store(this.#words, worker, 0);
  }
}
