/**
 * The configuration: plain data, which can be posted to a worker.
 *
 * What concerns the process lasts as long as it does. What concerns requests is in
 * hosts, their routes and the upstreams that these name: another generation of it may
 * take its place (`Generation`). The command line yields one host with one route.
 * Defaults are in `flags.ts`, where each has its flag and its line of help.
 */

import type { LogFormat } from "../observe/access_log.ts";
import type { PerClientLimit } from "../client/client_bounds.ts";
import type { StoreLimits } from "../cache/store/store.ts";
import type { ConnectionOptions } from "../client/connection_options.ts";
import type { RouteOptions } from "../exchange/route.ts";
import type { UpstreamOptions } from "../upstream/upstream.ts";
import type { SocketAddress } from "../net/address.ts";

/** A route: which requests it takes, and what is done with them. */
export interface RouteEntry {
  /** A pattern of paths; `/` for all. */
  readonly pattern: string;
  readonly handler: { readonly kind: "proxy"; readonly upstream: string };
  readonly options: RouteOptions;
}

/** The routes of some host names. */
export interface HostEntry {
  /** `name`, `*.name` or `*`. */
  readonly names: readonly string[];
  readonly routes: readonly RouteEntry[];
}

/** See the module's comment. */
export interface Config {
  readonly listen: readonly SocketAddress[];
  readonly connection: ConnectionOptions;
  readonly upstreams: readonly UpstreamOptions[];
  readonly hosts: readonly HostEntry[];
  /** What is stored, of all routes together; undefined if none stores anything. */
  readonly store: StoreLimits | undefined;
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
