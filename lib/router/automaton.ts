/**
 * Finds which of many patterns with `*` in them match a path, in one pass over it:
 * one look into a table for each byte, however many patterns there are (pure).
 *
 * A state is the set of places in which the patterns may stand. The number of states
 * grows with the patterns' lengths, and fast only where several have more than one
 * `*` in a segment; there is a bound.
 */

import { SLASH } from "../http/bytes.ts";
import { compareSpecificity, type Pattern, STAR } from "./pattern.ts";

/** States of one automaton; 200 patterns of the usual kind need about 3,000. */
const STATES_MAX = 20_000;

/** A pattern, by its index, and how many of its elements have been matched; one more: below it. */
interface Place {
  readonly pattern: number;
  readonly at: number;
}

interface State {
  readonly places: readonly Place[];
  /** Where it was first reached from, and by which byte. */
  readonly from: number;
  readonly byte: number;
}

/** Two patterns of which neither is the more specific one, and a path that both match. */
export interface Conflict {
  readonly patterns: readonly [number, number];
  readonly path: string;
}

const DEAD = 0;
const START = 1;

/** See the module's comment. */
export class PatternAutomaton {
  readonly #patterns: readonly Pattern[];
  /** By byte: its class, since most bytes lead nowhere in particular. */
  readonly #classOf = new Uint8Array(256);
  readonly #classCount: number;
  readonly #states: State[] = [];
  /** By state and class: the next state. */
  readonly #next: Int32Array;
  /** By state: the index of the most specific pattern that matches there; -1 for none. */
  readonly #accepted: Int32Array;

  /**
   * Makes the automaton of patterns, the most specific first.
   *
   * @throws {RangeError} if it would have too many states.
   */
  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
    const bytes = this.#classify();
    this.#classCount = bytes.length;
    this.#next = this.#build(bytes);
    this.#accepted = Int32Array.from(
      this.#states,
      (_, state) => this.#acceptedIn(state)[0] ?? -1,
    );
  }

  /** Numbers the bytes that patterns name; returns one byte of each class. */
  #classify(): number[] {
    const named = new Set(this.#patterns.flatMap(({ elements }) => elements));
    named.add(SLASH).delete(STAR);
    let index = 1;
    for (const byte of named) this.#classOf[byte] = index++;
    const other = this.#classOf.indexOf(0, "a".charCodeAt(0));
    return [other, ...named];
  }

  #build(bytes: readonly number[]): Int32Array {
    const states = this.#states;
    const known = new Map<string, number>();
    const numberOf = (places: Place[], from: number, byte: number): number => {
      const key = keyOf(places);
      const state = known.get(key);
      if (state !== undefined) return state;
      if (states.length === STATES_MAX) {
        throw new RangeError(
          'too many paths with more than one "*" in a segment',
        );
      }
      known.set(key, states.length);
      return states.push({ places, from, byte }) - 1;
    };
    numberOf([], DEAD, 0);
    numberOf(
      this.#patterns.map((_, pattern) => ({ pattern, at: 0 })),
      DEAD,
      0,
    );
    const next: number[] = [];
    for (let state = 0; state < states.length; state++) {
      for (const byte of bytes) {
        const places = this.#after(states[state]!.places, byte);
        next.push(numberOf(places, state, byte));
      }
    }
    return Int32Array.from(next);
  }

  /** Where the patterns stand after a byte: in order, each place once. */
  #after(places: readonly Place[], byte: number): Place[] {
    const reached = new Map<string, Place>();
    for (const { pattern, at } of places) {
      for (const next of movesOf(this.#patterns[pattern]!, at, byte)) {
        reached.set(`${pattern},${next}`, { pattern, at: next });
      }
    }
    return [...reached.values()].sort((a, b) =>
      a.pattern - b.pattern || a.at - b.at
    );
  }

  /** The patterns that match where this state is reached, the most specific first. */
  #acceptedIn(state: number): number[] {
    const found = this.#states[state]!.places
      .filter(({ pattern, at }) =>
        at >= this.#patterns[pattern]!.elements.length
      )
      .map(({ pattern }) => pattern);
    return [...new Set(found)];
  }

  /** The index of the most specific pattern that `bytes[start, end)` matches; -1 if there is none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const next = this.#next;
    const classOf = this.#classOf;
    const count = this.#classCount;
    let state = START;
    for (let at = start; at < end && state !== DEAD; at++) {
      state = next[state * count + classOf[bytes[at]!]!]!;
    }
    return this.#accepted[state]!;
  }

  /** The pairs of equally specific patterns that match one path, each pair once. */
  conflicts(): Conflict[] {
    const found = new Map<string, Conflict>();
    for (const state of this.#states.keys()) {
      const accepted = this.#acceptedIn(state);
      for (let i = 1; i < accepted.length; i++) {
        const [a, b] = [accepted[i - 1]!, accepted[i]!];
        const key = `${a},${b}`;
        const isEqual =
          compareSpecificity(this.#patterns[a]!, this.#patterns[b]!) === 0;
        if (isEqual && !found.has(key)) {
          found.set(key, { patterns: [a, b], path: this.#pathTo(state) });
        }
      }
    }
    return [...found.values()];
  }

  /** A path that leads to the state. */
  #pathTo(state: number): string {
    const bytes: number[] = [];
    for (let at = state; at > START; at = this.#states[at]!.from) {
      bytes.push(this.#states[at]!.byte);
    }
    return String.fromCharCode(...bytes.reverse());
  }
}

function keyOf(places: readonly Place[]): string {
  return places.map(({ pattern, at }) => `${pattern},${at}`).join(" ");
}

/** Where a pattern may stand after a byte, having stood at `at`. */
function movesOf(
  { elements, hasBelow }: Pattern,
  at: number,
  byte: number,
): number[] {
  if (at > elements.length) return [at]; // below it, where everything matches
  const next: number[] = [];
  if (elements[at - 1] === STAR && byte !== SLASH) next.push(at);
  if (at === elements.length) {
    if (hasBelow && byte === SLASH) next.push(at + 1);
  } else if (elements[at] === STAR ? byte !== SLASH : byte === elements[at]) {
    next.push(at + 1);
  }
  return next;
}
