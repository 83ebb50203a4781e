/** The value of the `Date` field, made once a second. */

import { formatHttpDate } from "../http/date.ts";
import { bytesOf } from "../http/bytes.ts";
import type { Clock } from "./clock.ts";

/** See the module's comment; one for each server. */
export class CurrentDate {
  readonly #clock: Clock;
  #second = -1;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The bytes of the current `HTTP-date`; shared, not to be changed. Bound, to be passed on. */
  readonly bytes = (): Uint8Array => {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#bytes = bytesOf(formatHttpDate(second * 1000));
    }
    return this.#bytes;
  };
}
