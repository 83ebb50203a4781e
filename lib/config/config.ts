/**
 * The configuration: one typed value, frozen at start-up.
 *
 * What concerns an exchange is in its `Route`, which code asks instead of any
 * global state; the command line yields one route for everything. Defaults are
 * in `flags.ts`, where each has its flag and its line of help.
 */

import type { LogFormat } from "../observe/access_log.ts";
import type { PerClientLimit } from "../client/client_bounds.ts";
import type { Route } from "../exchange/route.ts";
import type { SocketAddress } from "../net/address.ts";

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
