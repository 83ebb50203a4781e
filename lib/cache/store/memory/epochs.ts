/**
 * Counts what has been taken out on demand. A response that was asked for before its
 * key's epoch changed is outdated: it may be what was taken out.
 */

/** Keys share counts: of so many, few get in each other's way. */
const COUNTS = 65536;

/** See the module's comment. */
export class Epochs {
  /** By the hashes of keys. */
  readonly #forgotten = new Int32Array(COUNTS);
  /** Counts what may have taken out anything, whatever its key: by prefix, by tag. */
  #purges = 0;

  /** The epoch of a key, by its hash. */
  of(hash: number): number {
    return this.#forgotten[hash % COUNTS]! + this.#purges;
  }

  /** What the key stands for is taken out. */
  noteForgotten(hash: number): void {
    this.#forgotten[hash % COUNTS]!++;
  }

  /** Anything may be taken out. */
  notePurge(): void {
    this.#purges++;
  }
}
