/**
 * What header values mean, remembered (pure): few differ, and to read one again costs
 * more than to find it.
 *
 * Whoever sends many different or long ones gains no memory by it: the first ones stay,
 * and the others are read each time.
 */

/** See the module's comment. */
export class ReadValues<T> {
  readonly #read: (text: string) => T;
  readonly #valuesMax: number;
  readonly #lengthMax: number;
  readonly #known = new Map<string, T>();

  /**
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
}
