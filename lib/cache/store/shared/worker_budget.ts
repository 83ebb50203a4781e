/**
 * What one worker may keep of its own, beside what is in shared memory. The contents
 * that are on their way to the workers, or are being read since they have come, are
 * bounded for all together, so that one worker may have it all.
 */

import type { Budget } from "../ledger.ts";
import type { StoredResponse } from "../stored_response.ts";
import type { SharedMemory } from "./shared_memory.ts";

/** The unit of the counts, which are of 31 bits. */
const UNIT_BYTES = 1024;

/** Part of a worker's own bound that is for what it keeps beside, however much is on its way. */
const BESIDE_FRACTION = 0.25;

/** See the module's comment. */
export class WorkerBudget implements Budget {
  /** What this worker's contents take. */
  #ownBytes = 0;
  /** By worker: what its contents take, in units. */
  readonly #counts: Int32Array;
  readonly #worker: number;
  readonly #ownBytesMax: number;
  readonly #arrivingBytesMax: number;

  constructor(memory: SharedMemory, worker: number) {
    this.#counts = new Int32Array(memory.arriving);
    this.#worker = worker;
    this.#ownBytesMax = memory.ownBytesMax;
    this.#arrivingBytesMax = memory.arrivingBytesMax;
  }

  /** The contents, and beside them what all workers' contents leave of the worker's own bound. */
  get bytesMax(): number {
    const left = this.#ownBytesMax - this.#totalBytes / this.#counts.length;
    const beside = Math.max(left, this.#ownBytesMax * BESIDE_FRACTION);
    return this.#ownBytes + beside;
  }

  /** What all workers' contents take. */
  get #totalBytes(): number {
    let count = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      count += Atomics.load(this.#counts, i);
    }
    return count * UNIT_BYTES;
  }

  /**
   * Two workers that ask at once may both be told that there is room: the bound is
   * missed by one content for each of them at the most.
   */
  mayHold(bytes: number): boolean {
    return this.#totalBytes + bytes <= this.#arrivingBytesMax;
  }

  /** Counts a response that is this worker's own: local copies have their content elsewhere. */
  noteCost({ location }: StoredResponse, bytes: number): void {
    if (location !== undefined) return;
    this.#ownBytes += bytes;
    const count = Math.ceil(this.#ownBytes / UNIT_BYTES);
    Atomics.store(this.#counts, this.#worker, count);
  }

  /** Forgets what a worker that has died was taking in. */
  forgetWorker(worker: number): void {
    Atomics.store(this.#counts, worker, 0);
  }
}
