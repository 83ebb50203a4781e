/**
 * Tells whether a regular expression can take more than linear time, from its
 * structure alone: no clock, no luck with inputs.
 *
 * The pattern becomes an automaton without empty moves (Glushkov's: one state for
 * each character set in it). A backtracking engine takes more than linear time only
 * if the automaton is ambiguous without bound (Weideman et al., "Analyzing Matching
 * Time Behavior of Backtracking Regular Expression Matchers"):
 *
 * - exponential: a state returns to itself on one word in two ways;
 * - polynomial: on one word, a state `p` returns to itself, leads to another state
 *   `q`, and `q` returns to itself.
 *
 * A search that is not anchored is a `p` of its own: it can begin anywhere. Where
 * the match is certain once `q` is reached, nothing is tried again, and it is fine.
 *
 * The source of the program is judged by it, and so is what an operator writes.
 */

import { ALL, type CharacterSet, type Node, Parser } from "./regex_syntax.ts";

/** What a part of a pattern is to what stands around it: states by number. */
interface Part {
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** The last states after which nothing but the end of the part can follow unasked. */
  readonly sure: readonly number[];
  readonly isNullable: boolean;
  /** Whether it can be passed without a character and without a question. */
  readonly isSurelyNullable: boolean;
}

const NOTHING: Part = {
  first: [],
  last: [],
  sure: [],
  isNullable: true,
  isSurelyNullable: true,
};

/** The automaton of a pattern; see the module's comment. */
class Automaton {
  readonly sets: CharacterSet[] = [];
  readonly next: Set<number>[] = [];
  readonly #before = new Map<number, Set<number>>();
  /** States in which the match is certain. */
  readonly sure = new Set<number>();
  /** Whether an unbounded repetition repeats something that may be empty, or two moves are the same. */
  isTwofold = false;

  readonly #statesMax: number;

  constructor(pattern: Node, isSearch: boolean, statesMax: number) {
    this.#statesMax = statesMax;
    const whole = this.#build(pattern, true);
    for (const state of whole.sure) this.sure.add(state);
    if (!isSearch) return;
    const begin = this.#state(ALL);
    this.#follow([begin], [begin]);
    const later = this.#build(pattern, false); // `^` holds at the beginning only
    this.#follow([begin], later.first);
    for (const state of later.sure) this.sure.add(state);
  }

