/** What the nodes of a fleet share, as the program runs by it. */

import type { FleetOptions } from "../cache/fleet/fleet_tier.ts";
import type { ResolvedConfig } from "./resolved.ts";

/**
 * Reads the files that it names.
 *
 * @throws Whatever `read` throws.
 */
export function fleetOptions(
  { url, prefix, timeoutMs, tls }: NonNullable<
    ResolvedConfig["cache"]["shared"]
  >,
  read: { text(path: string): string },
): FleetOptions {
  return {
    url,
    prefix,
    timeoutMs,
    tls: tls && {
      ca: tls.ca.map((path) => read.text(path)),
      name: tls.name,
      cert: tls.cert && read.text(tls.cert),
      key: tls.key && read.text(tls.key),
    },
  };
}
