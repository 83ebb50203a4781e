/** Who a connection is from. */

import { matchesBlocks, parseIp } from "../net/cidr.ts";
import type { Cidr } from "../net/cidr.ts";
import { unmapped } from "../net/client_address.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import type { ListenAddress } from "../net/address.ts";
import type { ClientBounds, CountKey } from "./client_bounds.ts";

/** See the module's comment. */
export interface ClientPeer {
  /** The IP address; `unknown` for a Unix socket. */
  readonly address: string;
  /** Whether it is a trusted proxy. */
  readonly isTrusted: boolean;
  /** What its connections are counted by. */
  readonly key: CountKey;
  /** Where its connection came to. */
  readonly at: ListenAddress;
}

/** Who a connection is from. */
export function clientPeer(
  { remoteAddr }: ClientSocket,
  at: ListenAddress,
  trustedProxies: readonly Cidr[],
  bounds: ClientBounds,
): ClientPeer {
  const address = remoteAddr.transport === "tcp"
    ? unmapped(remoteAddr.hostname)
    : "unknown";
  const bytes = parseIp(address);
  const isTrusted = matchesBlocks(bytes, trustedProxies);
  const key = bounds.keyOf(bytes, isTrusted, at.limits?.perClient);
  return { address, isTrusted, key, at };
}
