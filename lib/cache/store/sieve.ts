/**
 * SIEVE eviction: a queue in order of arrival, a mark on what has been used since
 * it was last looked at, and a hand that goes from the oldest to the youngest and
 * takes the first without a mark (Zhang et al., NSDI 2024).
 *
 * A hit sets a mark and moves nothing; what came with a scan and is never asked
 * for again goes before what is in use. Chosen by hit ratio on zipf and scan
 * traces: the figures are in docs/caching.md, `deno task bench:eviction` makes them.
 */

/** What can be in the queue. */
export interface Evictable {
  /** Set by every use. */
  visited: boolean;
  /** The queue's own. */
  younger: Evictable | undefined;
  older: Evictable | undefined;
}

/** See the module's comment. */
export class Sieve<Item extends Evictable> {
  #youngest: Item | undefined;
  #oldest: Item | undefined;
  #hand: Item | undefined;

  /** Adds an item as the youngest. */
  add(item: Item): void {
    item.older = this.#youngest;
    item.younger = undefined;
    item.visited = false;
    if (this.#youngest === undefined) this.#oldest = item;
    else this.#youngest.younger = item;
    this.#youngest = item;
  }

  /** Takes an item out. */
  remove(item: Item): void {
    const older = item.older as Item | undefined;
    const younger = item.younger as Item | undefined;
    if (this.#hand === item) this.#hand = younger;
    if (older === undefined) this.#oldest = younger;
    else older.younger = younger;
    if (younger === undefined) this.#youngest = older;
    else younger.older = older;
    item.older = item.younger = undefined;
  }

  /** The item that is to go next; undefined if there is none. It stays in the queue. */
  victim(): Item | undefined {
    let item = this.#hand ?? this.#oldest;
    while (item?.visited) {
      item.visited = false;
      item = (item.younger as Item | undefined) ?? this.#oldest;
    }
    this.#hand = item;
    return item;
  }
}
