/**
 * Hit ratios of eviction policies on synthetic traces: what to keep was chosen by
 * them. Prints one line for each trace; there is nothing to be timed.
 */

import { random } from "../support/random.ts";
import { type Evictable, Sieve } from "../../lib/cache/store/sieve.ts";
import { bytesOf } from "../../lib/http/bytes.ts";

const CAPACITY = 1000;
const REQUESTS = 400_000;
const KEYS = 10_000;

/** Asked for a key: whether it was there. It is there afterwards. */
type Policy = (key: number) => boolean;

interface Item extends Evictable {
  readonly key: number;
}

function sieve(): Policy {
  const queue = new Sieve<Item>();
  const items = new Map<number, Item>();
  return (key) => {
    const known = items.get(key);
    if (known !== undefined) return known.visited = true;
    if (items.size === CAPACITY) {
      const victim = queue.victim()!;
      queue.remove(victim);
      items.delete(victim.key);
    }
    const item = { key, visited: false, younger: undefined, older: undefined };
    items.set(key, item);
    queue.add(item);
    return false;
  };
}

function lru(): Policy {
  const keys = new Set<number>();
  return (key) => {
    const isKnown = keys.delete(key);
    keys.add(key);
    if (keys.size > CAPACITY) keys.delete(keys.values().next().value!);
    return isKnown;
  };
}

/** S3-FIFO: a small queue in front, a main queue with second chances, and a memory of who left early. */
function s3fifo(): Policy {
  const smallMax = CAPACITY / 10;
  const small = new Map<number, number>();
  const main = new Map<number, number>();
  const ghosts = new Set<number>();
  const evictMain = (): void => {
    for (const [key, uses] of main) {
      main.delete(key);
      if (uses === 0) return;
      main.set(key, uses - 1);
    }
  };
  const evict = (): void => {
    if (small.size < smallMax) return evictMain();
    for (const [key, uses] of small) {
      small.delete(key);
      if (uses > 1) {
        main.set(key, 0);
        continue;
      }
      ghosts.add(key);
      if (ghosts.size > CAPACITY) ghosts.delete(ghosts.values().next().value!);
      return;
    }
    evictMain();
  };
  return (key) => {
    for (const queue of [small, main]) {
      const uses = queue.get(key);
      if (uses === undefined) continue;
      queue.set(key, Math.min(3, uses + 1));
      return true;
    }
    while (small.size + main.size >= CAPACITY) evict();
    (ghosts.delete(key) ? main : small).set(key, 0);
    return false;
  };
}

/** Keys by popularity: the nth is asked for 1/n^skew as often as the first. */
function zipf(skew: number, next: () => number): () => number {
  const sums: number[] = [];
  let sum = 0;
  for (let n = 1; n <= KEYS; n++) sums.push(sum += 1 / n ** skew);
  return () => {
    const at = next() * sum;
    let low = 0;
    let high = KEYS - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** A crawler between the readers: each key of the scan once. */
function scanning(reader: () => number): () => number {
  let count = 0;
  let scanned = KEYS;
  return () => ++count % 20_000 < 4000 ? scanned++ : reader();
}

/** Readers whose interest moves on. */
function drifting(reader: () => number): () => number {
  let count = 0;
  return () => (reader() + 50 * Math.floor(count++ / 5000)) % KEYS;
}

const TRACES: Readonly<Record<string, (next: () => number) => () => number>> = {
  "zipf 0.8": (next) => zipf(0.8, next),
  "zipf 0.99": (next) => zipf(0.99, next),
  "zipf 1.2": (next) => zipf(1.2, next),
  "zipf 0.99, 20% scan": (next) => scanning(zipf(0.99, next)),
  "zipf 0.99, drifting": (next) => drifting(zipf(0.99, next)),
};

for (const [name, traceOf] of Object.entries(TRACES)) {
  const ratios = Object.entries({ lru, s3fifo, sieve }).map(([label, make]) => {
    const trace = traceOf(random(1));
    const policy = make();
    let hits = 0;
    for (let i = 0; i < REQUESTS; i++) if (policy(trace())) hits++;
    return `${label} ${(hits / REQUESTS).toFixed(3)}`;
  });
  Deno.stdout.writeSync(bytesOf(`${name}: ${ratios.join(", ")}\n`));
}
