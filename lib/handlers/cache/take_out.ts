/** Taking out what is stored: from the store, and from the tiers behind it. */

import type { Purge } from "../../cache/store/purge.ts";
import { recordOf } from "../../cache/store/stored_record.ts";
import type { StoredResponse } from "../../cache/store/stored_response.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { nextTurn } from "../../net/clock.ts";
import { pieceKey } from "../../cache/policy/cache_key.ts";
import { dropSlices, removeSlices } from "./slices/slice_store.ts";

/**
 * Carries out purges, and lets requests come between their steps. Those that go through
 * all that is stored wait for one another.
 *
 * @param teller The tier that they come from; undefined if they begin here.
 * @returns How many responses they have hit, here or behind the store: mostly the same
 *   ones. Never rejects.
 */
export async function purgeAll(
  cache: SharedCache,
  purges: readonly Purge[],
  teller?: string,
): Promise<number> {
  const behind: (Promise<number> | undefined)[] = [];
  const tell: Tell = (purge) => behind.push(cache.tiers?.purge(purge, teller));
  let count = 0;
  for (const purge of purges) {
    count += purge.kind === "key"
      ? await carryOut(cache, purge, tell)
      : await cache.purgeInTurn(() => carryOut(cache, purge, tell));
  }
  const counts = await Promise.all(behind);
  return Math.max(count, sumOf(counts));
}

/** Tells the tiers of a purge. */
type Tell = (purge: Purge) => void;

async function carryOut(
  cache: SharedCache,
  purge: Purge,
  tell: Tell,
): Promise<number> {
  const sliced = purge.kind === "key" && !purge.isSoft
    ? slicedUnder(cache, purge.key, purge.hash)
    : [];
  const steps = cache.store.purge(purge);
  let step = steps.next();
  // In one turn with the first step: what is written behind the store later is not meant.
  tell(purge);
  if (sliced.length > 0 && purge.kind === "key") {
    tell({ kind: "prefix", prefix: pieceKey(purge.key, "") });
  }
  while (!step.done) {
    await nextTurn();
    step = steps.next();
  }
  let count = step.value;
  // Nobody finds the slices any more, whose version has gone.
  for (const stored of sliced) count += await removeSlices(cache, stored);
  return count;
}

/** Takes out all that is stored under a key. */
export function forgetKey(
  cache: SharedCache,
  key: Uint8Array,
  hash: number,
): void {
  const sliced = slicedUnder(cache, key, hash);
  cache.store.forget(key, hash);
  cache.tiers?.purge({ kind: "key", key, hash });
  for (const stored of sliced) dropSlices(cache, stored);
}

/** What is stored under a key in slices. */
function slicedUnder(
  { sliceBytes, store }: SharedCache,
  key: Uint8Array,
  hash: number,
): StoredResponse[] {
  const variants = sliceBytes === 0 ? [] : store.get(key, hash)?.variants ?? [];
  return variants.filter(({ slices }) => slices !== undefined);
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
  if (stored.slices !== undefined) dropSlices(cache, stored);
  store.remove(stored);
}

function sumOf(counts: readonly (number | undefined)[]): number {
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
