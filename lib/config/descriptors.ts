/** Limits that fit the free descriptors (pure). */

import type { Config } from "./config.ts";

/** For listeners, name lookups and files, of the process and of each of its workers. */
const RESERVE = 12;
const RESERVE_OF_WORKER = 12;
/** For clients of the admin listener: those that it serves, and those that it refuses. */
const RESERVE_OF_ADMIN = 80;
/** With less than this for each of them, there are fewer workers. */
const WORKER_MIN = 16;
/** The shares of the rest for the origin, refusals and tunnels; less if their own limits are lower. */
const ORIGIN_PART = 1 / 4;
const REFUSALS_PART = 1 / 6;
const TUNNELS_PART = 1 / 8;

/** How many descriptors a configuration may need. */
export function descriptorsOf(config: Config): number {
  const { connectionsMax, refusalsMax } = config;
  return reserveOf(config) + connectionsMax + refusalsMax +
    originsOf(config) + tunnelsOf(config);
}

/** Connections to all origins together. */
function originsOf({ upstreams }: Config): number {
  return upstreams.reduce(
    (sum, { pool, servers }) => sum + servers.length * pool.connectionsMax,
    0,
  );
}

/** A tunnel needs a client's connection and one more. */
function tunnelsOf({ connectionsMax, upstreams }: Config): number {
  const tunnels = upstreams.reduce((sum, { pool }) => sum + pool.tunnelsMax, 0);
  return Math.min(tunnels, connectionsMax);
}

function reserveOf(
  { admin, workers }: Pick<Config, "admin" | "workers">,
): number {
  return RESERVE + (workers > 1 ? RESERVE_OF_WORKER * workers : 0) +
    (admin === undefined ? 0 : RESERVE_OF_ADMIN);
}

/**
 * The configuration with no more connections than there are descriptors for: clients
 * that take all of them would leave none for the origin, and nobody would be served.
 *
 * @param free Descriptors that can be opened.
 * @returns The configuration itself if it fits.
 */
export function fitDescriptors(config: Config, free: number): Config {
  if (free >= descriptorsOf(config)) return config;
  const { connectionsMax, upstreams, admin } = config;
  let { workers } = config;
  while (
    workers > 1 && free - reserveOf({ admin, workers }) < workers * WORKER_MIN
  ) workers--;
  const rest = Math.max(0, free - reserveOf({ admin, workers }));
  const part = (share: number, bound: number): number =>
    Math.max(1, Math.min(bound, Math.floor(rest * share)));
  // Each origin gets its part of what there is for all, and one connection at least.
  const partOf = (bound: number, max: number): number =>
    Math.max(1, Math.floor(bound / originsOf(config) * max));
  const originMax = part(ORIGIN_PART, originsOf(config));
  const tunnelsMax = part(TUNNELS_PART, tunnelsOf(config));
  const refusalsMax = part(REFUSALS_PART, config.refusalsMax);
  const clientsMax = Math.max(1, rest - originMax - tunnelsMax - refusalsMax);
  return {
    ...config,
    workers,
    connectionsMax: Math.min(connectionsMax, clientsMax),
    refusalsMax,
    upstreams: upstreams.map((upstream) => ({
      ...upstream,
      pool: {
        ...upstream.pool,
        connectionsMax: partOf(upstream.pool.connectionsMax, originMax),
        tunnelsMax: Math.min(upstream.pool.tunnelsMax, tunnelsMax),
      },
    })),
  };
}
