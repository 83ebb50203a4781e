/**
 * Slows down those who guess: a wrong token is answered after a while, and only so many
 * wait for that at the same time. A right one is never held up.
 */

import type { Clock } from "../net/clock.ts";
import type { Exchange } from "../exchange/exchange_state.ts";

/** How long the answer to a wrong token takes, in ms. */
const WRONG_TOKEN_MS = 500;
/** Wrong tokens that wait for their answers; more are told to come later. */
const WAITING_MAX = 8;

/** See the module's comment. */
export class FailedTries {
  readonly #clock: Clock;
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Holds up the answer to a wrong token; ends early if the client leaves.
   *
   * @returns Whether it may be answered that the token is wrong; if not, there are too
   *   many of them, and nobody has waited.
   */
  async wait(x: Exchange): Promise<boolean> {
    if (this.#waiting >= WAITING_MAX) return false;
    this.#waiting++;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(WRONG_TOKEN_MS, resolve);
    x.waitOn({ notify: resolve });
    await promise;
    cancel();
    x.waitOn();
    this.#waiting--;
    return true;
  }
}
