/** The bounds on clients that follow from the whole configuration. */

import type { ClientLimits } from "../client/client_bounds.ts";
import type { Config } from "../config/config.ts";

/** How many connections there may be, to clients and to origins. */
export function boundsIn(
  { connectionsMax, perClient, upstreams }: Config,
): ClientLimits {
  const originMax = upstreams.reduce(
    (sum, { pool, servers }) => sum + servers.length * pool.connectionsMax,
    0,
  );
  return { connectionsMax, perClient, originMax };
}
