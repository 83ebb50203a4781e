/**
 * The configuration: one typed value, frozen at start-up.
 *
 * Settings of an exchange are in its `Route`, so that no code asks global state; the
 * command line makes one route for everything. Defaults are
 * in `flags.ts`, where each has its flag and its line of help.
 */

import type { Coding } from "../coding/negotiate.ts";
import type { FieldRule } from "../http/field_rule.ts";
import type { HeadLimits } from "../http/head.ts";
import type { OriginAddress, SocketAddress } from "../net/address.ts";
import type { Cidr } from "../net/cidr.ts";

/** How the access log is written. */
export type LogFormat = "common" | "combined" | "json" | "off";

/** Durations in ms; 0 for none. */
export interface Timeouts {
  /** A request head in all, from its first octet. */
  readonly headerMs: number;
  /** A client connection between requests. */
  readonly idleMs: number;
  /** Between two reads of a request's body. */
  readonly bodyMs: number;
  /** For a peer to take what is written to it. */
  readonly writeMs: number;
  /** To open a connection to the origin, TLS included. */
  readonly connectMs: number;
  /** From the end of the request to the response head. */
  readonly responseMs: number;
  /** Between two reads of a response's body. */
  readonly readMs: number;
  /** A tunnel without octets in either direction. */
  readonly tunnelMs: number;
}

/** The least rate of a request's content. */
export interface UploadRate {
  /** Bytes a second; 0 for no limit. */
  readonly bytesPerSecond: number;
  /** How long a client may be slower, in ms. */
  readonly graceMs: number;
}

/** The bounds of the connections to one origin. */
export interface PoolLimits {
  /** Connections, idle ones included. */
  readonly connectionsMax: number;
  /** Idle connections. */
  readonly idleMax: number;
  /** How long a connection may be idle, unless the origin says less. */
  readonly idleMs: number;
  /** Requests that wait for a connection. */
  readonly queueMax: number;
  /** How long a request waits for a connection. */
  readonly queueMs: number;
  /** Connections that have become tunnels, which are counted apart from the others; Infinity for no limit. */
  readonly tunnelsMax: number;
}

/** What is stored, for how long, and which clients may purge it. */
export interface CachePolicy {
  /** Octets of everything that is stored. */
  readonly bytesMax: number;
  /** Octets of one response's content. */
  readonly objectBytesMax: number;
  /** The lifetime of a response that does not give one, in ms; 0 to guess it (RFC 9111 §4.2.2). */
  readonly defaultTtlMs: number;
  /** The longest guess of a lifetime, in ms; 0 for no guesses. */
  readonly heuristicMaxMs: number;
  /** A targeted field to be read before `CDN-Cache-Control`, in lower case; empty for none. */
  readonly targetedField: string;
  /** A response that sets a cookie is only passed on, stored without the cookie, or stored with it. */
  readonly setCookie: "refuse" | "strip" | "store";
  /** What the key holds of the query. */
  readonly queryUse: "keep" | "drop" | "sort";
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
  /** Octets of content; less is sent as it is. */
  readonly bytesMin: number;
  /** Media types in lower case; one that ends with `/` stands for all of its kind. */
  readonly types: ReadonlySet<string>;
}

/** What is done with the requests that match; today there is one route. */
export interface Route {
  readonly origin: OriginAddress;
  /** Certificates to trust besides the system's, in PEM. */
  readonly originCertificates: readonly string[];
  readonly pool: PoolLimits;
  /** What `Host` the origin gets: the client's, the origin's own, or this text. */
  readonly hostHeader: {
    readonly from: "client" | "upstream" | "text";
    readonly text: string;
  };
  /** Proxies that are trusted to report the client: their forwarding fields are kept and extended. */
  readonly trustedProxies: readonly Cidr[];
  /** Whether `Forwarded` (RFC 7239) is sent too. */
  readonly forwarded: boolean;
  readonly requestRules: readonly FieldRule[];
  readonly responseRules: readonly FieldRule[];
  readonly requestLimits: HeadLimits;
  readonly responseLimits: HeadLimits;
  /** Undefined if nothing is compressed. */
  readonly coding: CodingPolicy | undefined;
  /** Undefined if nothing is stored. */
  readonly cache: CachePolicy | undefined;
  /** Octets of a request's content; Infinity for no limit. */
  readonly contentBytesMax: number;
  /** How slowly a request's content may come. */
  readonly uploadRate: UploadRate;
  readonly timeouts: Timeouts;
}

/** The bound of one client address, which does not hold for trusted proxies and Unix sockets. */
export interface PerClientLimit {
  /** Connections; Infinity for no limit. */
  readonly connectionsMax: number;
  /**
   * Whether it holds for this machine's own addresses too: only if it was asked for,
   * because all clients of a local TLS terminator have one of these.
   */
  readonly holdsForLoopback: boolean;
}

/** Everything the command line says. */
export interface Config {
  readonly listen: readonly SocketAddress[];
  readonly route: Route;
  /** Client connections; Infinity for no limit. */
  readonly connectionsMax: number;
  /** How many of them one client address may have. */
  readonly perClient: PerClientLimit;
  /** Connections beyond these bounds that get a 503 at the same time; more are only closed. */
  readonly refusalsMax: number;
  /** How long in-flight exchanges may take after the signal to stop; 0 for no limit. */
  readonly drainMs: number;
  readonly logFormat: LogFormat;
  /** Threads that serve, each with its own connections. */
  readonly workers: number;
  /** Whether to start the sample origin and proxy to it. */
  readonly demo: boolean;
}
