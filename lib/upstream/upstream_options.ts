/** What a configuration says of an upstream, and what all upstreams of a server share. */

import type { Clock } from "../net/clock.ts";
import type { DeadlineWheel } from "../net/deadline.ts";
import type { LoopClock } from "../net/loop_clock.ts";
import type { IncidentSink } from "../observe/incidents.ts";
import type { Meter } from "../observe/metrics/meter.ts";
import type { Random } from "./balance/candidate.ts";
import type { HashBy } from "./balance/request_key.ts";
import type { EjectOptions } from "./eject.ts";
import type { OriginTls } from "./handshakes.ts";
import type { OriginConnection } from "./origin_connection.ts";
import type { HealthOptions } from "./health/probe.ts";
import type { Resolver } from "./name_watch.ts";
import type { PoolLimits } from "./pool_terms.ts";
import type { RetryOptions } from "./retry.ts";
import type { ServerOptions } from "./server.ts";
import type { StickyOptions } from "./sticky.ts";

/** A group of servers: plain data. */
export interface UpstreamOptions {
  /** The name that routes know it by. */
  readonly name: string;
  /** At least one. */
  readonly servers: readonly ServerOptions[];
  readonly balance: "least-requests" | "round-robin" | "hash";
  /** What is hashed; empty for nothing. */
  readonly hashBy: HashBy;
  readonly sticky: StickyOptions | undefined;
  readonly health: HealthOptions | undefined;
  /** Undefined if servers are not ejected. */
  readonly eject: EjectOptions | undefined;
  readonly retry: RetryOptions;
  readonly slowStartMs: number;
  readonly mirror: MirrorOptions | undefined;
  /** Certificates to trust besides the system's, in PEM. */
  readonly certificates: readonly string[];
  /** What is asked for in TLS besides. */
  readonly tls?: OriginTls;
  readonly pool: PoolLimits;
  /** To open a connection, TLS included, in ms; 0 for no limit. */
  readonly connectMs: number;
  /** What its workers share; made at the start if there is only one. */
  readonly memory?: SharedArrayBuffer;
}

/** Where copies of requests go. */
export interface MirrorOptions {
  /** The name of another upstream. */
  readonly upstream: string;
  /** The share of requests that is copied. */
  readonly percent: number;
}

/** What the upstreams of one server share. */
export interface UpstreamPlace {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly loop: LoopClock;
  readonly incidents: IncidentSink;
  readonly meter: Meter;
  /** Frees descriptors when none are left; returns whether it could. */
  readonly makeRoom: () => boolean;
  /** Which worker this is, from 0. */
  readonly worker: number;
  readonly random: Random;
  /** Finds the addresses of names; that of the system by default. */
  readonly resolver?: Resolver;
}

/** Options as text that two equal ones share; JSON alone has no Infinity. */
export function textOf(options: unknown): string {
  return JSON.stringify(
    options,
    (_, value) => typeof value === "number" ? String(value) : value,
  );
}

/** A copy of a request, and the connection that it is on, once there is one. */
export interface CopyInFlight {
  origin?: OriginConnection;
}
