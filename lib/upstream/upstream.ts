/**
 * An origin under the name that a configuration gives it: how it is reached, its
 * connections, and what the operator is told of its failures.
 *
 * Generations of the configuration share it as long as its options stay the same:
 * its connections outlive a reload. It closes when the last generation lets it go.
 */

import { formatOriginAddress, type OriginAddress } from "../net/address.ts";
import type { DeadlineWheel } from "../net/deadline.ts";
import type { LoopClock } from "../net/loop_clock.ts";
import type { IncidentSink } from "../observe/incidents.ts";
import { OriginFailures } from "../observe/origin_failures.ts";
import { useSystemCertificates } from "./dial.ts";
import { Handshakes } from "./handshakes.ts";
import { Pool, type PoolLimits } from "./pool.ts";

/** How an origin is reached: plain data. */
export interface UpstreamOptions {
  /** The name that routes know it by. */
  readonly name: string;
  readonly origin: OriginAddress;
  /** Certificates to trust besides the system's, in PEM. */
  readonly certificates: readonly string[];
  readonly pool: PoolLimits;
  /** To open a connection, TLS included, in ms; 0 for no limit. */
  readonly connectMs: number;
}

/** What the origins of one server share. */
export interface UpstreamPlace {
  readonly wheel: DeadlineWheel;
  readonly loop: LoopClock;
  readonly incidents: IncidentSink;
  /** Frees descriptors when none are left; returns whether it could. */
  readonly makeRoom: () => boolean;
}

/** See the module's comment. */
export class Upstream {
  readonly options: UpstreamOptions;
  readonly pool: Pool;
  readonly failures: OriginFailures;
  /** How many generations use it. */
  #holders = 0;

  constructor(options: UpstreamOptions, place: UpstreamPlace) {
    const { origin, certificates, pool, connectMs } = options;
    const { wheel, loop, incidents, makeRoom } = place;
    if (origin.secure) useSystemCertificates();
    this.options = options;
    this.failures = new OriginFailures(formatOriginAddress(origin), incidents);
    const handshakes = new Handshakes(certificates);
    const dial = { handshakes, timeoutMs: connectMs, makeRoom };
    this.pool = new Pool(origin, pool, dial, wheel, loop, this.failures);
  }

  /** Whether it can go on under other options: they say the same. */
  isSame(options: UpstreamOptions): boolean {
    return textOf(this.options) === textOf(options);
  }

  /** A generation begins to use it. */
  hold(): void {
    this.#holders++;
  }

  /** A generation has ceased to use it; after the last one, its connections close. */
  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.pool.close();
  }
}

/** Options as text that two equal ones share; JSON alone has no Infinity. */
function textOf(options: UpstreamOptions): string {
  return JSON.stringify(
    options,
    (_, value) => typeof value === "number" ? String(value) : value,
  );
}
