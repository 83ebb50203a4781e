/** The upstreams that are in force: see `resolved.ts`. */

import type { When } from "../router/when.ts";
import type { OriginAddress } from "../net/address.ts";
import type { HostHeader } from "./resolved_route.ts";
import type { HealthOptions } from "../upstream/health/probe.ts";

/** A secret, or the file that holds it. */
export type ResolvedSecret =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "file"; readonly path: string };

/** A group of servers. */
export interface ResolvedUpstream {
  readonly name: string;
  readonly servers: readonly ResolvedServer[];
  readonly balance: "least-requests" | "round-robin" | "hash";
  /** `client`, `uri`, `header:name` or `cookie:name`; empty without `hash`. */
  readonly hashBy: string;
  readonly sticky: {
    readonly cookie: string;
    readonly ttlMs: number;
    readonly secret: ResolvedSecret | undefined;
  } | undefined;
  readonly health: ResolvedHealth | undefined;
  readonly eject: {
    readonly failures: number;
    readonly forMs: number;
    readonly maxMs: number;
  } | undefined;
  readonly retry: {
    readonly tries: number;
    readonly forMs: number;
    readonly on: readonly string[];
    readonly budgetPercent: number;
  } | undefined;
  readonly connections: {
    readonly connectionsMax: number;
    readonly idleMax: number;
    readonly queueMax: number;
    readonly queueMs: number;
  };
  readonly idleMs: number;
  readonly slowStartMs: number;
  readonly mirror: {
    /** A name in {@linkcode ResolvedConfig.upstreams}. */
    readonly upstream: string;
    readonly percent: number;
  } | undefined;
  readonly proxyProtocol: boolean;
  readonly tls: {
    /** Files of certificates to trust besides the system's. */
    readonly ca: readonly string[];
    readonly name: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
    readonly insecure: boolean;
  };
  readonly host: HostHeader;
}

/** One server. */
export interface ResolvedServer {
  readonly address: OriginAddress;
  readonly weight: number;
  readonly percent: number | undefined;
  readonly backup: boolean;
  readonly drain: boolean;
  readonly when: When | undefined;
}

/** Probes. */
export interface ResolvedHealth extends Omit<HealthOptions, "host" | "body"> {
  readonly host: HostHeader | undefined;
  readonly body: string | undefined;
}
