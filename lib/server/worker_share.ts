/**
 * The share of one worker in the limits that hold for all of them together (pure). What
 * workers count together, such as the connections to a server, is not parted.
 */

import type { Config } from "../config/config.ts";
import type { ListenAddress } from "../net/address.ts";
import type { PoolLimits } from "../upstream/pool_terms.ts";

type Share = (bound: number) => number;

/**
 * The configuration of one worker. Only the first one listens on a Unix socket: of
 * several, the last would get all connections.
 *
 * @param index Which worker it is, from 0.
 */
export function shareOf(config: Config, index: number): Config {
  const { upstreams, connectionsMax, refusalsMax, workers, listen } = config;
  // The shares add up to the limit, unless each would be less than one.
  const share: Share = (bound) =>
    Math.max(
      Math.floor((bound + workers - 1 - index) / workers),
      Math.min(bound, 1),
    );
  return {
    ...config,
    listen: listen.filter(({ transport }) => transport === "tcp" || index === 0)
      .map((address) => shareOfAddress(address, share)),
    connectionsMax: share(connectionsMax),
    refusalsMax: share(refusalsMax),
    upstreams: upstreams.map((upstream) => ({
      ...upstream,
      pool: shareOfPool(upstream.pool, share),
    })),
  };
}

/** A Unix socket has one worker, which has all of its connections. */
function shareOfAddress(address: ListenAddress, share: Share): ListenAddress {
  const { limits, transport } = address;
  if (limits === undefined || transport === "unix") return address;
  const connectionsMax = share(limits.connectionsMax);
  return { ...address, limits: { ...limits, connectionsMax } };
}

function shareOfPool(pool: PoolLimits, share: Share): PoolLimits {
  return {
    ...pool,
    idleMax: share(pool.idleMax),
    queueMax: share(pool.queueMax),
    tunnelsMax: share(pool.tunnelsMax),
  };
}

/** What of a configuration may change while the server runs. */
export function reloadable(
  { workers: _workers, store: _store, ...rest }: Config,
): Omit<Config, "workers" | "store"> {
  return { tls: undefined, ...rest };
}
