/** The metrics of the cache (pure). */

import type { Metric, Sample } from "./metric.ts";

/** See the module's comment. */
export const CACHE_METRICS: readonly Metric[] = [
  {
    name: "sluice_cache_requests_total",
    type: "counter",
    help:
      "Requests by what the cache did, and why: the words of Cache-Status and the log.",
    labels: ["result", "reason"],
    samples: ({ totals }) =>
      totals.cacheRequests.map(({ result, reason, count }) => [
        [result, reason],
        count,
      ]),
  },
  {
    name: "sluice_route_cache_requests_total",
    type: "counter",
    help: "Requests of a route by what the cache did.",
    labels: ["route", "result"],
    samples: ({ totals }) =>
      totals.routes.flatMap(({ route, results }) =>
        Object.values(results).some((count) => count > 0)
          ? Object.entries(results).map((
            [result, count],
          ): [string[], number] => [[route, result], count])
          : []
      ),
  },
  {
    name: "sluice_cache_response_bytes_total",
    type: "counter",
    help: "Bytes of responses by what the cache did, heads included.",
    labels: ["result"],
    samples: ({ totals }) =>
      Object.entries(totals.cacheBytes).map(([result, bytes]) => [
        [result],
        bytes,
      ]),
  },
  {
    name: "sluice_cache_collapsed_total",
    type: "counter",
    help: "Requests that shared the response to another client's request.",
    labels: [],
    samples: ({ totals }) => [[
      [],
      totals.cacheRequests.reduce(
        (sum, { result, count }) => result === "collapsed" ? sum + count : sum,
        0,
      ),
    ]],
  },
  {
    name: "sluice_cache_stored_total",
    type: "counter",
    help: "Responses that were stored for a client's request.",
    labels: [],
    samples: ({ totals }) => [[[], totals.stored]],
  },
  {
    name: "sluice_cache_evictions_total",
    type: "counter",
    help: "Stored responses that were evicted to make room.",
    labels: ["tier"],
    samples: ({ tiers }) => tiers.map(({ tier, evicted }) => [[tier], evicted]),
  },
  {
    name: "sluice_cache_drops_total",
    type: "counter",
    help:
      "Responses that a slower tier was to keep and could not: it was busy, or failing.",
    labels: ["tier"],
    samples: ({ tiers }) =>
      tiers.flatMap(({ tier, dropped }): Sample[] =>
        dropped === undefined ? [] : [[[tier], dropped]]
      ),
  },
  {
    name: "sluice_cache_purged_total",
    type: "counter",
    help: "Stored responses that were purged.",
    labels: [],
    samples: ({ totals }) => [[[], totals.purged]],
  },
  {
    name: "sluice_cache_bytes",
    type: "gauge",
    help: "Bytes that stored responses take.",
    labels: ["tier"],
    samples: ({ tiers }) => tiers.map(({ tier, bytes }) => [[tier], bytes]),
  },
  {
    name: "sluice_cache_max_bytes",
    type: "gauge",
    help: "Bytes that stored responses may take.",
    labels: ["tier"],
    samples: ({ tiers }) =>
      tiers.map(({ tier, bytesMax }) => [[tier], bytesMax]),
  },
  {
    name: "sluice_cache_objects",
    type: "gauge",
    help: "Stored responses.",
    labels: ["tier"],
    samples: ({ tiers }) => tiers.map(({ tier, objects }) => [[tier], objects]),
  },
];
