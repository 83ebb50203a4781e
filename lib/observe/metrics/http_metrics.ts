/** The metrics of clients and their requests (pure). */

import { countOf } from "./histogram.ts";
import type { Metric } from "./metric.ts";
import type { MetricsSnapshot } from "./snapshot.ts";
import type { RouteTotals } from "./totals.ts";

/** Routes that have a name, and what was counted for none or for others. */
function routesOf({ totals }: MetricsSnapshot): readonly RouteTotals[] {
  return totals.routes.filter(({ route, durations }) =>
    (route !== "none" && route !== "other") || countOf(durations) > 0
  );
}

/** See the module's comment. */
export const HTTP_METRICS: readonly Metric[] = [
  {
    name: "sluice_http_requests_total",
    type: "counter",
    help:
      "Requests of clients that have ended; code 499: the client left before the response.",
    labels: ["route", "method", "code"],
    samples: ({ totals }) =>
      totals.requests.map(({ route, method, code, count }) => [
        [route, method, String(code)],
        count,
      ]),
  },
  {
    name: "sluice_http_request_duration_seconds",
    type: "histogram",
    help:
      "Time from the first byte of a request to the last byte of its response.",
    labels: ["route"],
    samples: (snapshot) =>
      routesOf(snapshot).map(({ route, durations }) => [[route], durations]),
  },
  {
    name: "sluice_http_requests_in_flight",
    type: "gauge",
    help: "Requests of clients that have begun and are not over.",
    labels: [],
    samples: ({ totals }) => [[[], totals.inFlight]],
  },
  {
    name: "sluice_http_request_bytes_total",
    type: "counter",
    help: "Bytes of requests that clients have sent, heads included.",
    labels: ["route"],
    samples: (snapshot) =>
      routesOf(snapshot).map(({ route, bytesIn }) => [[route], bytesIn]),
  },
  {
    name: "sluice_http_response_bytes_total",
    type: "counter",
    help: "Bytes of responses that clients were sent, heads included.",
    labels: ["route"],
    samples: (snapshot) =>
      routesOf(snapshot).map(({ route, bytesOut }) => [[route], bytesOut]),
  },
  {
    name: "sluice_rejected_requests_total",
    type: "counter",
    help:
      "Requests that sluice answered with an error of its own that is not the upstream's fault.",
    labels: ["reason"],
    samples: ({ totals }) =>
      totals.errors.filter(({ isRejection }) => isRejection).map((
        { reason, count },
      ) => [[reason], count]),
  },
  {
    name: "sluice_failed_requests_total",
    type: "counter",
    help:
      "Requests that failed through the upstream's fault, or that broke off on either side.",
    labels: ["reason"],
    samples: ({ totals }) =>
      totals.errors.filter(({ isRejection }) => !isRejection).map((
        { reason, count },
      ) => [[reason], count]),
  },
  {
    name: "sluice_decisions_total",
    type: "counter",
    help:
      "Decisions by their reason: the words of Cache-Status and the log (docs/reasons.md).",
    labels: ["decision", "reason"],
    samples: ({ totals }) =>
      totals.decisions.map(({ decision, reason, count }) => [
        [decision, reason],
        count,
      ]),
  },
  {
    name: "sluice_connections",
    type: "gauge",
    help: "Open connections: of clients, and to the servers of upstreams.",
    labels: ["side", "state"],
    samples: connectionSamples,
  },
  {
    name: "sluice_connections_accepted_total",
    type: "counter",
    help: "Client connections that were served.",
    labels: [],
    samples: ({ totals }) => [[[], totals.accepted]],
  },
  {
    name: "sluice_connections_refused_total",
    type: "counter",
    help:
      "Client connections that were refused: by a limit on all of them, or on those of one client.",
    labels: ["reason"],
    samples: ({ totals }) =>
      Object.entries(totals.refused).map(([reason, count]) => [
        [reason],
        count,
      ]),
  },
  {
    name: "sluice_tunnels",
    type: "gauge",
    help: "Connections that have become tunnels, such as WebSockets.",
    labels: [],
    samples: ({ totals }) => [[[], totals.tunnels]],
  },
  {
    name: "sluice_encode_bytes_total",
    type: "counter",
    help:
      "Bytes of content that went into compression (in) and came out of it (out).",
    labels: ["coding", "direction"],
    samples: ({ totals }) =>
      totals.codings.flatMap(({ coding, bytesBefore, bytesAfter }) => [
        [[coding, "in"], bytesBefore],
        [[coding, "out"], bytesAfter],
      ]),
  },
  {
    name: "sluice_coding_saved_bytes_total",
    type: "counter",
    help: "Bytes of content that compression has saved clients.",
    labels: ["coding"],
    samples: ({ totals }) =>
      totals.codings.map(({ coding, bytesSaved }) => [[coding], bytesSaved]),
  },
];

/** A client connection is active while it has a request. */
function connectionSamples(
  { totals, servers }: MetricsSnapshot,
): [string[], number][] {
  const { clientConnections: open, inFlight } = totals;
  const active = Math.min(open, inFlight);
  let [busy, idle] = [0, 0];
  for (const server of servers) {
    busy += server.busyConnections;
    idle += server.idleConnections;
  }
  return [
    [["client", "active"], active],
    [["client", "idle"], open - active],
    [["upstream", "active"], busy],
    [["upstream", "idle"], idle],
  ];
}
