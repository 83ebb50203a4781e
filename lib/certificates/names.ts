/** Choosing by the names of certificates (pure): RFC 6125 §6.4.3. */

/** Values by the names of certificates: an exact name before a wildcard, the first before those after it. */
export class NameTable<Value> {
  readonly #values = new Map<string, Value>();

  /** Adds a value under its names; one that is there stays. */
  add(names: readonly string[], value: Value): void {
    for (const name of names) {
      if (!this.#values.has(name)) this.#values.set(name, value);
    }
  }

  /** The value for a host, in lower case. A `*` stands for one label. */
  find(host: string): Value | undefined {
    const exact = this.#values.get(host);
    if (exact !== undefined) return exact;
    const dot = host.indexOf(".");
    return dot > 0 ? this.#values.get(`*${host.slice(dot)}`) : undefined;
  }
}
