/** Writing what has been stored to the tiers behind the store, while requests go on. */

import { recordOf } from "../../cache/store/stored_record.ts";
import type { StoredResponse } from "../../cache/store/stored_response.ts";
import type { GuardedTier } from "../../cache/store/tiers/guarded_tier.ts";
import type { Tiers } from "../../cache/store/tiers/tiers.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";

/**
 * Writes a response that is whole, or has a new head. Its bytes are pinned meanwhile. If
 * the tiers are busy or failing, it is not written: a cache may forget.
 *
 * @param to The tiers that want it; all of them, unless it says so.
 */
export function writeBehind(
  { store, tiers }: SharedCache,
  stored: StoredResponse,
  to?: readonly GuardedTier[],
): void {
  if (tiers === undefined || !stored.isLinked) return;
  if (!tiers.mayPut) return tiers.drop(stored.hash);
  const { location, entry: { key, hash }, traits: { tags } } = stored;
  const { epoch } = store;
  const named = { key, hash, tags };
  const isOutdated = location === undefined &&
    store.isOutdated(stored.epoch, named);
  if (isOutdated || !store.pin(stored)) return;
  const record = recordOf(stored, store.run);
  tiers.put(record, hash, to ?? keeperOf(tiers, stored)).then(() => {
    store.unpin(stored);
    // Another worker's purge may have come to the tier before what it names did.
    if (store.isOutdated(epoch, named)) {
      tiers.purge({ kind: "key", key, hash });
    }
  });
}

/**
 * A response in memory is used, for the first time that the tiers hear of: those that keep
 * only what is asked for again may want it now.
 */
export function offerUsed(cache: SharedCache, stored: StoredResponse): void {
  const { tiers } = cache;
  if (tiers === undefined) stored.isOffered = true;
  else if (tiers.mayPut) {
    stored.isOffered = true;
    const to = tiers.wantingUsed(stored.hash);
    // What is on its way is written once it is whole.
    if (to.length > 0 && stored.incoming === undefined) {
      writeBehind(cache, stored, to);
    }
  }
}

/** Who gets another head of a response whose content is in a tier: that tier alone; undefined for all. */
function keeperOf(
  { keepingLarge }: Tiers,
  { traits: { large } }: StoredResponse,
): readonly GuardedTier[] | undefined {
  if (large === undefined) return undefined;
  return keepingLarge === undefined ? [] : [keepingLarge];
}
