/** The metrics of a node of a fleet (pure): without a fleet, there are none. */

import type { Metric, Sample } from "./metric.ts";
import type { FleetSample, MetricsSnapshot } from "./snapshot.ts";

/** A value of the fleet, if there is one. */
function ofFleet(
  valueOf: (fleet: FleetSample) => number,
): (snapshot: MetricsSnapshot) => readonly Sample[] {
  return ({ fleet }) => fleet === undefined ? [] : [[[], valueOf(fleet)]];
}

/** See the module's comment. */
export const FLEET_METRICS: readonly Metric[] = [
  {
    name: "sluice_cache_tier_lookups_total",
    type: "counter",
    help: "Lookups in the store that a fleet shares.",
    labels: ["tier", "result"],
    samples: ({ fleet }) =>
      fleet === undefined ? [] : [
        [["shared", "hit"], fleet.hits],
        [["shared", "miss"], fleet.misses],
      ],
  },
  {
    name: "sluice_fleet_in_step",
    type: "gauge",
    help: "Whether this node reaches the shared store, and hears of purges.",
    labels: [],
    samples: ofFleet(({ isInStep }) => Number(isInStep)),
  },
  {
    name: "sluice_fleet_purges_total",
    type: "counter",
    help: "Purges of the whole fleet that were carried out here.",
    labels: [],
    samples: ofFleet(({ purges }) => purges),
  },
  {
    name: "sluice_fleet_purge_lag_seconds",
    type: "gauge",
    help:
      "How long the last purges took, from when this node was woken to when they were carried out.",
    labels: [],
    samples: ofFleet(({ lagMs }) => lagMs / 1000),
  },
  {
    name: "sluice_fleet_resets_total",
    type: "counter",
    help:
      "How often this node has forgotten what it had, because it may have missed purges; once when it joins.",
    labels: [],
    samples: ofFleet(({ resets }) => resets),
  },
];
