/** Authentication as the program runs it: services become upstreams of their own. */

import type { AuthOptions } from "../access/access.ts";
import { parseOriginAddress } from "../net/address.ts";
import type { UpstreamOptions } from "../upstream/upstream_options.ts";
import type { ResolvedConfig } from "./resolved.ts";
import type { ResolvedAuth } from "./resolved_route.ts";

/** Connections to a service, as those to any upstream. */
const POOL = {
  connectionsMax: 512,
  idleMax: 64,
  idleMs: 60_000,
  queueMax: 1024,
  queueMs: 5000,
  tunnelsMax: 0,
};

/** The authentication of a route. */
export function authOptions(
  auth: ResolvedAuth | undefined,
): AuthOptions | undefined {
  if (auth === undefined || auth.kind === "jwt") return undefined;
  if (auth.kind === "basic") return { kind: auth.kind, file: auth.file };
  const { kind, url, copy, timeoutMs } = auth;
  const { pathname, search, host } = new URL(url);
  return {
    kind,
    upstream: nameOf(url),
    authority: host,
    target: pathname + search,
    copy: copy.map((name) => name.toLowerCase()),
    timeoutMs,
  };
}

/** The upstreams of all services that routes ask. */
export function authUpstreams({ hosts }: ResolvedConfig): UpstreamOptions[] {
  const services = new Map<string, UpstreamOptions>();
  for (const { routes } of hosts) {
    for (const { options: { auth } } of routes) {
      if (auth?.kind !== "forward") continue;
      const name = nameOf(auth.url);
      const connectMs = Math.max(
        auth.timeoutMs,
        services.get(name)?.connectMs ?? 0,
      );
      services.set(name, serviceAt(name, auth.url, connectMs));
    }
  }
  return [...services.values()];
}

function nameOf(url: string): string {
  return `authentication at ${new URL(url).origin}`;
}

function serviceAt(
  name: string,
  url: string,
  connectMs: number,
): UpstreamOptions {
  return {
    name,
    servers: [{
      address: parseOriginAddress(new URL(url).origin),
      weight: 1,
      percent: undefined,
      backup: false,
      drain: false,
      when: undefined,
    }],
    balance: "least-requests",
    hashBy: "",
    sticky: undefined,
    health: undefined,
    eject: undefined,
    retry: { tries: 1, forMs: 0, on: ["connect", "reset"], budgetPercent: 20 },
    slowStartMs: 0,
    mirror: undefined,
    certificates: [],
    pool: POOL,
    connectMs,
  };
}
