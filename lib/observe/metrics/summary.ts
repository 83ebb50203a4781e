/**
 * A snapshot for people: few numbers in place of thousands of series. All that is
 * counted goes on from the start of the process, so that whoever has two summaries
 * knows what happened between them (pure).
 */

import { countOf, type Histogram, quantileMs } from "./histogram.ts";
import { CACHE_RESULTS, type CacheResult } from "./layout.ts";
import type { MetricsSnapshot, Unchanged } from "./snapshot.ts";
import { allDurations, type CacheCount, type Totals } from "./totals.ts";

/** Routes that are told, the busiest first. */
const ROUTES_TOLD = 20;
/** Reasons that are told, the most frequent first. */
const REASONS_TOLD = 20;

/** The classes of status codes; `none` is a request without a response, or whose client left before it. */
const STATUS_CLASSES = [
  "1xx",
  "2xx",
  "3xx",
  "4xx",
  "5xx",
  "none",
] as const;

/** See {@linkcode STATUS_CLASSES}. */
export type StatusClass = typeof STATUS_CLASSES[number];

/** A route. */
export interface RouteSummary {
  readonly route: string;
  readonly requests: number;
  readonly durations: Histogram;
  readonly bytesOut: number;
  /** Requests by what the cache did. */
  readonly results: Readonly<Record<CacheResult, number>>;
  /** Responses with a status from 500. */
  readonly failures: number;
}

/** How often something was so, and why. */
export interface ReasonSummary {
  readonly reason: string;
  readonly count: number;
}

/** See the module's comment. */
export interface Summary extends Unchanged {
  readonly requests: Readonly<Record<StatusClass, number>>;
  /** Of all requests; see `BUCKETS_MS` and `quantileMs`. */
  readonly durations: Histogram;
  /** Percentiles since the start, in ms; null as long as there were no requests. */
  readonly percentilesMs: Readonly<
    Record<"p50" | "p90" | "p99", number | null>
  >;
  readonly inFlight: number;
  readonly clientConnections: number;
  readonly tunnels: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Requests by what the cache did; those that it had nothing to do with are in none. */
  readonly cache: Readonly<Record<CacheResult, number>>;
  /** Bytes of responses that no upstream had to send: hits, stale, revalidated and shared ones. */
  readonly bytesSavedByCache: number;
  /** Bytes of content that compression has saved clients. */
  readonly bytesSavedByCoding: number;
  readonly routes: readonly RouteSummary[];
  /** Why requests went to the upstream: all but hits. */
  readonly missReasons: readonly ReasonSummary[];
  /** Why requests were refused. */
  readonly rejections: readonly ReasonSummary[];
  /** By upstream: responses, the time to their heads, and who waits for a connection. */
  readonly upstreams: readonly {
    readonly upstream: string;
    readonly responses: number;
    readonly durations: Histogram;
    readonly retries: number;
    readonly waiting: number;
  }[];
}

/** Sums a snapshot up. */
export function summaryOf(snapshot: MetricsSnapshot): Summary {
  const { totals, nowMs, process, config, tiers } = snapshot;
  const { servers, certificates, recentErrors } = snapshot;
  const durations = allDurations(totals);
  const { cacheBytes } = totals;
  return {
    nowMs,
    process,
    config,
    tiers,
    servers,
    certificates,
    recentErrors,
    requests: byClass(totals),
    durations,
    percentilesMs: {
      p50: percentile(durations, 0.5),
      p90: percentile(durations, 0.9),
      p99: percentile(durations, 0.99),
    },
    inFlight: totals.inFlight,
    clientConnections: totals.clientConnections,
    tunnels: totals.tunnels,
    bytesIn: sumOf(totals.routes, ({ bytesIn }) => bytesIn),
    bytesOut: sumOf(totals.routes, ({ bytesOut }) => bytesOut),
    cache: byResult(totals.cacheRequests),
    bytesSavedByCache: cacheBytes.hit + cacheBytes.stale +
      cacheBytes.revalidated + cacheBytes.collapsed,
    bytesSavedByCoding: sumOf(totals.codings, ({ bytesSaved }) => bytesSaved),
    routes: busiest(totals),
    missReasons: topReasons(
      totals.cacheRequests.filter(({ result, reason }) =>
        result !== "hit" && reason !== ""
      ),
    ),
    rejections: topReasons(
      totals.errors.filter(({ isRejection }) => isRejection),
    ),
    upstreams: totals.upstreams.map((upstream) => ({
      upstream: upstream.upstream,
      responses: countOf(upstream.durations),
      durations: upstream.durations,
      retries: upstream.retries,
      waiting: upstream.waiting,
    })),
  };
}

/** The class of a status. */
export function classOf(code: number): StatusClass {
  return code < 100 || code === 499 || code > 599
    ? "none"
    : STATUS_CLASSES[Math.floor(code / 100) - 1]!;
}

function byClass({ requests }: Totals): Record<StatusClass, number> {
  const counts: Record<StatusClass, number> = {
    "1xx": 0,
    "2xx": 0,
    "3xx": 0,
    "4xx": 0,
    "5xx": 0,
    none: 0,
  };
  for (const { code, count } of requests) counts[classOf(code)] += count;
  return counts;
}

function byResult(
  requests: readonly CacheCount[],
): Record<CacheResult, number> {
  const counts = Object.fromEntries(
    CACHE_RESULTS.map((result) => [result, 0]),
  ) as Record<CacheResult, number>;
  for (const { result, count } of requests) counts[result] += count;
  return counts;
}

function busiest({ routes, requests }: Totals): RouteSummary[] {
  const failures = new Map<string, number>();
  for (const { route, code, count } of requests) {
    if (classOf(code) !== "5xx") continue;
    failures.set(route, (failures.get(route) ?? 0) + count);
  }
  return routes.map(({ route, durations, bytesOut, results }) => ({
    route,
    requests: countOf(durations),
    durations,
    bytesOut,
    results,
    failures: failures.get(route) ?? 0,
  }))
    .filter(({ requests }) => requests > 0)
    .toSorted((one, other) => other.requests - one.requests)
    .slice(0, ROUTES_TOLD);
}

/** Those that there were, the most frequent first; what has one reason is one. */
function topReasons(
  counts: readonly ReasonSummary[],
): ReasonSummary[] {
  const sums = new Map<string, number>();
  for (const { reason, count } of counts) {
    if (count > 0) sums.set(reason, (sums.get(reason) ?? 0) + count);
  }
  return [...sums].map(([reason, count]) => ({ reason, count }))
    .toSorted((one, other) => other.count - one.count)
    .slice(0, REASONS_TOLD);
}

function percentile(durations: Histogram, fraction: number): number | null {
  const ms = quantileMs(durations, fraction);
  return Number.isNaN(ms) ? null : ms;
}

function sumOf<Of>(all: readonly Of[], valueOf: (one: Of) => number): number {
  return all.reduce((sum, one) => sum + valueOf(one), 0);
}
