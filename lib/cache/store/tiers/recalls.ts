/**
 * Lookups behind the store that are under way: who wants the same key waits for the
 * one that is.
 */

import { equalsBytes } from "../../../http/bytes.ts";
import { Signal } from "../signal.ts";

/** A lookup of what is stored under a key behind the store. */
export class Recall extends Signal {
  readonly key: Uint8Array;
  readonly hash: number;
  /** How many wait for it, besides whoever began it. */
  waiting = 0;
  isOver = false;
  /** Whether what is stored under the key varies: those who wait may select another response. */
  hasVariants = false;

  constructor(key: Uint8Array, hash: number) {
    super();
    this.key = key;
    this.hash = hash;
  }
}

/** See the module's comment. */
export class Recalls {
  readonly #byHash = new Map<number, Recall>();

  /** The lookup of a key that is under way. */
  find(key: Uint8Array, hash: number): Recall | undefined {
    const known = this.#byHash.get(hash);
    return known !== undefined && equalsBytes(known.key, key)
      ? known
      : undefined;
  }

  /** Begins a lookup; others find it unless one of another key with the same hash, or an earlier one, is under way. */
  begin(key: Uint8Array, hash: number): Recall {
    const recall = new Recall(key, hash);
    if (!this.#byHash.has(hash)) this.#byHash.set(hash, recall);
    return recall;
  }

  /** Ends it: those who wait look into the store again. */
  end(recall: Recall): void {
    recall.isOver = true;
    if (this.#byHash.get(recall.hash) === recall) {
      this.#byHash.delete(recall.hash);
    }
    recall.notify();
  }
}
