/**
 * What one worker counts: plain adds to its own part of the shared memory, most of
 * them at the end of an exchange.
 */

import { ERROR_CODES } from "../../http/error.ts";
import { REASON_CODES, REASONS } from "../../reasons/reason.ts";
import { observe } from "./histogram.ts";
import {
  AT,
  CACHE_RESULTS,
  CODING,
  codingAt,
  GAUGE,
  METERED_CODINGS,
  type MeteredCoding,
  type REFUSALS,
  ROUTE,
  routeAt,
  ROW,
  UPSTREAM,
  upstreamAt,
  waitingAt,
  wordsOf,
} from "./layout.ts";
import { type MeterNames, NO_NAMES, Rows } from "./meter_names.ts";
import { KIND, Series } from "./series.ts";

/** What is counted of an exchange that is over. */
export interface MeteredExchange {
  /** The route that has taken it, or what stands in for one. */
  readonly route: { readonly meterRow: number };
  readonly request: {
    readonly method: number;
    readonly hasRequestLine: boolean;
  };
  readonly status: number;
  readonly bytesIn: number;
  readonly client: { readonly bytesOut: number };
  readonly startedMs: number;
  readonly errorCode: string;
  readonly ending: string;
  readonly codingReason: string;
  readonly accessReason: string;
  readonly fetch: MeteredFetch & { readonly use: MeteredOutcome };
}

/** The decisions about the cache: codes of reasons, empty for none. */
export interface MeteredOutcome {
  /** What it had to do with the exchange: one of {@linkcode CACHE_RESULTS}; empty for nothing. */
  readonly result: string;
  /** The token of the reason that tells the most; empty for an ordinary hit. */
  readonly decisive: string;
  /** Why the origin was asked; undefined if it was not. */
  readonly reason: string | undefined;
  readonly why: string;
  readonly detail: string;
  readonly alone: string;
  readonly staleRefusal: string;
  readonly isStored: boolean;
}

/** What is counted of a request to an origin that is over. */
export interface MeteredFetch {
  readonly route: {
    readonly upstream: { readonly meterRow: number } | undefined;
  };
  readonly response: { readonly status: number };
  /** When its client's request began, in ms since the epoch. */
  readonly startedMs: number;
  /** When it was last sent, in ms since the epoch. */
  readonly sentMs: number;
  /** From its beginning to the head of the response, in ms; -1 if there was none. */
  readonly originMs: number;
  /** Whether its connection had carried a request before. */
  readonly isReused: boolean;
  readonly tryCount: number;
  readonly retryReason: string;
}

/** By code: the counter of a reason. */
const REASON_AT: ReadonlyMap<string, number> = new Map(
  REASON_CODES.map((code, index) => [code, AT.reasons + index]),
);
/** By code: the counter of an error. */
const ERROR_AT: ReadonlyMap<string, number> = new Map(
  ERROR_CODES.map((code, index) => [code, AT.errors + index]),
);
/** By result of the cache: its number. */
const RESULT: ReadonlyMap<string, number> = new Map(
  CACHE_RESULTS.map((result, index) => [result, index]),
);
/**
 * What the log says of the cache's decisions: each token once, and before them the
 * empty one, of ordinary hits, and one for what the table lacks.
 */
export const CACHE_REASONS: readonly string[] = [
  "",
  "other",
  ...new Set(
    REASON_CODES.filter((code) =>
      ["forward", "bypass", "reuse", "store"].includes(REASONS[code].group)
    ).flatMap((code) => [REASONS[code].token, code]),
  ),
];
const CACHE_REASON: ReadonlyMap<string, number> = new Map(
  CACHE_REASONS.map((token, index) => [token, index]),
);
const OTHER_REASON = 1;

/** See the module's comment. */
export class Meter {
  readonly #words: Float64Array;
  readonly #series: Series;
  /** The reason that was counted last, and where: most are like the one before. */
  #lastCode = "";
  #lastAt: number = AT.otherReason;
  #names: MeterNames = NO_NAMES;
  #routes = new Rows([]);
  #upstreams = new Rows([]);

