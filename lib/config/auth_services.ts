/** Authentication as the program runs it: services become upstreams of their own. */

import type { AuthOptions } from "../access/access.ts";
import type { ServiceOptions } from "../access/forward/service.ts";
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

/** For keys to come, in ms. */
const KEYS_TIMEOUT_MS = 5000;

/** The authentication of a route. */
export function authOptions(
  auth: ResolvedAuth | undefined,
): AuthOptions | undefined {
  switch (auth?.kind) {
    case undefined:
      return undefined;
    case "basic":
      return { kind: auth.kind, file: auth.file };
    case "forward":
      return {
        kind: auth.kind,
        ...serviceOptions(auth.url, auth.timeoutMs),
        copy: auth.copy.map((name) => name.toLowerCase()),
      };
    case "jwt": {
      const { jwks, ...options } = auth;
      const keys = isUrl(jwks)
        ? { kind: "service", ...serviceOptions(jwks, KEYS_TIMEOUT_MS) } as const
        : { kind: "file", path: jwks } as const;
      return { ...options, keys };
    }
  }
}

function serviceOptions(url: string, timeoutMs: number): ServiceOptions {
  const { pathname, search, host } = new URL(url);
  const target = pathname + search;
  return { upstream: nameOf(url), authority: host, target, timeoutMs };
}

function isUrl(text: string): boolean {
  return /^https?:/.test(text);
}

/** The service that authentication asks, and how long it may take; undefined if there is none. */
function serviceOf(
  auth: ResolvedAuth | undefined,
): { readonly url: string; readonly timeoutMs: number } | undefined {
  if (auth?.kind === "forward") return auth;
  return auth?.kind === "jwt" && isUrl(auth.jwks)
    ? { url: auth.jwks, timeoutMs: KEYS_TIMEOUT_MS }
    : undefined;
}

/** The upstreams of all services that routes ask. */
export function authUpstreams({ hosts }: ResolvedConfig): UpstreamOptions[] {
  const services = new Map<string, UpstreamOptions>();
  for (const { routes } of hosts) {
    for (const { options: { auth } } of routes) {
      const service = serviceOf(auth);
      if (service === undefined) continue;
      const { url, timeoutMs } = service;
      const name = nameOf(url);
      const knownMs = services.get(name)?.connectMs ?? 0;
      const connectMs = Math.max(timeoutMs, knownMs);
      services.set(name, serviceAt(name, url, connectMs));
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
