/** The metrics of a node of a fleet (pure): without a fleet, there are none. */

import type { Metric, Sample } from "./metric.ts";
import type { FleetFacts, MetricsSnapshot } from "./snapshot.ts";

/** A value of the fleet, if there is one. */
function ofFleet(
  valueOf: (fleet: FleetFacts) => number,
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
    name: "sluice_fleet_store_failures_total",
    type: "counter",
    help: "What the shared store did not answer in time, or refused.",
    labels: ["reason"],
    samples: ({ fleet }) =>
      fleet === undefined ? [] : [
        [["timeout"], fleet.timeouts],
        [["error"], fleet.errors],
      ],
  },
  {
    name: "sluice_fleet_store_paused",
    type: "gauge",
    help:
      "Whether a worker leaves the shared store alone, because it has failed in the last second.",
    labels: [],
    samples: ofFleet(({ isStorePaused }) => Number(isStorePaused)),
  },
  {
    name: "sluice_fleet_leases_total",
    type: "counter",
    help:
      "Keys that were fetched for the whole fleet: taken here; shared, as another node brought what it fetched; lost, as its lease ended before; alone, as the last fetch brought nothing to store; late, as it took too long.",
    labels: ["outcome"],
    samples: ({ fleet }) =>
      fleet === undefined ? [] : [
        [["taken"], fleet.leasesTaken],
        [["shared"], fleet.leasesShared],
        [["lost"], fleet.leasesLost],
        [["alone"], fleet.leasesAlone],
        [["late"], fleet.leasesLate],
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
      "How long the last purges took, from their turn in the store to their end here.",
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
