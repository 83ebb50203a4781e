/** How many connections there are at each address that has a bound of its own. */

import { formatSocketAddress, type ListenAddress } from "../net/address.ts";

/** See the module's comment. */
export class ListenerCounts {
  readonly #counts = new Map<string, number>();

  /** Counts one more, if there may be one: then it has to `leave` in the end. */
  enter(at: ListenAddress): boolean {
    const max = at.limits?.connectionsMax ?? Infinity;
    if (max === Infinity) return true;
    const name = formatSocketAddress(at);
    const count = this.#counts.get(name) ?? 0;
    if (count >= max) return false;
    this.#counts.set(name, count + 1);
    return true;
  }

  /** @param at As it was when the connection came. */
  leave(at: ListenAddress): void {
    if ((at.limits?.connectionsMax ?? Infinity) === Infinity) return;
    const name = formatSocketAddress(at);
    const count = (this.#counts.get(name) ?? 1) - 1;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}
