/**
 * What is counted by several labels together: a hash table of numbers, in which a
 * series has a slot for ever. Only its worker writes; whoever reads finds each key
 * whole, with a count that is at worst a moment old (pure).
 */

import { ROW, SERIES_SLOTS, SERIES_WORDS } from "./layout.ts";

/** Series that are known apart at most: beyond it, new ones of a route are counted for others. */
const APART_MAX = SERIES_SLOTS * 3 / 4;
/** And beyond this, all new ones together. */
const KNOWN_MAX = SERIES_SLOTS * 7 / 8;
const MASK = SERIES_SLOTS - 1;

/** What is counted in series, by number. */
export const KIND = {
  /** Requests of clients: by route, method and status. */
  Requests: 0,
  /** Responses of upstreams: by upstream and status. */
  Upstream: 1,
  /** Requests that the cache was asked for: by result and reason. */
  Cache: 2,
} as const;

const ROW_BITS = 9;
const SECOND_BITS = 8;
const THIRD_BITS = 10;

/** What a series is told by: small numbers, of which the layout knows the meaning. */
export interface SeriesKey {
  readonly kind: number;
  /** Of a route or an upstream: below 512. */
  readonly row: number;
  /** Below 256. */
  readonly second: number;
  /** Below 1024. */
  readonly third: number;
}

/** The number of a series, which is never 0. */
export function seriesKey(
  kind: number,
  row: number,
  second: number,
  third: number,
): number {
  return 1 + (((kind << ROW_BITS | row) << SECOND_BITS | second) <<
      THIRD_BITS | third);
}

/** What {@linkcode seriesKey} has made a number of. */
export function keyParts(key: number): SeriesKey {
  const bits = key - 1;
  return {
    kind: bits >>> (ROW_BITS + SECOND_BITS + THIRD_BITS),
    row: bits >>> (SECOND_BITS + THIRD_BITS) & (1 << ROW_BITS) - 1,
    second: bits >>> THIRD_BITS & (1 << SECOND_BITS) - 1,
    third: bits & (1 << THIRD_BITS) - 1,
  };
}

/** The series of one worker; see the module's comment. */
export class Series {
  readonly #words: Float64Array;
  readonly #at: number;
  #count = 0;
  /** By kind: the key that was counted last, and its slot: most are like the one before. */
  readonly #lastKeys: number[] = [0, 0, 0];
  readonly #lastSlots: number[] = [0, 0, 0];

  /** @param at Where they begin in `words`, which a worker before may have written to. */
  constructor(words: Float64Array, at: number) {
    this.#words = words;
    this.#at = at;
    for (const _ of readSeries(words, at)) this.#count++;
  }

  /**
   * Adds one to a series. If there are too many, it is counted with other routes or
   * upstreams, and if there are too many even so, without what else tells it apart.
   */
  add(kind: number, row: number, second: number, third: number): void {
    const key = seriesKey(kind, row, second, third);
    let slot = this.#lastSlots[kind]!;
    if (key !== this.#lastKeys[kind]) {
      slot = this.#slotOf(key, APART_MAX) ??
        this.#slotOf(seriesKey(kind, ROW.Other, second, third), KNOWN_MAX) ??
        this.#slotOf(seriesKey(kind, ROW.Other, 0, 0), SERIES_SLOTS)!;
      this.#lastKeys[kind] = key;
      this.#lastSlots[kind] = slot;
    }
    this.#words[slot + 1]! += 1;
  }

  /** The slot of a key, which takes a free one if there are fewer than `max`. */
  #slotOf(key: number, max: number): number | undefined {
    const words = this.#words;
    let index = Math.imul(key, 0x9e3779b1) >>> 15 & MASK;
    for (;;) {
      const slot = this.#at + index * SERIES_WORDS;
      const known = words[slot]!;
      if (known === key) return slot;
      if (known === 0) {
        if (this.#count >= max) return undefined;
        this.#count++;
        words[slot] = key;
        return slot;
      }
      index = index + 1 & MASK;
    }
  }
}

/** Every series of a worker: its key and its count. */
export function* readSeries(
  words: Float64Array,
  at: number,
): Generator<readonly [key: number, count: number]> {
  for (let slot = 0; slot < SERIES_SLOTS; slot++) {
    const key = words[at + slot * SERIES_WORDS]!;
    if (key !== 0) yield [key, words[at + slot * SERIES_WORDS + 1]!];
  }
}
