/** Where a server listens, from what the configuration says of it (pure). */

import type { ListenAddress } from "../net/address.ts";
import type { ListenLimits } from "../net/listen_limits.ts";
import type {
  ListenerLimits,
  ResolvedLimits,
  ResolvedListener,
} from "./resolved.ts";
import { isSameValue } from "./value_changes.ts";

/** Where to listen; limits that are those of all are left out. */
export function listenAddress(
  { address, secure, proxyProtocol, limits: own }: ResolvedListener,
  all: ResolvedLimits,
): ListenAddress {
  const { headBytesMax, targetBytesMax, fieldCountMax } = own;
  const limits: ListenLimits = {
    headLimits: { headBytesMax, targetBytesMax, fieldCountMax },
    headerMs: own.headerMs,
    idleMs: own.idleMs,
    uploadRate: own.uploadRate,
    connectionsMax: own.connectionsMax < all.connectionsMax
      ? own.connectionsMax
      : Infinity,
    perClient: own.perClient,
  };
  const hasOwn = Object.entries(own).some(([name, value]) =>
    !isSameValue(value, all[name as keyof ListenerLimits])
  );
  return {
    ...address,
    ...(secure ? { secure } : {}),
    ...(proxyProtocol ? { proxyProtocol } : {}),
    ...(hasOwn ? { limits } : {}),
  };
}
