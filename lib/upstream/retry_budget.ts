/**
 * How many requests may be tried again: a share of all requests of the last ten
 * seconds, and a few in any case. When every server fails, retries must not double
 * their load.
 *
 * The counts are in memory that all workers share. One second of them is cleared by
 * whoever counts first in the next that takes its place; what another counts at that
 * very moment may be lost.
 */

import type { Clock } from "../net/clock.ts";
import { BUDGET_SECONDS, BUDGET_WORDS } from "./shared_state.ts";

/** Seconds that count. */
const SECONDS = 10;
/** Retries in that time, whatever the share. */
const FREE = 3;

/** Words of a second. */
const STAMP = 0;
const REQUESTS = 1;
const RETRIES = 2;

/** See the module's comment. */
export class RetryBudget {
  readonly #words: Int32Array;
  readonly #share: number;
  readonly #clock: Clock;

  /**
   * @param words Where it counts.
   * @param percent The share of requests that may be tried again.
   */
  constructor(words: Int32Array, percent: number, clock: Clock) {
    this.#words = words;
    this.#share = percent / 100;
    this.#clock = clock;
  }

  /** Counts a request. */
  noteRequest(): void {
    Atomics.add(this.#words, this.#second() + REQUESTS, 1);
  }

  /** Counts a retry, if there may be one more. */
  take(): boolean {
    const at = this.#second();
    const now = Atomics.load(this.#words, at + STAMP);
    let requests = 0;
    let retries = 0;
    for (let i = 0; i < BUDGET_SECONDS; i++) {
      const other = i * BUDGET_WORDS;
      const age = (now - Atomics.load(this.#words, other + STAMP)) | 0;
      if (age < 0 || age >= SECONDS) continue;
      requests += Atomics.load(this.#words, other + REQUESTS);
      retries += Atomics.load(this.#words, other + RETRIES);
    }
    if (retries >= Math.max(FREE, requests * this.#share)) return false;
    Atomics.add(this.#words, at + RETRIES, 1);
    return true;
  }

  /** Where the current second is counted. */
  #second(): number {
    const second = Math.floor(this.#clock.now() / 1000) | 0;
    const at = (second & (BUDGET_SECONDS - 1)) * BUDGET_WORDS;
    const known = Atomics.load(this.#words, at + STAMP);
    if (
      known !== second &&
      Atomics.compareExchange(this.#words, at + STAMP, known, second) === known
    ) {
      Atomics.store(this.#words, at + REQUESTS, 0);
      Atomics.store(this.#words, at + RETRIES, 0);
    }
    return at;
  }
}
