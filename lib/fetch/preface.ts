/** What a connection begins with, where the origin wants to know whose it is. */

import { bytesOf } from "../http/bytes.ts";
import type { ClientView } from "../head/forwarding.ts";
import { proxyHeader } from "../net/proxy_protocol.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** The PROXY header for a request of this client; undefined if the origin wants none. */
export function prefaceFor(
  { options: { pool } }: Upstream,
  peer: ClientView,
): Uint8Array | undefined {
  if (pool.isUnshared !== true) return undefined;
  const { client, server } = peer.endpoints ?? {};
  return bytesOf(proxyHeader(client, server));
}
