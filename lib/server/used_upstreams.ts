/** Which upstreams requests need (pure). */

import type { AuthOptions } from "../access/access.ts";
import type { Config } from "../config/config.ts";

/**
 * The names of those that routes ask, services of authentication included. Those that
 * only get copies, or that no route names, are not among them.
 */
export function usedUpstreams(
  { hosts }: Pick<Config, "hosts">,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { handler, access } of hosts.flatMap(({ routes }) => routes)) {
    if (handler.kind === "proxy") names.add(handler.upstream);
    const service = serviceOf(access?.auth);
    if (service !== undefined) names.add(service);
  }
  return names;
}

function serviceOf(auth: AuthOptions | undefined): string | undefined {
  if (auth?.kind === "forward") return auth.upstream;
  return auth?.kind === "jwt" && auth.keys.kind === "service"
    ? auth.keys.upstream
    : undefined;
}