  #state(set: CharacterSet): number {
    if (this.sets.length >= this.#statesMax) {
      throw new RangeError(`More than ${this.#statesMax} states`);
    }
    this.next.push(new Set());
    return this.sets.push(set) - 1;
  }

  #follow(from: readonly number[], to: readonly number[]): void {
    for (const state of from) {
      for (const other of to) {
        if (this.next[state]!.has(other)) this.isTwofold = true;
        this.next[state]!.add(other);
      }
    }
  }

  #build(node: Node, isAtStart: boolean): Part {
    switch (node.kind) {
      case "set": {
        const states = [this.#state(node.set)];
        return {
          first: states,
          last: states,
          sure: states,
          isNullable: false,
          isSurelyNullable: false,
        };
      }
      case "start":
        return { ...NOTHING, isNullable: isAtStart, isSurelyNullable: false };
      case "assertion":
        return { ...NOTHING, isSurelyNullable: false };
      case "choice":
        return this.#choice(node.nodes, isAtStart);
      case "sequence":
        return node.nodes.reduce<Part>(
          (part, next) => this.#joined(part, this.#build(next, isAtStart)),
          NOTHING,
        );
      case "repeat":
        return this.#repeated(node, isAtStart);
    }
  }

  #choice(nodes: readonly Node[], isAtStart: boolean): Part {
    const parts = nodes.map((node) => this.#build(node, isAtStart));
    return {
      first: parts.flatMap(({ first }) => first),
      last: parts.flatMap(({ last }) => last),
      sure: parts.flatMap(({ sure }) => sure),
      isNullable: parts.some(({ isNullable }) => isNullable),
      isSurelyNullable: parts.some(({ isSurelyNullable }) => isSurelyNullable),
    };
  }

  #joined(a: Part, b: Part): Part {
    this.#follow(a.last, b.first);
    return {
      first: a.isNullable ? [...a.first, ...b.first] : a.first,
      last: b.isNullable ? [...a.last, ...b.last] : b.last,
      sure: b.isSurelyNullable ? [...a.sure, ...b.sure] : b.sure,
      isNullable: a.isNullable && b.isNullable,
      isSurelyNullable: a.isSurelyNullable && b.isSurelyNullable,
    };
  }

  #repeated(
    { node, min, max }: { node: Node; min: number; max: number },
    isAtStart: boolean,
  ): Part {
    let part = NOTHING;
    for (let i = 1; i <= Math.max(min, max === Infinity ? 1 : max); i++) {
      const once = this.#build(node, isAtStart);
      if (max === Infinity && i >= min) {
        if (once.isNullable) this.isTwofold = true;
        this.#follow(once.last, once.first);
      }
      const isOptional = i > min;
      part = this.#joined(part, {
        ...once,
        isNullable: once.isNullable || isOptional,
        isSurelyNullable: once.isSurelyNullable || isOptional,
      });
    }
    return part;
  }

  /** The moves that two or three states can make on the same character, as tuples of states. */
  *moves(states: readonly number[]): Generator<number[]> {
    let tuples: { states: number[]; set: CharacterSet }[] = [
      { states: [], set: ALL },
    ];
    for (const state of states) {
      tuples = tuples.flatMap((tuple) =>
        [...this.next[state]!].map((next) => ({
          states: [...tuple.states, next],
          set: tuple.set & this.sets[next]!,
        }))
      ).filter(({ set }) => set !== 0n);
    }
    for (const tuple of tuples) yield tuple.states;
  }

  /** Whether the states of `from` can become those of `to` on one word of at least one character. */
  leads(from: readonly number[], to: readonly number[]): boolean {
    const seen = new Set<string>();
    const open = [from];
    const goal = to.join();
    const before = to.map((state) => this.#leadingTo(state));
    for (let states; (states = open.pop()) !== undefined;) {
      for (const next of this.moves(states)) {
        if (!next.every((state, index) => before[index]!.has(state))) continue;
        const key = next.join();
        if (key === goal) return true;
        if (!seen.has(key)) open.push(next);
        seen.add(key);
      }
    }
    return false;
  }

  /** A state, and those to which moves lead from it and which lead back to it. */
  turning(state: number): readonly number[] {
    return [...this.#leadingTo(state)]
      .filter((other) => this.#leadingTo(other).has(state));
  }

  /** A state, and those from which moves lead to it: from others nothing does. */
  #leadingTo(state: number): ReadonlySet<number> {
    let found = this.#before.get(state);
    if (found !== undefined) return found;
    found = new Set([state]);
    for (const later of found) {
      for (const [earlier, next] of this.next.entries()) {
        if (next.has(later)) found.add(earlier);
      }
    }
    this.#before.set(state, found);
    return found;
  }
}

/**
 * Why a pattern can take more than linear time; undefined if it cannot.
 *
 * @param statesMax The most states that are looked at: characters and classes, with
 *   counted repetitions written out, twice if the pattern can begin anywhere.
 * @throws {SyntaxError} if the pattern uses syntax that is not known here.
 * @throws {RangeError} if it has more states.
 */
export function growthOf(
  { source, flags }: RegExp,
  statesMax = Infinity,
): "exponential" | "polynomial" | undefined {
  const pattern = new Parser(source, flags).parse();
  const automaton = new Automaton(pattern, !flags.includes("y"), statesMax);
  if (automaton.isTwofold) return "exponential";
  const states = automaton.sets.map((_, state) => state);
  const looping = states.filter((state) => automaton.leads([state], [state]));
  for (const p of looping) {
    for (const q of looping) {
      if (automaton.sure.has(q)) continue;
      if (
        p === q
          ? isAmbiguous(automaton, p)
          : automaton.leads([p, p, q], [p, q, q])
      ) {
        return p === q ? "exponential" : "polynomial";
      }
    }
  }
  return undefined;
}

/** Whether a state returns to itself in two ways. */
function isAmbiguous(automaton: Automaton, state: number): boolean {
  const others = automaton.turning(state); // only they return
  return others.some((a) =>
    others.some((b) =>
      a < b && automaton.leads([state, state], [a, b]) &&
      automaton.leads([a, b], [state, state])
    )
  );
}
