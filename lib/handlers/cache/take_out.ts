/** Taking out what is stored: in the store, and in the tiers behind it. */

import { recordOf } from "../../cache/store/stored_record.ts";
import type { StoredResponse } from "../../cache/store/stored_response.ts";
import type { Purge } from "../../cache/store/tiers/tier.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";

/** How many responses went. */
export interface TakenOut {
  /** From the store. */
  readonly count: number;
  /** From a tier, once that has said so; undefined if there is none. Never rejects. */
  readonly behind: Promise<number> | undefined;
}

/** What the store can be told to take out by its name. */
export type NamedPurge = Exclude<Purge, { readonly kind: "variant" }>;

/** Takes out what a purge names. */
export function takeOut(cache: SharedCache, purge: NamedPurge): TakenOut {
  const count = takeOutOfStore(cache, purge);
  return { count, behind: cache.tiers?.purge(purge) };
}

function takeOutOfStore({ store }: SharedCache, purge: NamedPurge): number {
  switch (purge.kind) {
    case "key":
      return store.forget(purge.key, purge.hash);
    case "prefix":
      return store.purgePrefix(purge.prefix);
    case "tag":
      return store.purgeTag(purge.tag);
  }
}

/** Takes out one response, which is no longer good. */
export function takeOutStored(
  cache: SharedCache,
  stored: StoredResponse,
): void {
  const { store, tiers } = cache;
  if (tiers !== undefined) {
    const { key, hash } = stored.entry;
    const { variant } = recordOf(stored);
    tiers.purge({ kind: "variant", key, hash, variant });
  }
  store.remove(stored);
}
