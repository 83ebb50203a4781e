/**
 * Entity tags of origins that sluice has made weak, because it gave the content a
 * coding: clients send them back, and their origin knows them as they were.
 *
 * The tag of a coded form looks like a weak one of an origin's own. So what was made
 * weak is remembered: marks in a table of a fixed size, in which a later tag may take
 * the place of an earlier one, and which threads may share.
 */

import { fnv } from "../../http/fnv.ts";

/** Marks in the table: as many tags, less those that others have replaced. */
const MARKS = 1 << 18;
/** Bytes of the table. */
export const WEAKENED_TAGS_BYTES: number = MARKS * Int32Array.BYTES_PER_ELEMENT;

/** See the module's comment. */
export class WeakenedTags {
  readonly #marks: Int32Array;

  /** @param memory {@linkcode WEAKENED_TAGS_BYTES}: all zero, or what others share. */
  constructor(memory: SharedArrayBuffer) {
    this.#marks = new Int32Array(memory);
  }

  /** Remembers that clients get this strong tag as a weak one. */
  note(tag: string): void {
    this.#marks[hashOf(tag, 0) & (MARKS - 1)] = markOf(tag);
  }

  /** Whether clients got this strong tag as a weak one, as far as is remembered. */
  has(tag: string): boolean {
    return this.#marks[hashOf(tag, 0) & (MARKS - 1)] === markOf(tag);
  }
}

/** What stands for the tag in its place in the table; never zero. */
function markOf(tag: string): number {
  return hashOf(tag, 0x5bd1e995) | 1;
}

/** FNV-1a, with its bits mixed at the end. */
function hashOf(text: string, seed: number): number {
  let hash = fnv(text, seed);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
