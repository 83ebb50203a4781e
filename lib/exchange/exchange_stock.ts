/** The exchanges of one server that are not in use. */

import { type Exchange, ExchangeState } from "./exchange_state.ts";
import type { Site } from "./site.ts";

/** Exchanges that are kept for reuse: as many as a busy moment needs. */
const KEPT_MAX = 256;

/** See the module's comment. */
export class ExchangeStock {
  readonly #site: Site;
  readonly #kept: ExchangeState[] = [];

  constructor(site: Site) {
    this.#site = site;
  }

  /** An exchange to begin with. */
  take(): Exchange {
    return this.#kept.pop() ?? new ExchangeState(this.#site, this.#site.wheel);
  }

  /** Takes back an exchange that has ended. */
  give(exchange: Exchange): void {
    exchange.end();
    if (this.#kept.length < KEPT_MAX) {
      this.#kept.push(exchange as ExchangeState); // which take() has given
    }
  }
}
