/** Writing what has been stored to the tiers behind the store, while requests go on. */

import { recordOf } from "../../cache/store/stored_record.ts";
import type { StoredResponse } from "../../cache/store/stored_response.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";

/**
 * Writes a response that is whole, or has a new head. Its bytes are pinned meanwhile. If
 * the tiers are busy, it is not written: a cache may forget.
 */
export function writeBehind(
  { store, tiers }: SharedCache,
  stored: StoredResponse,
): void {
  if (tiers === undefined || !tiers.mayPut || !stored.isLinked) return;
  const { location, entry: { key, hash }, traits: { tags } } = stored;
  const { epoch } = store;
  const named = { key, hash, tags };
  const isOutdated = location === undefined &&
    store.isOutdated(stored.epoch, named);
  if (isOutdated || !store.pin(stored)) return;
  tiers.put(recordOf(stored), hash).then(() => {
    store.unpin(stored);
    // Another worker's purge may have come to the tier before what it names did.
    if (store.isOutdated(epoch, named)) {
      tiers.purge({ kind: "key", key, hash });
    }
  });
}
