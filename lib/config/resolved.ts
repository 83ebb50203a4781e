/**
 * The configuration as it is in force: every option of every route, with inheritance
 * and defaults applied, in the units that the program uses.
 *
 * It is plain data: threads get a copy of it. A configuration file and the flags of a
 * command line both become one of these. Durations are in ms and sizes in bytes; 0 is
 * none for durations, Infinity no limit for sizes and counts.
 */

import type { When } from "../router/when.ts";
import type { SocketAddress } from "../net/address.ts";
import type { Cidr } from "../net/cidr.ts";
import type { LogFormat, LogSample } from "../observe/access_log.ts";
import type { PerClientLimit } from "../client/client_bounds.ts";
import type { ResolvedHandler, RouteOptions } from "./resolved_route.ts";
import type { ResolvedSecret, ResolvedUpstream } from "./resolved_upstream.ts";

/** See the module's comment. */
export interface ResolvedConfig {
  /** The files that it was read from; none if it was flags. */
  readonly files: readonly string[];
  readonly listen: readonly ResolvedListener[];
  readonly workers: number;
  readonly drainMs: number;
  readonly trustedProxies: readonly Cidr[];
  /** A header with the client's address, in lower case; empty for none. */
  readonly clientAddress: string;
  readonly limits: ResolvedLimits;
  readonly log: ResolvedLog;
  readonly cache: ResolvedProcessCache;
  readonly tls: ResolvedTls | undefined;
  readonly admin: ResolvedAdmin | undefined;
  /** By name; those that a route has itself have a name made from what they are. */
  readonly upstreams: ReadonlyMap<string, ResolvedUpstream>;
  readonly hosts: readonly ResolvedHost[];
  /** What holds at the top: where no host takes a request. */
  readonly options: RouteOptions;
  /** Where what concerns the process comes from, by key; what is missing is a default. */
  readonly from: Origins;
}

/** By key, such as `cache.ttl`: where its value was given, as `sluice.json:12:9` or `--cache-default-ttl`. */
export type Origins = Readonly<Record<string, string>>;

/** One address to listen on. */
export interface ResolvedListener {
  readonly address: SocketAddress;
  /** Whether clients speak TLS. */
  readonly secure: boolean;
  readonly proxyProtocol: boolean;
  /** Those of this listener, which are those at the top unless it has its own. */
  readonly limits: ListenerLimits;
}

/** What is limited before a request's route is known. */
export interface ListenerLimits {
  readonly headBytesMax: number;
  readonly targetBytesMax: number;
  readonly fieldCountMax: number;
  readonly connectionsMax: number;
  readonly perClient: PerClientLimit;
  readonly headerMs: number;
  readonly idleMs: number;
  readonly uploadRate: {
    readonly bytesPerSecond: number;
    readonly graceMs: number;
  };
}

/** What concerns connections and heads. */
export interface ResolvedLimits extends ListenerLimits {
  readonly responseHeadBytesMax: number;
  readonly responseFieldCountMax: number;
  readonly tunnelsMax: number;
}

/** The access log. */
export interface ResolvedLog {
  /** Undefined for standard output. */
  readonly file: string | undefined;
  readonly format: LogFormat;
  /** The name of the header, as it is written; undefined for none. */
  readonly requestId: string | undefined;
  /** Names of headers, in lower case. */
  readonly fields: readonly string[];
  /** Patterns of paths. */
  readonly skip: readonly string[];
  /** Undefined to log all requests. */
  readonly sample: LogSample | undefined;
}

/** What the cache of the whole process has. */
export interface ResolvedProcessCache {
  /** 0 if nothing is stored. */
  readonly bytesMax: number;
  readonly objectBytesMax: number;
  readonly sliceBytes: number;
  readonly disk: {
    readonly path: string;
    readonly bytesMax: number;
    readonly objectBytesMax: number;
    readonly admit: number;
  } | undefined;
  readonly shared: {
    readonly url: string;
    readonly prefix: string;
    readonly timeoutMs: number;
    readonly tls?: {
      /** Files of certificates to trust in place of the system's. */
      readonly ca: readonly string[];
      readonly name: string | undefined;
      readonly cert: string | undefined;
      readonly key: string | undefined;
    };
  } | undefined;
}

/** Certificates. */
export interface ResolvedTls {
  /** Whether a certificate of our own making is used. */
  readonly internal: boolean;
  readonly certificates: readonly {
    /** A file or a glob; with `key` undefined, the key is in it too. */
    readonly cert: string;
    readonly key: string | undefined;
  }[];
  readonly acme: {
    readonly email: string | undefined;
    readonly directory: string | undefined;
    readonly ca: string | undefined;
    readonly storage: string | undefined;
    readonly eab: {
      readonly kid: string;
      readonly key: ResolvedSecret;
    } | undefined;
  } | undefined;
  readonly hstsMs: number;
  readonly redirect: boolean;
  readonly unknown: "default" | "refuse";
  readonly minVersion: "1.2" | "1.3";
}

/** The admin listener. */
export interface ResolvedAdmin {
  readonly address: SocketAddress;
  readonly token: ResolvedSecret | undefined;
  readonly hosts: readonly string[];
}

/** A host, or several alike. */
export interface ResolvedHost {
  /** As it was written. */
  readonly key: string;
  /** In lower case: exact names, `*.name` or `*`. */
  readonly names: readonly string[];
  /** In the order of the file; those of one list follow each other. */
  readonly routes: readonly ResolvedRoute[];
  /** What holds at the host: where none of its routes takes a request. */
  readonly options: RouteOptions;
  /** Its own certificates. */
  readonly tls: ResolvedTls | undefined;
}

/** One route. */
export interface ResolvedRoute {
  readonly pattern: string;
  readonly when: When | undefined;
  readonly handler: ResolvedHandler;
  readonly options: RouteOptions;
  /** Where options come from. */
  readonly from: Origins;
  /** Where the route itself stands. */
  readonly place: string;
}
