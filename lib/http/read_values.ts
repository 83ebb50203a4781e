/**
 * What header values mean, remembered (pure): few differ, and to read one again costs
 * more than to find it.
 *
 * A client that sends many different or long ones takes no more memory: the first ones
 * stay, and the others are read each time.
 */

import { equalsRun, textOf } from "./bytes.ts";

/** Values that came last are found by their lengths, so many apart. A power of two. */
const RECENT = 16;

/** See the module's comment. */
export class ReadValues<T> {
  readonly #read: (text: string) => T;
  readonly #valuesMax: number;
  readonly #lengthMax: number;
  readonly #known = new Map<string, T>();
  /** To compare bytes makes no string. */
  readonly #recent:
    ({ readonly bytes: Uint8Array; readonly meaning: T } | undefined)[] =
      new Array(RECENT).fill(undefined);

  /**
   * Remembers nothing yet.
   *
   * @param read What a value means: the same for the same text.
   * @param valuesMax How many are remembered.
   * @param lengthMax The length of the longest that is remembered.
   */
  constructor(
    read: (text: string) => T,
    valuesMax: number,
    lengthMax: number,
  ) {
    this.#read = read;
    this.#valuesMax = valuesMax;
    this.#lengthMax = lengthMax;
  }

  /** What a value means. */
  of(text: string): T {
    const known = this.#known.get(text);
    if (known !== undefined || this.#known.has(text)) return known as T;
    const meaning = this.#read(text);
    if (this.#known.size < this.#valuesMax && text.length <= this.#lengthMax) {
      this.#known.set(text, meaning);
    }
    return meaning;
  }

  /** What the value `bytes[start, end)` means. */
  ofRun(bytes: Uint8Array, start: number, end: number): T {
    const length = end - start;
    const place = length & (RECENT - 1);
    const recent = this.#recent[place];
    if (recent !== undefined && equalsRun(bytes, start, end, recent.bytes)) {
      return recent.meaning;
    }
    const meaning = this.of(textOf(bytes, start, end));
    if (length <= this.#lengthMax) {
      this.#recent[place] = { bytes: bytes.slice(start, end), meaning };
    }
    return meaning;
  }
}
