/**
 * What authentication knows and a reload must not forget: passwords that were right,
 * and the keys of tokens. Routes with the same file, or the same keys, share it.
 */

/** See the module's comment. */
export class Kept<Value> {
  readonly #byName = new Map<string, Value>();

  /** What is kept under a name; it is made the first time. */
  of(name: string, make: () => Value): Value {
    let value = this.#byName.get(name);
    if (value === undefined) this.#byName.set(name, value = make());
    return value;
  }
}
