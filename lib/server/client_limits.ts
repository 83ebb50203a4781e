/** The bounds on clients that follow from the whole configuration, and what counts them. */

import {
  type Counts,
  countsIn,
  createLimitMemory,
} from "../access/limits/limit_memory.ts";
import { FleetCounts } from "../access/limits/fleet_counts.ts";
import type { ClientLimits } from "../client/client_bounds.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../net/clock.ts";

/** How many connections there may be, to clients and to origins. */
export function boundsIn(
  { connectionsMax, perClient, upstreams }: Config,
): ClientLimits {
  const originMax = upstreams.reduce(
    (sum, { pool, servers }) => sum + servers.length * pool.connectionsMax,
    0,
  );
  return { connectionsMax, perClient, originMax };
}

/**
 * What counts requests for limits.
 *
 * @param place Which worker counts, and where; undefined if there is only one.
 */
export function countsOf(
  { workers, shared }: Config,
  place:
    | { readonly worker: number; readonly limits: SharedArrayBuffer }
    | undefined,
  clock: Clock,
): Counts {
  const counts = place === undefined
    ? countsIn(createLimitMemory(1), 1, 0)
    : countsIn(place.limits, workers, place.worker);
  const { rates } = counts;
  return shared === undefined
    ? counts
    : { ...counts, fleet: new FleetCounts(shared, clock, rates) };
}
