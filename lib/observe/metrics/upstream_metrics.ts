/** The metrics of upstreams and their servers (pure). */

import { countOf } from "./histogram.ts";
import type { Metric } from "./metric.ts";
import type { MetricsSnapshot } from "./snapshot.ts";
import type { UpstreamTotals } from "./totals.ts";

/** Upstreams that have a name, and what was counted for others. */
function upstreamsOf({ totals }: MetricsSnapshot): readonly UpstreamTotals[] {
  return totals.upstreams.filter(({ upstream, durations, connects }) =>
    upstream !== "other" || countOf(durations) + countOf(connects) > 0
  );
}

/** See the module's comment. */
export const UPSTREAM_METRICS: readonly Metric[] = [
  {
    name: "sluice_upstream_requests_total",
    type: "counter",
    help: "Responses of upstreams, by status; refreshes of the cache included.",
    labels: ["upstream", "code"],
    samples: (snapshot) =>
      upstreamsOf(snapshot).flatMap(({ upstream, codes }) =>
        codes.map(({ code, count }): [string[], number] => [
          [upstream, String(code)],
          count,
        ])
      ),
  },
  {
    name: "sluice_upstream_request_duration_seconds",
    type: "histogram",
    help: "Time from the sending of a request to the head of its response.",
    labels: ["upstream"],
    samples: (snapshot) =>
      upstreamsOf(snapshot).map(({ upstream, durations }) => [
        [upstream],
        durations,
      ]),
  },
  {
    name: "sluice_upstream_connect_duration_seconds",
    type: "histogram",
    help:
      "Time to open a connection to a server of the upstream, TLS included.",
    labels: ["upstream"],
    samples: (snapshot) =>
      upstreamsOf(snapshot).map(({ upstream, connects }) => [
        [upstream],
        connects,
      ]),
  },
  {
    name: "sluice_upstream_connect_failures_total",
    type: "counter",
    help: "Connections to servers of the upstream that could not be opened.",
    labels: ["upstream"],
    samples: (snapshot) =>
      upstreamsOf(snapshot).map(({ upstream, connectFailures }) => [
        [upstream],
        connectFailures,
      ]),
  },
  {
    name: "sluice_upstream_connection_reuses_total",
    type: "counter",
    help:
      "Requests that were sent on a connection that had carried one before.",
    labels: ["upstream"],
    samples: (snapshot) =>
      upstreamsOf(snapshot).map(({ upstream, reuses }) => [
        [upstream],
        reuses,
      ]),
  },
  {
    name: "sluice_upstream_retries_total",
    type: "counter",
    help: "How often a request was sent again.",
    labels: ["upstream"],
    samples: (snapshot) =>
      upstreamsOf(snapshot).map(({ upstream, retries }) => [
        [upstream],
        retries,
      ]),
  },
  {
    name: "sluice_upstream_ejections_total",
    type: "counter",
    help: "How often a server was ejected because of failed requests.",
    labels: ["upstream"],
    samples: (snapshot) =>
      upstreamsOf(snapshot).map(({ upstream, ejections }) => [
        [upstream],
        ejections,
      ]),
  },
  {
    name: "sluice_upstream_healthy",
    type: "gauge",
    help:
      "Whether a server is in service: 0 if probes, failed requests or an operator have taken it out.",
    labels: ["upstream", "server"],
    samples: ({ servers }) =>
      servers.map(({ upstream, server, isHealthy }) => [
        [upstream, server],
        isHealthy ? 1 : 0,
      ]),
  },
  {
    name: "sluice_upstream_connections",
    type: "gauge",
    help:
      "Open connections to a server; active ones carry a request or are being opened.",
    labels: ["upstream", "server", "state"],
    samples: ({ servers }) =>
      servers.flatMap(
        ({ upstream, server, busyConnections, idleConnections }) => [
          [[upstream, server, "active"], busyConnections],
          [[upstream, server, "idle"], idleConnections],
        ],
      ),
  },
  {
    name: "sluice_upstream_queue",
    type: "gauge",
    help: "Requests that wait for a connection to the upstream.",
    labels: ["upstream"],
    samples: (snapshot) =>
      upstreamsOf(snapshot).map(({ upstream, waiting }) => [
        [upstream],
        waiting,
      ]),
  },
];