  /** @param worker Whose part it is, from 0: nobody else adds to it. */
  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#words = wordsOf(memory, worker);
    this.#series = new Series(this.#words, AT.series);
  }

  /** Learns which rows are whose; rows that it knows stay as they are. */
  learn(names: MeterNames): void {
    if (names === this.#names) return;
    this.#names = names;
    this.#routes = new Rows(names.routes);
    this.#upstreams = new Rows(names.upstreams);
  }

  /** The row of a route, by its name. */
  routeRow(name: string): number {
    return this.#routes.of(name);
  }

  /** The row of an upstream, by its name. */
  upstreamRow(name: string): number {
    return this.#upstreams.of(name);
  }

  /** A request has begun. */
  began(): void {
    this.#words[AT.gauges + GAUGE.InFlight]! += 1;
  }

  /** An exchange is over. */
  ended(x: MeteredExchange, nowMs: number): void {
    const words = this.#words;
    const { request, status, bytesIn, client: { bytesOut }, fetch } = x;
    const row = x.route.meterRow;
    words[AT.gauges + GAUGE.InFlight]! -= 1;
    const method = request.hasRequestLine ? request.method : 0;
    this.#series.add(KIND.Requests, row, method, status);
    const at = routeAt(row);
    observe(words, at + ROUTE.Durations, nowMs - x.startedMs);
    words[at + ROUTE.BytesIn]! += bytesIn;
    words[at + ROUTE.BytesOut]! += bytesOut;
    if (fetch.use.result !== "") this.#cacheUsed(fetch.use, bytesOut, at);
    if (x.errorCode !== "") {
      words[ERROR_AT.get(x.errorCode)!]! += 1;
      this.#decided(x.ending);
    }
    if (x.codingReason !== "") this.#decided(x.codingReason);
    if (x.accessReason !== "") this.#decided(x.accessReason);
    if (fetch.route.upstream !== undefined) this.fetched(fetch);
  }

  /** @param at Where the words of the route begin. */
  #cacheUsed(outcome: MeteredOutcome, bytesOut: number, at: number): void {
    const words = this.#words;
    const { result: name, decisive } = outcome;
    const result = name === "hit" ? 0 : RESULT.get(name)!;
    words[at + ROUTE.Results + result]! += 1;
    words[AT.resultBytes + result]! += bytesOut;
    const token = decisive === ""
      ? 0
      : CACHE_REASON.get(decisive) ?? OTHER_REASON;
    this.#series.add(KIND.Cache, ROW.None, result, token);
    const { reason, why, detail, alone, staleRefusal } = outcome;
    if (detail !== "") this.#decided(detail);
    if (reason === undefined) return;
    this.#decided(reason);
    if (why !== "" && why !== reason) this.#decided(why);
    if (alone !== "") this.#decided(alone);
    if (staleRefusal !== "") this.#decided(staleRefusal);
    if (outcome.isStored) words[AT.stored]! += 1;
  }

  #decided(code: string): void {
    if (code !== this.#lastCode) {
      this.#lastCode = code;
      this.#lastAt = REASON_AT.get(code) ?? AT.otherReason;
    }
    this.#words[this.#lastAt]! += 1;
  }

  /** A request to an origin is over, whoever wanted it. */
  fetched(
    fetch: MeteredFetch,
  ): void {
    const { route, response, originMs, tryCount, retryReason } = fetch;
    if (originMs < 0 && tryCount === 0 && retryReason === "") return;
    const words = this.#words;
    const row = route.upstream!.meterRow;
    const at = upstreamAt(row);
    if (originMs >= 0) {
      this.#series.add(KIND.Upstream, row, 0, response.status);
      const { startedMs, sentMs } = fetch;
      observe(words, at + UPSTREAM.Durations, startedMs + originMs - sentMs);
      if (fetch.isReused) words[at + UPSTREAM.Reuses]! += 1;
    }
    if (tryCount > 0) words[at + UPSTREAM.Retries]! += tryCount;
    if (retryReason !== "") this.#decided(retryReason);
  }

  /** A connection to an upstream has been opened. */
  connected(row: number, ms: number): void {
    observe(this.#words, upstreamAt(row) + UPSTREAM.Connects, ms);
  }

  /** No connection to it could be opened. */
  connectFailed(row: number): void {
    this.#words[upstreamAt(row) + UPSTREAM.ConnectFailures]! += 1;
  }

  /** One of its servers is ejected. */
  ejected(row: number): void {
    this.#words[upstreamAt(row) + UPSTREAM.Ejections]! += 1;
  }

  /** A client connection is served from now on. */
  accepted(): void {
    this.#words[AT.accepted]! += 1;
    this.#words[AT.gauges + GAUGE.ClientConnections]! += 1;
  }

  /** A client connection that was served has ended. */
  closed(): void {
    this.#words[AT.gauges + GAUGE.ClientConnections]! -= 1;
  }

  /** A client connection is not served. */
  refused(why: typeof REFUSALS[number]): void {
    this.#words[AT.refusals + (why === "limit" ? 0 : 1)]! += 1;
  }

  /** A request waits for a connection to an upstream, or, with -1, does no more. */
  waiting(row: number, more: 1 | -1): void {
    this.#words[waitingAt(row)]! += more;
  }

  /** A tunnel has been opened, or, with -1, has ended. */
  tunnels(more: 1 | -1): void {
    this.#words[AT.gauges + GAUGE.Tunnels]! += more;
  }

  /** Stored responses were purged. */
  purged(count: number): void {
    this.#words[AT.purged]! += count;
  }

  /** Content was compressed. */
  encoded(
    coding: MeteredCoding,
    bytesBefore: number,
    bytesAfter: number,
  ): void {
    const at = codingAt(METERED_CODINGS.indexOf(coding));
    this.#words[at + CODING.BytesBefore]! += bytesBefore;
    this.#words[at + CODING.BytesAfter]! += bytesAfter;
  }

  /** A client was spared bytes of content by its coding; below 0 that is nothing. */
  saved(coding: MeteredCoding, bytes: number): void {
    if (bytes <= 0) return;
    const at = codingAt(METERED_CODINGS.indexOf(coding));
    this.#words[at + CODING.Saved]! += bytes;
  }
}
