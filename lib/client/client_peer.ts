/** Who a connection is from. */

import { matchesBlocks, parseIp } from "../net/cidr.ts";
import type { Cidr } from "../net/cidr.ts";
import { unmapped } from "../net/client_address.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import type {
  ClientBounds,
  CountKey,
  PerClientLimit,
} from "./client_bounds.ts";

/** See the module's comment. */
export interface ClientPeer {
  /** The IP address; `unknown` for a Unix socket. */
  readonly address: string;
  /** Whether it is a trusted proxy. */
  readonly isTrusted: boolean;
  /** What its connections are counted by. */
  readonly key: CountKey;
}

/**
 * Who a connection is from.
 *
 * @param limit The bound of one client address, if it is another than that of all.
 */
export function clientPeer(
  { remoteAddr }: ClientSocket,
  trustedProxies: readonly Cidr[],
  bounds: ClientBounds,
  limit?: PerClientLimit,
): ClientPeer {
  const address = remoteAddr.transport === "tcp"
    ? unmapped(remoteAddr.hostname)
    : "unknown";
  const bytes = parseIp(address);
  const isTrusted = matchesBlocks(bytes, trustedProxies);
  return { address, isTrusted, key: bounds.keyOf(bytes, isTrusted, limit) };
}
