/** Upstreams without a proxy: their clock, and what their names stand for, are a test's. */

import { parseOriginAddress } from "../../lib/net/address.ts";
import { DeadlineWheel } from "../../lib/net/deadline.ts";
import { LoopClock } from "../../lib/net/loop_clock.ts";
import { createMetricsMemory } from "../../lib/observe/metrics/layout.ts";
import { Meter } from "../../lib/observe/metrics/meter.ts";
import type { Resolver } from "../../lib/upstream/name_watch.ts";
import type { ServerOptions } from "../../lib/upstream/server.ts";
import { Upstream } from "../../lib/upstream/upstream.ts";
import type { UpstreamOptions } from "../../lib/upstream/upstream_options.ts";
import type { TestClock } from "./clock.ts";

const POOL = {
  connectionsMax: 512,
  idleMax: 64,
  idleMs: 4000,
  queueMax: 1024,
  queueMs: 5000,
  tunnelsMax: Infinity,
};

/** A server as a configuration has it that says nothing but its URL. */
export function serverAt(
  url: string,
  more: Partial<ServerOptions> = {},
): ServerOptions {
  return {
    address: parseOriginAddress(url),
    weight: 1,
    percent: undefined,
    backup: false,
    drain: false,
    when: undefined,
    ...more,
  };
}

/** The options of an upstream whose servers are ejected by their first failure. */
export function upstreamOptions(
  servers: readonly ServerOptions[],
  more: Partial<UpstreamOptions> = {},
): UpstreamOptions {
  return {
    name: "app",
    servers,
    balance: "least-requests",
    hashBy: "",
    sticky: undefined,
    health: undefined,
    eject: { failures: 1, forMs: 10_000, maxMs: 20_000 },
    retry: { tries: 1, forMs: 0, on: [], budgetPercent: 20 },
    slowStartMs: 0,
    mirror: undefined,
    certificates: [],
    pool: POOL,
    connectMs: 1000,
    ...more,
  };
}

/** An upstream that closes at the end of its scope. */
export function upstreamAt(
  options: UpstreamOptions,
  { clock, worker = 0, resolver }: {
    readonly clock: TestClock;
    readonly worker?: number;
    readonly resolver?: Resolver;
  },
): { readonly it: Upstream } & Disposable {
  const it = new Upstream(options, {
    clock,
    wheel: new DeadlineWheel(clock),
    loop: new LoopClock(),
    incidents: { report: () => {}, recovered: () => {} },
    meter: new Meter(createMetricsMemory(1), 0),
    makeRoom: () => false,
    worker,
    random: () => 0,
    ...resolver && { resolver },
  });
  return { it, [Symbol.dispose]: () => it.close() };
}
