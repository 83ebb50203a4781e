/** Taking out what is stored: from the store, and from the tiers behind it. */

import type { Purge } from "../../cache/store/purge.ts";
import { recordOf } from "../../cache/store/stored_record.ts";
import type { StoredResponse } from "../../cache/store/stored_response.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { nextTurn } from "../../net/clock.ts";

/**
 * Carries out purges, and lets requests come between their steps. Those that go through
 * all that is stored wait for one another.
 *
 * @returns How many responses they have hit, here or behind the store: mostly the same
 *   ones. Never rejects.
 */
export async function purgeAll(
  cache: SharedCache,
  purges: readonly Purge[],
): Promise<number> {
  const behind: (Promise<number> | undefined)[] = [];
  let count = 0;
  for (const purge of purges) {
    const isShort = purge.kind === "key";
    const end = isShort ? undefined : await cache.beginPurge();
    const steps = cache.store.purge(purge);
    let step = steps.next();
    // In one turn with the first step: what is written behind the store later is not meant.
    behind.push(cache.tiers?.purge(purge));
    while (!step.done) {
      await nextTurn();
      step = steps.next();
    }
    end?.();
    count += step.value;
  }
  const counts = await Promise.all(behind);
  return Math.max(count, sumOf(counts));
}

/** Takes out all that is stored under a key. */
export function forgetKey(
  { store, tiers }: SharedCache,
  key: Uint8Array,
  hash: number,
): void {
  store.forget(key, hash);
  tiers?.purge({ kind: "key", key, hash });
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

function sumOf(counts: readonly (number | undefined)[]): number {
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
