/**
 * Where which counter is in the memory that all workers share (pure).
 *
 * Each worker has a part of its own, of words of 64 bits: it is the only one that writes
 * there, by plain adds, and readers add up all parts. An aligned word of 64 bits is
 * written in one piece on every machine that Deno runs on, so nobody ever reads half of
 * a number. As floats, the words count exactly to 2^53: 100,000 requests a second for
 * 2,800 years.
 *
 * Counters with labels from small tables have a place for each value. What is counted
 * by route, method and status together would be mostly empty so: these counters are a
 * hash table of numbers, each with its key.
 */

import { ERROR_CODES } from "../../http/error.ts";
import { REASON_CODES } from "../../reasons/reason.ts";
import { HISTOGRAM_WORDS } from "./histogram.ts";

/** What the cache had to do with a request; in the order of its counters. */
export const CACHE_RESULTS = [
  "hit",
  "stale",
  "revalidated",
  "miss",
  "collapsed",
  "bypass",
] as const;

/** See {@linkcode CACHE_RESULTS}. */
export type CacheResult = typeof CACHE_RESULTS[number];

/** Content codings, in the order of their counters. */
export const METERED_CODINGS = ["gzip", "br"] as const;

/** See {@linkcode METERED_CODINGS}. */
export type MeteredCoding = typeof METERED_CODINGS[number];

/** Words of a coding. */
export const CODING = {
  BytesBefore: 0,
  BytesAfter: 1,
  /** What clients were spared. */
  Saved: 2,
} as const;
const CODING_WORDS = 3;

/** Why a connection was closed before it was served, in the order of the counters. */
export const REFUSALS = ["limit", "client_limit"] as const;

/** Routes that have counters of their own; others are counted together. */
export const ROUTES_MAX = 256;
/** Upstreams that have counters of their own; others are counted together. */
export const UPSTREAMS_MAX = 64;

/** The row of what no route took, and of what has no row of its own. */
export const ROW = { None: 0, Other: 1, FirstNamed: 2 } as const;

/** Numbers that go up and down, as long as their worker lives. */
export const GAUGE = {
  InFlight: 0,
  ClientConnections: 1,
  Tunnels: 2,
} as const;
/** By upstream: how many requests wait for a connection. */
const WAITING = 4;
/** Words of all that goes up and down. */
const GAUGE_WORDS = WAITING + UPSTREAMS_MAX + ROW.FirstNamed;

/** Words of a route. */
export const ROUTE = {
  Durations: 0,
  BytesIn: HISTOGRAM_WORDS,
  BytesOut: HISTOGRAM_WORDS + 1,
  /** One for each of {@linkcode CACHE_RESULTS}. */
  Results: HISTOGRAM_WORDS + 2,
} as const;
const ROUTE_WORDS = ROUTE.Results + CACHE_RESULTS.length;

/** Words of an upstream. */
export const UPSTREAM = {
  /** To the head of a response. */
  Durations: 0,
  /** To open a connection. */
  Connects: HISTOGRAM_WORDS,
  ConnectFailures: 2 * HISTOGRAM_WORDS,
  Reuses: 2 * HISTOGRAM_WORDS + 1,
  Retries: 2 * HISTOGRAM_WORDS + 2,
  Ejections: 2 * HISTOGRAM_WORDS + 3,
} as const;
const UPSTREAM_WORDS = 2 * HISTOGRAM_WORDS + 4;

/** Slots of the hash table: a key and a count each; a power of two. */
export const SERIES_SLOTS = 8192;
/** Words of a slot. */
export const SERIES_WORDS = 2;

/** Where each part begins, in words from the beginning of a worker's part. */
export const AT = (() => {
  let at = 0;
  const take = (words: number): number => {
    const start = at;
    at += words;
    return start;
  };
  return {
    gauges: take(GAUGE_WORDS),
    accepted: take(1),
    refusals: take(REFUSALS.length),
    stored: take(1),
    purged: take(1),
    errors: take(ERROR_CODES.length),
    reasons: take(REASON_CODES.length),
    /** Of what has no row in the table; nobody reads it. */
    otherReason: take(1),
    resultBytes: take(CACHE_RESULTS.length),
    /** By coding: see {@linkcode CODING}. */
    codings: take(METERED_CODINGS.length * CODING_WORDS),
    routes: take((ROUTES_MAX + ROW.FirstNamed) * ROUTE_WORDS),
    upstreams: take((UPSTREAMS_MAX + ROW.FirstNamed) * UPSTREAM_WORDS),
    series: take(SERIES_SLOTS * SERIES_WORDS),
    /** How many words that is. */
    end: at,
  };
})();

/** The words of one worker: a multiple of a cache line, so that no two write to the same. */
export const WORKER_WORDS = Math.ceil(AT.end / 16) * 16;

/** Where the words of a route begin. */
export function routeAt(row: number): number {
  return AT.routes + row * ROUTE_WORDS;
}

/** Where the words of an upstream begin. */
export function upstreamAt(row: number): number {
  return AT.upstreams + row * UPSTREAM_WORDS;
}

/** Where the words of a coding begin. */
export function codingAt(index: number): number {
  return AT.codings + index * CODING_WORDS;
}

/** Where it is counted how many requests wait for an upstream. */
export function waitingAt(row: number): number {
  return AT.gauges + WAITING + row;
}

/** Memory for the counters of that many workers. */
export function createMetricsMemory(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(
    workers * WORKER_WORDS * Float64Array.BYTES_PER_ELEMENT,
  );
}

/** The words of one worker, from 0. */
export function wordsOf(
  memory: SharedArrayBuffer,
  worker: number,
): Float64Array {
  const bytes = WORKER_WORDS * Float64Array.BYTES_PER_ELEMENT;
  return new Float64Array(memory, worker * bytes, WORKER_WORDS);
}

/** Forgets what went up and down in a worker that has crashed; what only goes up stays. */
export function clearGauges(memory: SharedArrayBuffer, worker: number): void {
  wordsOf(memory, worker).fill(0, AT.gauges, AT.gauges + GAUGE_WORDS);
}
