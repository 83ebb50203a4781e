/** The cache of a server, and the tiers behind it, put together from their parts. */

import type { SharedMemory } from "../cache/store/shared/shared_memory.ts";
import type { StoreLimits } from "../cache/store/store.ts";
import { GuardedTier } from "../cache/store/tiers/guarded_tier.ts";
import type { Tier } from "../cache/store/tiers/tier.ts";
import { Tiers } from "../cache/store/tiers/tiers.ts";
import { SharedCache } from "../exchange/shared_cache.ts";
import type { Clock } from "../net/clock.ts";
import type { IncidentSink } from "../observe/incidents.ts";
import { TierFailures } from "../observe/tier_failures.ts";

/** A worker's place in the memory that all of them share. */
export interface SharedMemoryPlace {
  /** Which worker this is, from 0. */
  readonly worker: number;
  /** Undefined if nothing is stored. */
  readonly memory: SharedMemory | undefined;
}

/** The cache; undefined if nothing is stored. */
export function cacheOf(
  store: StoreLimits | undefined,
  place: SharedMemoryPlace | undefined,
  tiers: Tiers | undefined,
): SharedCache | undefined {
  if (store === undefined) return undefined;
  const { worker = 0, memory } = place ?? {};
  return new SharedCache(store, memory && { worker, memory }, tiers);
}

/** The slower tiers behind the store, each guarded; undefined if there are none. */
export function tiersOf(
  tiers: readonly Tier[],
  clock: Clock,
  incidents: IncidentSink,
): Tiers | undefined {
  if (tiers.length === 0) return undefined;
  const watcher = new TierFailures(incidents);
  return new Tiers(tiers.map((tier) => new GuardedTier(tier, clock, watcher)));
}
