/**
 * From a host and a canonical path to the most specific pattern that it matches (pure).
 *
 * Patterns without a `*`, or with one only in `/*` at the end, are found by hash:
 * one look at each slash and one at the end. All others of a host share an automaton.
 * Both take time in proportion to the path, however many patterns there are.
 */

import { SLASH } from "../http/bytes.ts";
import { PatternAutomaton } from "./automaton.ts";
import { type ByteKey, ByteTable, hashByte } from "./byte_table.ts";
import { isExact, isMixed, literalBytes, type Pattern } from "./pattern.ts";

const SAME: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const NONE = -1;

/** Where the hash of a host's paths begins. */
function seedOf(host: number): number {
  return Math.imul(host + 1, 0x9e3779b1);
}

/** The patterns of one host that have a `*` within. */
export interface MixedPatterns {
  readonly automaton: PatternAutomaton;
  /** By the automaton's numbers: the indexes among all patterns of the host. */
  readonly indexes: readonly number[];
}

/**
 * Joins the patterns of a host that have a `*` within.
 *
 * @param patterns All of them, the most specific first.
 * @returns Undefined if there are none.
 * @throws {RangeError} if they are too many of a kind; see {@linkcode PatternAutomaton}.
 */
export function mixedPatterns(
  patterns: readonly Pattern[],
): MixedPatterns | undefined {
  const indexes = [...patterns.keys()].filter((index) =>
    isMixed(patterns[index]!)
  );
  return indexes.length === 0 ? undefined : {
    automaton: new PatternAutomaton(indexes.map((index) => patterns[index]!)),
    indexes,
  };
}

/** What patterns there are for one host. */
export interface HostPatterns {
  /** All of them, the most specific first, none of them twice. */
  readonly patterns: readonly Pattern[];
  readonly mixed: MixedPatterns | undefined;
}

/** Of each path that patterns name: the index of the pattern that is just this path, and of that which is all below, too. */
const PLACE = 2;

/** See the module's comment. */
export class PathTable {
  readonly #table: ByteTable;
  readonly #places: Int32Array;
  /** By host: the index of the pattern that every path matches; -1 for none. */
  readonly #everything: Int32Array;
  /** By host: bytes of the longest path that a pattern names. */
  readonly #bytesMax: Int32Array;
  readonly #mixed: readonly (MixedPatterns | undefined)[];

  /** Makes the table of all hosts. */
  constructor(hosts: readonly HostPatterns[]) {
    const keys: ByteKey[] = [];
    const places: number[] = [];
    this.#everything = new Int32Array(hosts.length).fill(NONE);
    this.#bytesMax = new Int32Array(hosts.length);
    this.#mixed = hosts.map(({ mixed }) => mixed);
    for (const [host, { patterns }] of hosts.entries()) {
      const known = new Map<string, number>();
      for (const [index, pattern] of patterns.entries()) {
        if (isMixed(pattern)) continue;
        const bytes = literalBytes(pattern);
        if (bytes.length === 0) {
          this.#everything[host] = index;
          continue;
        }
        const path = isExact(pattern) ? pattern.key : pattern.key.slice(0, -2);
        const place = known.get(path) ?? keys.length;
        if (place === keys.length) {
          known.set(path, place);
          keys.push({
            owner: host,
            bytes,
            hash: bytes.reduce(hashByte, seedOf(host)),
          });
          places.push(NONE, NONE);
        }
        places[place * PLACE + (isExact(pattern) ? 0 : 1)] = index;
        this.#bytesMax[host] = Math.max(this.#bytesMax[host]!, bytes.length);
      }
    }
    this.#table = new ByteTable(keys, SAME);
    this.#places = Int32Array.from(places);
  }

  /** The index of the host's pattern that every path matches; -1 if there is none. */
  everything(host: number): number {
    return this.#everything[host]!;
  }

  /** The index of the host's most specific pattern that `bytes[start, end)` matches; -1 if there is none. */
  find(host: number, bytes: Uint8Array, start: number, end: number): number {
    const places = this.#places;
    const table = this.#table;
    // No key is longer: behind it only the slash after one can matter.
    const limit = Math.min(end, start + this.#bytesMax[host]!);
    let found = this.#everything[host]!;
    let hash = seedOf(host);
    for (let at = start; at < limit; at++) {
      const byte = bytes[at]!;
      if (byte === SLASH && at > start) {
        const place = table.find(hash, host, bytes, start, at);
        if (place >= 0) {
          const below = places[place * PLACE + 1]!;
          if (below >= 0) found = below;
        }
      }
      hash = hashByte(hash, byte);
    }
    if (limit > start && (limit === end || bytes[limit] === SLASH)) {
      const place = table.find(hash, host, bytes, start, limit);
      if (place >= 0) {
        const exact = places[place * PLACE]!;
        const below = places[place * PLACE + 1]!;
        if (limit === end && exact >= 0) return exact;
        if (below >= 0) found = below;
      }
    }
    const mixed = this.#mixed[host];
    if (mixed === undefined) return found;
    const other = mixed.automaton.find(bytes, start, end);
    if (other < 0) return found;
    const index = mixed.indexes[other]!;
    return found < 0 ? index : Math.min(found, index);
  }
}
