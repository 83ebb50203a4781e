/**
 * The configuration: plain data, which can be posted to a worker.
 *
 * What concerns the process lasts as long as it does. What concerns requests is in
 * hosts, their routes and the upstreams that these name: another generation of it may
 * take its place (`Generation`). The command line yields one host with one route.
 * Defaults are in `flags.ts`, where each has its flag and its line of help.
 */

import type { LogFormat, LogSample } from "../observe/access_log.ts";
import type { MeterNames } from "../observe/metrics/meter_names.ts";
import type { PerClientLimit } from "../client/client_bounds.ts";
import type { DiskOptions } from "../cache/disk/disk_folder.ts";
import type { FleetOptions } from "../cache/fleet/fleet_tier.ts";
import type { StoreLimits } from "../cache/store/store.ts";
import type { ConnectionOptions } from "../client/connection_options.ts";
import type { AccessOptions } from "../access/access.ts";
import type { MaintenanceOptions } from "../access/maintenance.ts";
import type { RouteOptions } from "../exchange/route.ts";
import type { ErrorPagesOptions } from "../handlers/error_pages.ts";
import type { FilesOptions } from "../handlers/files/options.ts";
import type { RedirectOptions } from "../handlers/redirect.ts";
import type { RespondOptions } from "../handlers/respond.ts";
import type { Template } from "../http/template.ts";
import type { ResolvedRewrite } from "./resolved_route.ts";
import type { When } from "../router/when.ts";
import type { UpstreamOptions } from "../upstream/upstream_options.ts";
import type { TlsOptions } from "../certificates/table.ts";
import type { ListenAddress, SocketAddress } from "../net/address.ts";

/** What a route does with its requests. */
export type HandlerEntry =
  | {
    readonly kind: "proxy";
    /** The name of an upstream. */
    readonly upstream: string;
    readonly rewrite?: ResolvedRewrite | undefined;
  }
  | {
    readonly kind: "files";
    readonly rewrite?: ResolvedRewrite | undefined;
  } & FilesOptions
  | {
    readonly kind: "redirect";
    /** Where it leads. */
    readonly to: Template;
  } & RedirectOptions
  | {
    readonly kind: "respond";
    /** Undefined for no content. */
    readonly body: Template | undefined;
    readonly headers?: readonly {
      readonly name: string;
      readonly value: Template;
    }[];
  } & RespondOptions;

/** A route: which requests it takes, and what is done with them. */
export interface RouteEntry {
  /** A pattern of paths; `/` for all. */
  readonly pattern: string;
  /** What else must hold; undefined for nothing. */
  readonly when?: When | undefined;
  readonly handler: HandlerEntry;
  /** What tells its stored responses from those of routes that ask something else; empty for nothing. */
  readonly cacheScope?: string;
  readonly maintenance?: MaintenanceOptions | undefined;
  /** What is demanded of clients; undefined for nothing. */
  readonly access?: AccessOptions | undefined;
  /** What protects it besides its handler: routes with the same protection have the same keys. */
  readonly guards?: readonly string[];
  readonly errors?: ErrorPagesOptions | undefined;
  readonly options: RouteOptions;
}

/** What holds for responses where no route is found. */
export interface FallbackEntry {
  readonly maintenance?: MaintenanceOptions | undefined;
  /** What is demanded of clients before they learn that there is no route; undefined for nothing. */
  readonly access?: AccessOptions | undefined;
  readonly errors: ErrorPagesOptions | undefined;
  readonly options: RouteOptions;
}

/** The routes of some host names. */
export interface HostEntry {
  /** `name`, `*.name` or `*`. */
  readonly names: readonly string[];
  readonly routes: readonly RouteEntry[];
  /** For requests that none of its routes takes; undefined for that of all hosts. */
  readonly fallback?: FallbackEntry;
}

/** The access log. */
export interface LogConfig {
  readonly format: LogFormat;
  /** Undefined for standard output. */
  readonly file: string | undefined;
  /** Names of request headers that JSON lines have. */
  readonly fields: readonly string[];
  /** Patterns of paths that are not logged. */
  readonly skip: readonly string[];
  /** Undefined to log all requests. */
  readonly sample?: LogSample | undefined;
}

/** The admin listener. */
export interface AdminConfig {
  readonly address: SocketAddress;
  /** What clients must send; undefined if all who can connect may do everything. */
  readonly token: string | undefined;
  /** Names that it is reached by, besides its address, in lower case. */
  readonly hosts: readonly string[];
}

/** See the module's comment. */
export interface Config {
  readonly listen: readonly ListenAddress[];
  /** Undefined if nobody speaks TLS. */
  readonly tls?: TlsOptions | undefined;
  readonly connection: ConnectionOptions;
  readonly upstreams: readonly UpstreamOptions[];
  readonly hosts: readonly HostEntry[];
  /** For requests that no host takes, or that cannot be read. */
  readonly fallback: FallbackEntry;
  /** What is stored, of all routes together; undefined if none stores anything. */
  readonly store: StoreLimits | undefined;
  /** What is kept on disk besides; undefined for nothing. */
  readonly disk?: DiskOptions | undefined;
  /** What a fleet of machines shares; undefined for nothing. */
  readonly shared?: FleetOptions | undefined;
  /** Client connections; Infinity for no limit. */
  readonly connectionsMax: number;
  /** How many of them one client address may have. */
  readonly perClient: PerClientLimit;
  /** Connections beyond these bounds that get a 503 at the same time; more are only closed. */
  readonly refusalsMax: number;
  /** How long in-flight exchanges may take after the signal to stop; 0 for no limit. */
  readonly drainMs: number;
  readonly log: LogConfig;
  /** Undefined if there is none. */
  readonly admin?: AdminConfig | undefined;
  /** Which routes and upstreams have counters of their own: the thread that starts the workers says so. */
  readonly meterNames?: MeterNames;
  /** Threads that serve, each with its own connections. */
  readonly workers: number;
}
