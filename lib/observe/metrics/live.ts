/**
 * What the live page and `sluice top` show: how things stand, what happened in the last
 * minute and since the start, and one point a second for charts (pure).
 */

import { REASON_CODES, REASONS } from "../../reasons/reason.ts";
import { histogramSince, recordSince } from "./difference.ts";
import { ERROR_WORDS } from "./error_words.ts";
import { countOf, type Histogram, quantileMs } from "./histogram.ts";
import type { CacheResult } from "./layout.ts";
import type { ServerFacts, Unchanged } from "./snapshot.ts";
import type {
  ReasonSummary,
  RouteSummary,
  StatusClass,
  Summary,
} from "./summary.ts";

/** Servers that are told; if there are more, those that are out come first. */
const SERVERS_TOLD = 100;
/** Certificates that are told: those that expire first. */
const CERTIFICATES_TOLD = 20;
/** Errors that are told, the latest first. */
const ERRORS_TOLD = 20;

/** Durations in ms; null if there was nothing. */
export interface Durations {
  /** The mean, which is exact; percentiles are estimated within a bucket. */
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

/** What was counted of a route. */
export interface LiveRoute extends Durations {
  readonly route: string;
  readonly requests: number;
  readonly bytesOut: number;
  /** From 0 to 1; null if the cache had nothing to do with it. */
  readonly hitRatio: number | null;
  /** Responses with a status from 500. */
  readonly failures: number;
}

/** How often something was so, and why: the word of the log, and a sentence. */
export interface LiveReason extends ReasonSummary {
  /** Empty if the table of reasons has no such word. */
  readonly words: string;
}

/** What was counted in some time. */
export interface LiveCounts extends Durations {
  /** How long that was. */
  readonly seconds: number;
  readonly requests: Readonly<Record<StatusClass, number>>;
  /** From 0 to 1; null if the cache had nothing to do. */
  readonly hitRatio: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly bytesSavedByCache: number;
  readonly bytesSavedByCoding: number;
  readonly cache: Readonly<Record<CacheResult, number>>;
  /** The busiest first. */
  readonly routes: readonly LiveRoute[];
  /** Why requests went to the upstream, the most frequent first. */
  readonly missReasons: readonly LiveReason[];
  /** Why sluice refused requests. */
  readonly rejections: readonly LiveReason[];
  readonly upstreams: readonly (Durations & {
    readonly upstream: string;
    readonly responses: number;
    readonly retries: number;
    /** Requests that wait for a connection now. */
    readonly waiting: number;
  })[];
}

/** One second of a chart. */
export interface LivePoint extends Durations {
  /** Its end, in ms since the epoch. */
  readonly atMs: number;
  /** A second, by class of status. */
  readonly requests: Readonly<Record<StatusClass, number>>;
  readonly hitRatio: number | null;
  /** Bytes a second. */
  readonly bytesOut: number;
  /** Bytes a second that no upstream had to send, or clients were spared. */
  readonly bytesSaved: number;
}

/** How things stand. */
export interface LiveView extends Unchanged {
  /** How many servers and certificates there are; not all of them may be told. */
  readonly serverCount: number;
  readonly certificateCount: number;
  readonly inFlight: number;
  readonly clientConnections: number;
  readonly tunnels: number;
  /** Of the last minute, or of as much of it as is known. */
  readonly recent: LiveCounts;
  /** Since the start. */
  readonly total: LiveCounts;
}

/** The view of a moment. */
export function liveView(
  now: Summary,
  recent: LiveCounts,
): LiveView {
  const { nowMs, process, config, tiers, inFlight, clientConnections } = now;
  const { servers, certificates, recentErrors, tunnels } = now;
  return {
    nowMs,
    process,
    config,
    tiers,
    servers: toldServers(servers),
    serverCount: servers.length,
    certificates: certificates
      .toSorted((one, other) => one.expiresMs - other.expiresMs)
      .slice(0, CERTIFICATES_TOLD),
    certificateCount: certificates.length,
    recentErrors: recentErrors.slice(0, ERRORS_TOLD),
    inFlight,
    clientConnections,
    tunnels,
    recent,
    total: liveCounts(now, (nowMs - process.startedMs) / 1000),
  };
}

/** Servers keep their order, unless there are too many of them: nobody should press the button of another one. */
function toldServers(
  servers: readonly ServerFacts[],
): readonly ServerFacts[] {
  return servers.length <= SERVERS_TOLD ? servers : servers
    .toSorted((one, other) => Number(isUsed(one)) - Number(isUsed(other)))
    .slice(0, SERVERS_TOLD);
}

function isUsed({ state, isHealthy }: ServerFacts): boolean {
  return state === "up" && isHealthy;
}

/** What a summary has counted, for people. */
export function liveCounts(summary: Summary, seconds: number): LiveCounts {
  const { requests, bytesIn, bytesOut, cache, durations } = summary;
  const { bytesSavedByCache, bytesSavedByCoding } = summary;
  return {
    seconds,
    requests,
    ...durationsOf(durations),
    hitRatio: hitRatioOf(cache),
    bytesIn,
    bytesOut,
    bytesSavedByCache,
    bytesSavedByCoding,
    cache,
    routes: summary.routes.map(liveRoute),
    missReasons: summary.missReasons.map(withWords),
    rejections: summary.rejections.map(withWords),
    upstreams: summary.upstreams
      .filter(({ responses, waiting }) => responses > 0 || waiting > 0)
      .map(({ durations, ...counts }) => ({
        ...counts,
        ...durationsOf(durations),
      })),
  };
}

/** What happened between two moments, a second. */
export function livePoint(before: Summary, now: Summary): LivePoint {
  const seconds = Math.max(0.001, (now.nowMs - before.nowMs) / 1000);
  const requests = recordSince(before.requests, now.requests);
  for (const name of Object.keys(requests) as StatusClass[]) {
    requests[name] /= seconds;
  }
  const rate = (valueOf: (summary: Summary) => number): number =>
    Math.max(0, valueOf(now) - valueOf(before)) / seconds;
  return {
    atMs: now.nowMs,
    requests,
    ...durationsOf(histogramSince(before.durations, now.durations)),
    hitRatio: hitRatioOf(recordSince(before.cache, now.cache)),
    bytesOut: rate(({ bytesOut }) => bytesOut),
    bytesSaved: rate(savedBytes),
  };
}

function savedBytes(
  { bytesSavedByCache, bytesSavedByCoding }: Summary,
): number {
  return bytesSavedByCache + bytesSavedByCoding;
}

function liveRoute(
  { route, requests, durations, bytesOut, results, failures }: RouteSummary,
): LiveRoute {
  return {
    route,
    requests,
    ...durationsOf(durations),
    bytesOut,
    hitRatio: hitRatioOf(results),
    failures,
  };
}

/** Requests that no upstream had to answer whole, of those that the cache may answer. */
function hitRatioOf(
  { hit, stale, revalidated, collapsed, miss }: Readonly<
    Record<CacheResult, number>
  >,
): number | null {
  const spared = hit + stale + revalidated + collapsed;
  return spared + miss === 0 ? null : spared / (spared + miss);
}

function durationsOf(durations: Histogram): Durations {
  const count = countOf(durations);
  if (count === 0) return { mean: null, p50: null, p90: null, p99: null };
  return {
    mean: durations.sumMs / count,
    p50: quantileMs(durations, 0.5),
    p90: quantileMs(durations, 0.9),
    p99: quantileMs(durations, 0.99),
  };
}

/** By word of the log: what it means. A word of several rows has the sentence of the first. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ...REASON_CODES.toReversed().map((code) =>
    [REASONS[code].token, REASONS[code].words] as const
  ),
  ...Object.entries(ERROR_WORDS),
]);

function withWords({ reason, count }: ReasonSummary): LiveReason {
  return { reason, count, words: WORDS.get(reason) ?? "" };
}
