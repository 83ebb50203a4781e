/**
 * How much is encoded and decoded at the same time: each coding holds memory, and all
 * of them share one thread with everybody else.
 */

import type { Pace } from "../coding/encoder.ts";
import type { Coding } from "../coding/negotiate.ts";
import { Turns } from "../net/turns.ts";

/** Forms of stored responses that are made at the same time. */
const FORMS_MAX = 4;
/** Forms that wait to be made; one more is not, and the response is served as it is stored. */
const FORMS_WAITING_MAX = 256;
/**
 * Responses that are encoded on their way at the same time; more pass as they are. An
 * encoder of gzip takes 50 to 300 KiB, one of brotli 3 to 5 MiB (measured).
 */
const ENCODERS_MAX: Readonly<Record<Coding, number>> = { gzip: 512, br: 16 };

/** See the module's comment; one for each thread. */
export class CodingLoad {
  readonly #turns = new Turns();
  /** Asked before each step of encoding or decoding. */
  readonly pace: Pace = (work) => this.#turns.take(work);
  readonly #encoders: Record<Coding, number> = { gzip: 0, br: 0 };
  #forms = 0;
  readonly #waiting: (() => Promise<void>)[] = [];

  /** Whether one more form may be made, now or in its turn. */
  get takesForms(): boolean {
    return this.#waiting.length < FORMS_WAITING_MAX;
  }

  /** Makes a form as soon as there is room for it; `make` never rejects. */
  async enter(make: () => Promise<void>): Promise<void> {
    if (this.#forms >= FORMS_MAX) {
      this.#waiting.push(make);
      return;
    }
    this.#forms++;
    await make();
    this.#forms--;
    const next = this.#waiting.shift();
    if (next !== undefined) this.enter(next);
  }

  /** Whether one more response may be encoded on its way. */
  hasEncoder(coding: Coding): boolean {
    return this.#encoders[coding] < ENCODERS_MAX[coding];
  }

  /** Counts a response that is being encoded on its way, until `giveEncoder`. */
  takeEncoder(coding: Coding): void {
    this.#encoders[coding]++;
  }

  /** Ends what `takeEncoder` began. */
  giveEncoder(coding: Coding): void {
    this.#encoders[coding]--;
  }

  /** Gives back what it holds of the system. */
  close(): void {
    this.#turns.close();
  }
}
