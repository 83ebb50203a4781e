/**
 * What is done with the requests that match a route: the options of everything that
 * happens in an exchange. Options are plain data, which can be posted to a worker; a
 * compiled {@linkcode Route} also has what they refer to.
 */

import type { QueryUse } from "../cache/policy/cache_key.ts";
import type { Coding } from "../coding/negotiate.ts";
import type { FieldRule } from "../http/field_rule.ts";
import { FIELD } from "../http/field.ts";
import type { FieldSection } from "../http/section.ts";
import type { HeadLimits } from "../http/head.ts";
import type { Cidr } from "../net/cidr.ts";
import type { PublicMapping } from "../head/public_urls.ts";
import type { Rewrite } from "../router/rewrite.ts";
import type { ErrorPage } from "../head/own_response.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { OriginRequestOptions } from "../head/forwarding.ts";

/** Durations in ms; 0 for none. */
export interface Timeouts {
  /** Between two reads of a request's body. */
  readonly bodyMs: number;
  /** For a peer to take what is written to it. */
  readonly writeMs: number;
  /** From the end of the request to the response head. */
  readonly responseMs: number;
  /** From the request to the response head, over all tries. */
  readonly totalMs: number;
  /** Between two reads of a response's body. */
  readonly readMs: number;
  /** A tunnel without bytes in either direction. */
  readonly tunnelMs: number;
}

/** The least rate of a request's content. */
export interface UploadRate {
  /** Bytes a second; 0 for no limit. */
  readonly bytesPerSecond: number;
  /** How long a client may be slower, in ms. */
  readonly graceMs: number;
}

/** What is stored, for how long, and which clients may purge it. */
export interface CachePolicy {
  /** The lifetime of a response that does not give one, in ms; 0 to guess it (RFC 9111 §4.2.2). */
  readonly defaultTtlMs: number;
  /** The lifetime in place of the origin's, in ms; 0 for the origin's. */
  readonly forceMs: number;
  /** How long a stale response may be used where the origin does not say, in ms. */
  readonly staleMs: number;
  /** The longest guess of a lifetime, in ms; 0 for no guesses. */
  readonly heuristicMaxMs: number;
  /** A targeted field to be read before `CDN-Cache-Control`, in lower case; empty for none. */
  readonly targetedField: string;
  /** A response that sets a cookie is only passed on, stored without the cookie, or stored with it. */
  readonly setCookie: "refuse" | "strip" | "store";
  /** What the key holds of the query. */
  readonly queryUse: QueryUse;
  /** Names of fields and cookies that are part of the cache key. */
  readonly keyParts: {
    readonly fields: readonly string[];
    readonly cookies: readonly string[];
  };
  /** `Cache-Status` is not sent, says what was done, or also has the key. */
  readonly status: "off" | "on" | "full";
  /** Peers that may purge. */
  readonly purgeFrom: readonly Cidr[];
  /** Whether clients get `Cache-Tag` and `Surrogate-Key`. */
  readonly passesTags: boolean;
}

/** What is compressed, and how. */
export interface CodingPolicy {
  /** The codings that are made, the preferred first. */
  readonly offered: readonly Coding[];
  /** The same for content that passes: gzip first, which takes a fraction of the time. */
  readonly onTheFly: readonly Coding[];
  /** Bytes of content; less is sent as it is. */
  readonly bytesMin: number;
  /** Media types in lower case; one that ends with `/` stands for all of its kind. */
  readonly types: ReadonlySet<string>;
}

/** What is done with the requests that match: plain data. */
export interface RouteOptions extends OriginRequestOptions {
  readonly responseRules: readonly FieldRule[];
  readonly responseLimits: HeadLimits;
  /** Undefined if nothing is compressed. */
  readonly coding: CodingPolicy | undefined;
  /** Undefined if nothing is stored. */
  readonly cache: CachePolicy | undefined;
  /** Bytes of a request's content; Infinity for no limit. */
  readonly contentBytesMax: number;
  /** How slowly a request's content may come. */
  readonly uploadRate: UploadRate;
  readonly timeouts: Timeouts;
  /** Whether clients must authenticate: then responses are stored by the rules for `Authorization`. */
  readonly isAuthenticated?: boolean;
  /** The header with the id of a request; undefined for none. The same for all routes. */
  readonly requestId?: RequestIdHeader | undefined;
  /** Whether responses say what they have waited for. */
  readonly sendsTiming?: boolean;
  /** The port of HTTPS that plain HTTP is sent to; undefined if it is not. */
  readonly httpsPort?: number | undefined;
  /** The line that tells browsers to stay with HTTPS, and its CRLF; undefined for none. */
  readonly hstsLine?: Uint8Array | undefined;
}

/** Whether a request carries credentials, or could have needed some (RFC 9111 §3.5). */
export function hasCredentials(
  { isAuthenticated = false }: RouteOptions,
  fields: FieldSection,
): boolean {
  return isAuthenticated || fields.has(FIELD.Authorization);
}

/** A header that requests and responses carry an id in. */
export interface RequestIdHeader {
  /** As it is written. */
  readonly name: string;
  readonly lowerCase: string;
}

/** Where pages for errors are found; the search never rejects. */
export interface ErrorPageSource {
  /** Whether they also take the place of what an origin sends with such a status. */
  readonly intercept: boolean;
  /** Whether a status has a page, as far as the configuration goes. */
  has(status: number): boolean;
  /** The page for a status; undefined if there is none. */
  errorPageOf(status: number): Promise<ErrorPage | undefined>;
}

/** A compiled route. */
export interface Route extends RouteOptions {
  /** Its host and its pattern, as logs have it: `acme.example/blog/*`; empty where there is no route. */
  readonly name: string;
  /** The row of its counters: see `Meter`. */
  readonly meterRow: number;
  /** Undefined for the status in words. */
  readonly errorPages?: ErrorPageSource | undefined;
  /** The origin that is asked; undefined if sluice answers by itself. */
  readonly upstream: Upstream | undefined;
  /** What becomes of targets; undefined if they stay. */
  readonly rewrite: Rewrite | undefined;
  /** How URLs and cookies of the origin become public; undefined if they stay. */
  readonly publicMapping: PublicMapping | undefined;
  /** The same for a request whose target was not rewritten. */
  readonly plainMapping: PublicMapping | undefined;
  /** Whether something of the route depends on the request: then it gets `fetch.facts`. */
  readonly needsFacts: boolean;
  /** The rules for responses whose lines depend on the request. */
  readonly madeResponseRules: readonly FieldRule[];
  /**
   * Where its stored responses are found, by the part of the upstream: what a canary
   * answers is found apart from what others do.
   */
  readonly cacheSpaces: readonly CacheSpace[];
  /**
   * Where the routes for the same paths store, this one included, each once: a request
   * that changes what is at a URL concerns all of them. Empty if none stores anything.
   */
  readonly urlSpaces: readonly CacheSpace[];
}

/** What the keys of a route's stored responses are made with, besides the request. */
export interface CacheSpace {
  /** Tells them from those of routes that ask or store something else; empty for nothing. */
  readonly scope: Uint8Array;
  /** What the key holds of the query. */
  readonly queryUse: QueryUse;
}
