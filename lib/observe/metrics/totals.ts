/** What all workers have counted together, read from the memory that they share (pure). */

import { ERROR_CODES, ERRORS } from "../../http/error.ts";
import { methodName } from "../../http/method.ts";
import { REASON_CODES, REASONS } from "../../reasons/reason.ts";
import type { ReasonGroup } from "../../reasons/row.ts";
import { type Histogram, mergeHistograms, readHistogram } from "./histogram.ts";
import {
  AT,
  CACHE_RESULTS,
  type CacheResult,
  CODING,
  codingAt,
  GAUGE,
  METERED_CODINGS,
  type MeteredCoding,
  REFUSALS,
  ROUTE,
  routeAt,
  ROW,
  UPSTREAM,
  upstreamAt,
  waitingAt,
  wordsOf,
  WORKER_WORDS,
} from "./layout.ts";
import { CACHE_REASONS } from "./meter.ts";
import { type MeterNames, rowName } from "./meter_names.ts";
import { keyParts, KIND, readSeries } from "./series.ts";

/** How many requests of clients there were, by what they have in common. */
export interface RequestCount {
  readonly route: string;
  /** `other` if it is none that sluice knows. */
  readonly method: string;
  /** 499 if the client left before the response, 0 if there was none. */
  readonly code: number;
  readonly count: number;
}

/** What was counted of a route. */
export interface RouteTotals {
  readonly route: string;
  readonly durations: Histogram;
  /** Bytes from clients, heads included. */
  readonly bytesIn: number;
  /** Bytes to clients, heads included. */
  readonly bytesOut: number;
  readonly results: Readonly<Record<CacheResult, number>>;
}

