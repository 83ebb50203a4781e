/** What is known of one key: the stored responses to choose from, and who is fetching. */

import type { SharedFetch } from "./shared_fetch.ts";
import {
  type Selecting,
  type SelectingRequest,
  selects,
} from "../policy/vary.ts";

/** Stored responses of one entry; of more, the oldest goes. */
export const VARIANTS_MAX = 64;

/** A version that no bucket begins with: what is known must be looked up. */
export const NEVER_LOOKED = -1;

/** What tells the stored responses of one entry apart. */
export interface Variant {
  readonly traits: {
    readonly selecting: readonly Selecting[];
    readonly extraKey: string;
  };
  /** Whether neither `Vary` nor an extra key sets it apart: `traits` need not be looked at. */
  readonly isPlain: boolean;
}

/** See the module's comment. */
export class CacheEntry<Stored extends Variant> {
  readonly key: Uint8Array;
  readonly hash: number;
  /** The next entry whose key has the same hash. */
  next: CacheEntry<Stored> | undefined;
  /** The stored responses, the most recent first. */
  variants: readonly Stored[] = [];
  /** The most recent of them: nearly always the only one, and one look nearer than the list. */
  #latest: Stored | undefined;
  /** The version of what all workers know of it when it was last looked up. */
  version = NEVER_LOOKED;
  /** The request under way that others may share. */
  sharedFetch: SharedFetch | undefined;

  constructor(key: Uint8Array, hash: number) {
    this.key = key;
    this.hash = hash;
  }

  /** The most recent stored response that the request selects (RFC 9111 §4.1). */
  select(
    request: SelectingRequest,
    extraKey: string,
  ): Stored | undefined {
    const latest = this.#latest;
    if (latest === undefined) return undefined;
    if (latest.isPlain && extraKey === "") return latest;
    const { variants } = this;
    for (let i = 0; i < variants.length; i++) {
      const { traits } = variants[i]!;
      if (
        traits.extraKey === extraKey &&
        (traits.selecting.length === 0 || selects(traits.selecting, request))
      ) return variants[i];
    }
    return undefined;
  }

  /** Adds a stored response as the most recent. */
  add(stored: Stored): void {
    this.arrange([stored, ...this.variants]);
  }

  /** Takes a stored response out. */
  remove(stored: Stored): void {
    this.arrange(this.variants.filter((other) => other !== stored));
  }

  /** Puts the stored responses in this order, the most recent first. */
  arrange(variants: readonly Stored[]): void {
    this.variants = variants;
    this.#latest = variants[0];
  }
}
