/**
 * Fleets of 1 to 1,000 nodes, simulated with what the program decides by: which
 * response goes (SIEVE), and which shield a key belongs to (rendezvous hashing). Time is
 * counted in requests.
 */

import { type Evictable, Sieve } from "../../../lib/cache/store/sieve.ts";
import type { Candidate } from "../../../lib/upstream/balance/candidate.ts";
import { consistentHash } from "../../../lib/upstream/balance/consistent_hash.ts";

/** How nodes stand to one another. */
export const LAYOUTS = ["alone", "shared store", "shields"] as const;
export type Layout = typeof LAYOUTS[number];

/** What is simulated. */
export interface Plan {
  readonly layout: Layout;
  readonly nodes: number;
  /** Responses that the memory of a node holds. */
  readonly capacity: number;
  /** For how many requests of the whole fleet a response is fresh. */
  readonly lifetime: number;
  readonly requests: number;
  /** The next key that is asked for. */
  readonly trace: () => number;
  readonly random: () => number;
}

/** What came of it. */
export interface Outcome {
  /** Requests that the memory of the node they came to could answer. */
  readonly hits: number;
  /** Requests that the store or a shield could answer. */
  readonly behind: number;
  /** Requests to the origin. */
  readonly origin: number;
}

interface Item extends Evictable {
  readonly key: number;
  until: number;
}

/** The memory of a node. */
class Memory {
  readonly #capacity: number;
  readonly #items = new Map<number, Item>();
  readonly #queue = new Sieve<Item>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Until when what it has of a key is fresh; 0 if it has nothing fresh. */
  find(key: number, now: number): number {
    const item = this.#items.get(key);
    if (item === undefined || item.until <= now) return 0;
    item.visited = true;
    return item.until;
  }

  store(key: number, until: number): void {
    const known = this.#items.get(key);
    if (known !== undefined) return void (known.until = until);
    if (this.#items.size === this.#capacity) {
      const victim = this.#queue.victim()!;
      this.#queue.remove(victim);
      this.#items.delete(victim.key);
    }
    const item: Item = {
      key,
      until,
      visited: false,
      younger: undefined,
      older: undefined,
    };
    this.#items.set(key, item);
    this.#queue.add(item);
  }
}

/** The nodes of an edge share a shield between ten of them; each shield has ten times the memory. */
const PER_SHIELD = 10;

/** Simulates a fleet. */
export function simulate(plan: Plan): Outcome {
  const { layout, nodes, capacity, lifetime, requests } = plan;
  const edge = Array.from({ length: nodes }, () => new Memory(capacity));
  const shieldCount = Math.max(1, Math.round(nodes / PER_SHIELD));
  const shields: (Candidate & { readonly memory: Memory })[] = Array.from(
    { length: layout === "shields" ? shieldCount : 0 },
    (_, id) => ({
      id,
      weight: 1,
      load: 0,
      memory: new Memory(capacity * PER_SHIELD),
    }),
  );
  // A store holds what it is given until it is not fresh any more.
  const store = new Map<number, number>();
  let hits = 0;
  let behind = 0;
  for (let now = 1; now <= requests; now++) {
    const key = plan.trace();
    const node = edge[Math.floor(plan.random() * nodes)]!;
    if (node.find(key, now) > 0) {
      hits++;
      continue;
    }
    const shield = shields.length > 0
      ? consistentHash(shields, key).memory
      : undefined;
    let until = shield?.find(key, now) ?? 0;
    if (layout === "shared store") {
      const stored = store.get(key) ?? 0;
      if (stored > now) until = stored;
    }
    if (until > 0) behind++;
    else {
      until = now + lifetime;
      shield?.store(key, until);
      if (layout === "shared store") store.set(key, until);
    }
    node.store(key, until);
  }
  return { hits, behind, origin: requests - hits - behind };
}

/** Keys by popularity: the nth is asked for 1/n^skew as often as the first. */
export function zipf(
  keys: number,
  skew: number,
  random: () => number,
): () => number {
  const sums: number[] = [];
  let sum = 0;
  for (let n = 1; n <= keys; n++) sums.push(sum += 1 / n ** skew);
  return () => {
    const at = random() * sum;
    let low = 0;
    let high = keys - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** What purges cost, in ms: measured with `redis-server` on one core. */
export interface PurgeCosts {
  /** The store's time to number a purge. */
  readonly numberMs: number;
  /** Its time to write one wake-up. */
  readonly wakeMs: number;
  /** Its time to answer one node that asks for what is new. */
  readonly syncMs: number;
  /** There and back over the network. */
  readonly tripMs: number;
}

/**
 * When the last of so many nodes has heard of a purge, in ms: the store has one thread;
 * it wakes all nodes, and each asks.
 */
export function purgeDelay(nodes: number, costs: PurgeCosts): number {
  const { numberMs, wakeMs, syncMs, tripMs } = costs;
  return tripMs / 2 + numberMs + nodes * (wakeMs + syncMs) + 1.5 * tripMs;
}
