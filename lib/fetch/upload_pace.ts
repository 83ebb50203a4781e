/**
 * How long an upload may keep the origin's connection waiting for its client (pure).
 *
 * The client has a credit of time: so much at first, more for each byte that arrives,
 * less for each moment that it is waited for. So it may pause, and start slowly, but
 * in the long run it sends at the least rate, or is cut off. Time in which the origin
 * does not take what has arrived is not the client's.
 */

import type { UploadRate } from "../exchange/route.ts";

/** However much has arrived, a client earns no longer pause than this, or than the body timeout. */
const CREDIT_MAX_MS = 60_000;

/** See the module's comment. */
export class UploadPace {
  readonly #rate: UploadRate;
  #pauseMs: number;
  #creditMs: number;
  /** The most credit that there may be. */
  #creditMaxMs: number;
  /** Bytes that have been counted. */
  #bytes = 0;

  /** @param pauseMs How long a pause may be, whatever the credit; 0 for no limit. */
  constructor(rate: UploadRate, pauseMs: number) {
    this.#rate = rate;
    this.#pauseMs = pauseMs;
    this.#creditMs = rate.graceMs;
    this.#creditMaxMs = Math.max(pauseMs, CREDIT_MAX_MS);
  }

  /** From now on the client has at most so much credit, whatever it has earned or earns. */
  hurry(withinMs: number): void {
    this.#pauseMs = Math.min(this.#pauseMs || Infinity, withinMs);
    this.#creditMs = Math.min(this.#creditMs, withinMs);
    this.#creditMaxMs = withinMs;
  }

  /**
   * How long the client may be waited for now, in ms; 0 for no limit.
   *
   * @param bytes How many have arrived since the upload began.
   */
  patience(bytes: number): number {
    const { bytesPerSecond } = this.#rate;
    if (bytesPerSecond === 0) return this.#pauseMs;
    const earnedMs = (bytes - this.#bytes) * 1000 / bytesPerSecond;
    this.#bytes = bytes;
    this.#creditMs = Math.min(
      this.#creditMs + earnedMs,
      this.#creditMaxMs,
    );
    const leastMs = Math.max(1, this.#creditMs); // 0 would be no limit
    return this.#pauseMs === 0 ? leastMs : Math.min(leastMs, this.#pauseMs);
  }

  /** Takes the time that the client has been waited for off its credit. */
  waited(ms: number): void {
    this.#creditMs -= ms;
  }
}