/** What was counted of an upstream. */
export interface UpstreamTotals {
  readonly upstream: string;
  /** Responses by status. */
  readonly codes: readonly { readonly code: number; readonly count: number }[];
  /** Time from the sending of a request to the head of its response. */
  readonly durations: Histogram;
  /** Connections that were opened, and how long that took. */
  readonly connects: Histogram;
  readonly connectFailures: number;
  readonly reuses: number;
  readonly retries: number;
  readonly ejections: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/** Why requests failed, or were refused. */
export interface ErrorCount {
  /** A code of `ERRORS`. */
  readonly reason: string;
  /** Whether sluice refused it: the fault is not the origin's, and it was answered. */
  readonly isRejection: boolean;
  readonly count: number;
}

/** How often a decision was made for a reason. */
export interface DecisionCount {
  readonly decision: ReasonGroup;
  /** As `Cache-Status` and the log call it. */
  readonly reason: string;
  readonly count: number;
}

/** What the cache did, and why. */
export interface CacheCount {
  readonly result: CacheResult;
  /** As `Cache-Status` and the log call it; empty for an ordinary hit. */
  readonly reason: string;
  readonly count: number;
}

/** See the module's comment. */
export interface Totals {
  readonly requests: readonly RequestCount[];
  readonly routes: readonly RouteTotals[];
  readonly upstreams: readonly UpstreamTotals[];
  readonly inFlight: number;
  readonly clientConnections: number;
  readonly tunnels: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<typeof REFUSALS[number], number>>;
  readonly errors: readonly ErrorCount[];
  readonly decisions: readonly DecisionCount[];
  readonly cacheRequests: readonly CacheCount[];
  /** Bytes to clients, heads included, by what the cache did. */
  readonly cacheBytes: Readonly<Record<CacheResult, number>>;
  readonly stored: number;
  readonly purged: number;
  readonly codings: readonly {
    readonly coding: MeteredCoding;
    readonly bytesBefore: number;
    readonly bytesAfter: number;
    /** Bytes of content that clients were spared. */
    readonly bytesSaved: number;
  }[];
}

/** Reads what all workers have counted. */
export function readTotals(
  memory: SharedArrayBuffer,
  names: MeterNames,
): Totals {
  const workers = memory.byteLength / WORKER_WORDS /
    Float64Array.BYTES_PER_ELEMENT;
  const parts = Array.from(
    { length: workers },
    (_, worker) => wordsOf(memory, worker),
  );
  const words = new Float64Array(AT.series);
  for (const part of parts) {
    for (let at = 0; at < AT.series; at++) words[at]! += part[at]!;
  }
  const series = sumOfSeries(parts);
  return {
    ...seriesTotals(series, names),
    routes: routesOf(words, names),
    upstreams: upstreamsOf(words, series, names),
    inFlight: gauge(words, GAUGE.InFlight),
    clientConnections: gauge(words, GAUGE.ClientConnections),
    tunnels: gauge(words, GAUGE.Tunnels),
    accepted: words[AT.accepted]!,
    refused: record(REFUSALS, (_, index) => words[AT.refusals + index]!),
    errors: errorsOf(words),
    decisions: decisionsOf(words),
    cacheBytes: record(
      CACHE_RESULTS,
      (_, index) => words[AT.resultBytes + index]!,
    ),
    stored: words[AT.stored]!,
    purged: words[AT.purged]!,
    codings: METERED_CODINGS.map((coding, index) => ({
      coding,
      bytesBefore: words[codingAt(index) + CODING.BytesBefore]!,
      bytesAfter: words[codingAt(index) + CODING.BytesAfter]!,
      bytesSaved: words[codingAt(index) + CODING.Saved]!,
    })),
  };
}

/** What goes up and down in several parts may be read a moment apart: never below 0. */
function gauge(words: Float64Array, index: number): number {
  return Math.max(0, words[AT.gauges + index]!);
}

function record<Key extends string, Value>(
  keys: readonly Key[],
  valueOf: (key: Key, index: number) => Value,
): Record<Key, Value> {
  return Object.fromEntries(
    keys.map((key, index) => [key, valueOf(key, index)]),
  ) as Record<Key, Value>;
}

/** By key: the counts of all workers. */
function sumOfSeries(parts: readonly Float64Array[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const part of parts) {
    for (const [key, count] of readSeries(part, AT.series)) {
      sums.set(key, (sums.get(key) ?? 0) + count);
    }
  }
  return sums;
}

function seriesTotals(
  series: ReadonlyMap<number, number>,
  names: MeterNames,
): Pick<Totals, "requests" | "cacheRequests"> {
  const requests: RequestCount[] = [];
  const cacheRequests: CacheCount[] = [];
  for (const [key, count] of series) {
    const { kind, row, second, third } = keyParts(key);
    if (kind === KIND.Requests) {
      const route = rowName(names.routes, row);
      const method = methodName(second) || "other";
      requests.push({ route, method, code: third, count });
    } else if (kind === KIND.Cache) {
      const reason = CACHE_REASONS[third]!;
      cacheRequests.push({ result: CACHE_RESULTS[second]!, reason, count });
    }
  }
  return { requests, cacheRequests };
}

function routesOf(words: Float64Array, names: MeterNames): RouteTotals[] {
  const rows = names.routes.length + ROW.FirstNamed;
  return Array.from({ length: rows }, (_, row) => {
    const at = routeAt(row);
    return {
      route: rowName(names.routes, row),
      durations: readHistogram(words, at + ROUTE.Durations),
      bytesIn: words[at + ROUTE.BytesIn]!,
      bytesOut: words[at + ROUTE.BytesOut]!,
      results: record(
        CACHE_RESULTS,
        (_, index) => words[at + ROUTE.Results + index]!,
      ),
    };
  });
}

function upstreamsOf(
  words: Float64Array,
  series: ReadonlyMap<number, number>,
  names: MeterNames,
): UpstreamTotals[] {
  const codes = new Map<number, { code: number; count: number }[]>();
  for (const [key, count] of series) {
    const { kind, row, third: code } = keyParts(key);
    if (kind !== KIND.Upstream) continue;
    if (!codes.has(row)) codes.set(row, []);
    codes.get(row)!.push({ code, count });
  }
  const count = names.upstreams.length + 1;
  return Array.from({ length: count }, (_, index) => {
    const row = ROW.Other + index;
    const at = upstreamAt(row);
    return {
      upstream: rowName(names.upstreams, row),
      codes: codes.get(row) ?? [],
      durations: readHistogram(words, at + UPSTREAM.Durations),
      connects: readHistogram(words, at + UPSTREAM.Connects),
      connectFailures: words[at + UPSTREAM.ConnectFailures]!,
      reuses: words[at + UPSTREAM.Reuses]!,
      retries: words[at + UPSTREAM.Retries]!,
      ejections: words[at + UPSTREAM.Ejections]!,
      waiting: Math.max(0, words[waitingAt(row)]!),
    };
  });
}

function errorsOf(words: Float64Array): ErrorCount[] {
  return ERROR_CODES.map((reason, index) => {
    const { fault, status } = ERRORS[reason];
    return {
      reason,
      isRejection: fault !== "origin" && status > 0,
      count: words[AT.errors + index]!,
    };
  });
}

/** Reasons of one kind that are told by the same token are counted as one. */
function decisionsOf(words: Float64Array): DecisionCount[] {
  const found = new Map<string, DecisionCount>();
  REASON_CODES.forEach((code, index) => {
    const { group: decision, token: reason } = REASONS[code];
    // These are explained, not counted: every request has a route and a server, and
    // one that finds none is counted by its error.
    if (decision === "server" || decision === "route") return;
    const key = `${decision} ${reason}`;
    const count = words[AT.reasons + index]! + (found.get(key)?.count ?? 0);
    found.set(key, { decision, reason, count });
  });
  return [...found.values()];
}

/** The durations of all routes. */
export function allDurations({ routes }: Totals): Histogram {
  return mergeHistograms(routes.map(({ durations }) => durations));
}
