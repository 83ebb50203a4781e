/** What many routes have alike is made once, so that thousands of routes stay small. */

/** More different ones than a configuration has; then it begins anew. */
const KEPT_MAX = 1000;

/** See the module's comment: what is made of plain data, by that data. */
export class Alike<From, Made> {
  readonly #make: (from: From) => Made;
  readonly #kept: Map<string, Made> = new Map();

  constructor(make: (from: From) => Made) {
    this.#make = make;
  }

  /** The same object for all that is alike. */
  of(from: From): Made {
    const key = JSON.stringify(from);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    const made = this.#make(from);
    this.#kept.set(key, made);
    return made;
  }
}
