/** What was counted between two moments: the difference of their totals (pure). */

import type { Histogram } from "./histogram.ts";
import type { Totals } from "./totals.ts";

/**
 * The totals of the time between two others. What goes up and down is as it is now.
 *
 * @param before The earlier ones, of the same process.
 */
export function totalsSince(before: Totals, now: Totals): Totals {
  return {
    ...now,
    requests: counted(
      before.requests,
      now.requests,
      ({ route, method, code }) => `${code} ${method} ${route}`,
    ),
    cacheRequests: counted(
      before.cacheRequests,
      now.cacheRequests,
      ({ result, reason }) => `${result} ${reason}`,
    ),
    errors: counted(before.errors, now.errors, ({ reason }) => reason),
    decisions: counted(
      before.decisions,
      now.decisions,
      ({ decision, reason }) => `${decision} ${reason}`,
    ),
    routes: paired(before.routes, now.routes, ({ route }) => route)
      .map(([old, one]) => ({
        ...one,
        durations: histogramSince(old?.durations, one.durations),
        bytesIn: since(old?.bytesIn, one.bytesIn),
        bytesOut: since(old?.bytesOut, one.bytesOut),
        results: recordSince(old?.results, one.results),
      })),
    upstreams: paired(
      before.upstreams,
      now.upstreams,
      ({ upstream }) => upstream,
    ).map(([old, one]) => ({
      ...one,
      codes: counted(old?.codes ?? [], one.codes, ({ code }) => String(code)),
      durations: histogramSince(old?.durations, one.durations),
      connects: histogramSince(old?.connects, one.connects),
      connectFailures: since(old?.connectFailures, one.connectFailures),
      reuses: since(old?.reuses, one.reuses),
      retries: since(old?.retries, one.retries),
      ejections: since(old?.ejections, one.ejections),
    })),
    accepted: since(before.accepted, now.accepted),
    refused: recordSince(before.refused, now.refused),
    cacheBytes: recordSince(before.cacheBytes, now.cacheBytes),
    stored: since(before.stored, now.stored),
    purged: since(before.purged, now.purged),
    codings: paired(before.codings, now.codings, ({ coding }) => coding)
      .map(([old, one]) => ({
        ...one,
        bytesBefore: since(old?.bytesBefore, one.bytesBefore),
        bytesAfter: since(old?.bytesAfter, one.bytesAfter),
        bytesSaved: since(old?.bytesSaved, one.bytesSaved),
      })),
  };
}

/** Parts are read a moment apart: never below 0. */
function since(before: number | undefined, now: number): number {
  return Math.max(0, now - (before ?? 0));
}

/** The durations between two moments. */
export function histogramSince(
  before: Histogram | undefined,
  now: Histogram,
): Histogram {
  return {
    counts: now.counts.map((count, at) => since(before?.counts[at], count)),
    sumMs: since(before?.sumMs, now.sumMs),
  };
}

/** The counts between two moments, by the same keys. */
export function recordSince<Key extends string>(
  before: Readonly<Record<Key, number>> | undefined,
  now: Readonly<Record<Key, number>>,
): Record<Key, number> {
  const keys = Object.keys(now) as Key[];
  return Object.fromEntries(
    keys.map((key) => [key, since(before?.[key], now[key])]),
  ) as Record<Key, number>;
}

/** Each of `now`, with the one of `before` that has the same name. */
function paired<One>(
  before: readonly One[],
  now: readonly One[],
  nameOf: (one: One) => string,
): (readonly [before: One | undefined, now: One])[] {
  const known = new Map(before.map((one) => [nameOf(one), one]));
  return now.map((one) => [known.get(nameOf(one)), one] as const);
}

function counted<One extends { readonly count: number }>(
  before: readonly One[],
  now: readonly One[],
  nameOf: (one: One) => string,
): One[] {
  return paired(before, now, nameOf)
    .map(([old, one]) => ({ ...one, count: since(old?.count, one.count) }));
}
