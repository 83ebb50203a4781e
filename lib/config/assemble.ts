/**
 * From what is in force to what the program runs by: each room gets the options that
 * it owns the type of. Plain data still, so that a worker can be sent all of it.
 */

import { fleetOptions } from "./fleet_options.ts";
import type { StoreLimits } from "../cache/store/store.ts";
import { COMPRESSIBLE_TYPES } from "../coding/eligible.ts";
import type {
  CachePolicy,
  CodingPolicy,
  RouteOptions,
} from "../exchange/route.ts";
import { resolveFieldRules } from "../http/field_rule.ts";
import { parseRedirect, parseTemplate } from "../http/template.ts";
import type { AccessOptions } from "../access/access.ts";
import { Alike } from "./alike.ts";
import type { LimitOptions } from "../access/limits/limit_options.ts";
import { isToken, TOKEN_FAULT } from "./admin_token.ts";
import { authOptions, authUpstreams } from "./auth_services.ts";
import { guardKeys } from "./guards.ts";
import { authRules, fieldRule, responseRules } from "./header_rules.ts";
import { listenAddress } from "./listen_address.ts";
import { httpsOptions } from "./https_options.ts";
import type { MaintenanceOptions } from "../access/maintenance.ts";
import { looseName } from "../cache/policy/parameter_name.ts";
import type { UpstreamOptions } from "../upstream/upstream_options.ts";
import type {
  AdminConfig,
  Config,
  FallbackEntry,
  HandlerEntry,
  HostEntry,
} from "./config.ts";
import type {
  ResolvedAdmin,
  ResolvedConfig,
  ResolvedHost,
  ResolvedRoute,
  ResolvedTls,
} from "./resolved.ts";
import type { ResolvedLimit, RouteCache } from "./resolved_route.ts";
import { cacheScope } from "./cache_scope.ts";
import type { ResolvedSecret, ResolvedUpstream } from "./resolved_upstream.ts";

/** There is no option for this: a refusal takes seconds at most. */
const REFUSALS_MAX = 256;
/** How long a request waits for others to end, if nothing is said, in ms. */
const QUEUE_MS = 5000;

/** Reads files that a configuration names. */
export interface FileReaders {
  /** Certificates to trust, in PEM. */
  certificates(path: string): string;
  /** A secret. */
  text(path: string): string;
}

function secretOf(
  secret: ResolvedSecret | undefined,
  read: FileReaders,
): string | undefined {
  return secret?.kind === "file" ? read.text(secret.path).trim() : secret?.text;
}

/**
 * Assembles what the program runs by.
 *
 * @throws Whatever `read` throws.
 */
export function assemble(
  resolved: ResolvedConfig,
  read: FileReaders,
): Config {
  const { listen, limits, cache, log, trustedProxies } = resolved;
  const { headBytesMax, targetBytesMax, fieldCountMax } = limits;
  return {
    listen: listen.map((listener) => listenAddress(listener, limits)),
    connection: {
      headLimits: { headBytesMax, targetBytesMax, fieldCountMax },
      headerMs: limits.headerMs,
      idleMs: limits.idleMs,
      trustedProxies,
      clientAddress: resolved.clientAddress,
    },
    upstreams: [
      ...[...resolved.upstreams.values()].map((upstream) =>
        upstreamOptions(upstream, resolved, read)
      ),
      ...authUpstreams(resolved),
    ],
    hosts: resolved.hosts.map((host) => hostEntry(host, resolved)),
    fallback: fallbackEntry(resolved.options, resolved.tls, resolved),
    store: storeLimits(cache),
    disk: cache.disk,
    shared: cache.shared && fleetOptions(cache.shared, read),
    connectionsMax: limits.connectionsMax,
    perClient: limits.perClient,
    refusalsMax: REFUSALS_MAX,
    drainMs: resolved.drainMs,
    log: {
      format: log.format,
      file: log.file,
      fields: log.fields,
      skip: log.skip,
      sample: log.sample,
    },
    admin: resolved.admin && adminConfig(resolved.admin, read),
    workers: resolved.workers,
  };
}

/** @throws {Error} if it is not a token: it would guard nothing, or let nobody in. */
function adminConfig(
  { address, token, hosts }: ResolvedAdmin,
  read: FileReaders,
): AdminConfig {
  const secret = secretOf(token, read);
  if (secret === undefined || isToken(secret)) {
    return { address, token: secret, hosts };
  }
  const where = token?.kind === "file" ? `: what "${token.path}" holds` : "";
  throw new Error(`admin.token${where} ${TOKEN_FAULT}`);
}

/** @throws {Error} if it is empty: nothing can be signed with it. */
function stickySecret(
  upstream: string,
  secret: ResolvedSecret | undefined,
  read: FileReaders,
): string | undefined {
  const text = secretOf(secret, read);
  if (text !== "") return text;
  const where = secret?.kind === "file" ? `: "${secret.path}"` : "";
  throw new Error(`upstream ${upstream}: sticky.secret${where} is empty`);
}

function storeLimits(
  { bytesMax, objectBytesMax, sliceBytes }: ResolvedConfig["cache"],
): StoreLimits | undefined {
  return bytesMax === 0 ? undefined : { bytesMax, objectBytesMax, sliceBytes };
}

function upstreamOptions(
  upstream: ResolvedUpstream,
  { hosts, limits }: ResolvedConfig,
  read: FileReaders,
): UpstreamOptions {
  const { name, servers, connections, idleMs, tls, health, retry } = upstream;
  const { balance, hashBy, eject, slowStartMs, mirror, sticky } = upstream;
  const { connectionsMax, idleMax, queueMax, queueMs } = connections;
  return {
    name,
    servers,
    balance,
    hashBy,
    sticky: sticky && {
      ...sticky,
      secret: stickySecret(name, sticky.secret, read),
    },
    health: health && {
      ...health,
      host: health.host?.from === "text" ? health.host.text : "",
      body: health.body ?? "",
    },
    eject,
    retry: retry ?? { tries: 0, forMs: 0, on: [], budgetPercent: 0 },
    slowStartMs,
    mirror,
    certificates: tls.ca.map(read.certificates),
    tls: {
      name: tls.name,
      cert: tls.cert && read.certificates(tls.cert),
      key: tls.key && read.text(tls.key),
      insecure: tls.insecure,
    },
    pool: {
      connectionsMax,
      idleMax,
      idleMs,
      queueMax,
      queueMs,
      tunnelsMax: limits.tunnelsMax,
      isUnshared: upstream.proxyProtocol,
    },
    connectMs: connectTimeout(name, hosts),
  };
}

/** Routes share the connections of an upstream: the most patient one decides how long opening one may take. */
function connectTimeout(name: string, hosts: readonly ResolvedHost[]): number {
  const timeouts = hosts.flatMap(({ routes }) => routes)
    .filter(({ handler }) =>
      handler.kind === "proxy" && handler.upstream === name
    )
    .map(({ options }) => options.timeouts.connectMs);
  return timeouts.includes(0) ? 0 : Math.max(0, ...timeouts);
}

function hostEntry(
  { names, routes, options, tls }: ResolvedHost,
  resolved: ResolvedConfig,
): HostEntry {
  const compared = routes.flatMap(comparedBy);
  return {
    names,
    fallback: fallbackEntry(options, tls ?? resolved.tls, resolved),
    routes: routes.map((route) => ({
      pattern: route.pattern,
      when: route.when,
      handler: handlerEntry(route, resolved.files),
      maintenance: maintenanceOptions(route.options.maintenance),
      access: accessOptions(route.options),
      guards: guardKeys(route.options),
      errors: errorPages(route.options),
      cacheScope: resolved.files.length === 0 ? "" : cacheScope(route),
      options: {
        ...routeOptions(route, resolved),
        ...httpsOptions(route, tls ?? resolved.tls, resolved),
        ...(compared.length === 0 ? {} : { comparedFields: compared }),
      },
    })),
  };
}

/** The headers by which a route is chosen, or its requests are counted. */
function comparedBy({ when, options: { limits } }: ResolvedRoute): string[] {
  const counted = limits.filter(({ by }) => by.startsWith("header:"))
    .map(({ by }) => by.slice("header:".length));
  return [...Object.keys(when?.header ?? {}), ...counted]
    .map((name) => name.toLowerCase());
}

function errorPages(
  { errors }: ResolvedRoute["options"],
): FallbackEntry["errors"] {
  return Object.keys(errors.pages).length === 0 ? undefined : errors;
}

/** Where no route is found, as a route that asks nobody. */
function fallbackEntry(
  options: ResolvedRoute["options"],
  tls: ResolvedTls | undefined,
  resolved: ResolvedConfig,
): FallbackEntry {
  return {
    maintenance: maintenanceOptions(options.maintenance),
    access: accessOptions(options),
    errors: errorPages(options),
    options: {
      ...routeOptions({ options, handler: undefined }, resolved),
      ...httpsOptions({ options }, tls, resolved),
    },
  };
}

function handlerEntry(
  { handler }: ResolvedRoute,
  hidden: readonly string[],
): HandlerEntry {
  switch (handler.kind) {
    case "proxy": {
      const { kind, upstream, rewrite } = handler;
      return { kind, upstream, rewrite };
    }
    case "files":
      return { ...handler, hidden };
    case "redirect":
      return { ...handler, to: parseRedirect(handler.to) };
    case "respond": {
      const { body, headers } = handler;
      return {
        ...handler,
        body: body === "" ? undefined : parseTemplate(body),
        headers: headers.filter(({ action }) => action !== "remove")
          .map(({ name, value }) => ({ name, value: parseTemplate(value) })),
      };
    }
  }
}

function accessOptions(
  { allow, deny, limits, auth, satisfy, cors, security }:
    ResolvedRoute["options"],
): AccessOptions {
  return {
    addresses: { allow, deny },
    limits: limits.map(limitOptions),
    auth: authOptions(auth),
    satisfy,
    cors,
    hsts: security,
  };
}

function limitOptions(
  { rate, burst, queueMs, ...limit }: ResolvedLimit,
): LimitOptions {
  return {
    ...limit,
    rate: rate && { intervalMs: rate.periodMs / rate.count, burst },
    queueMs: queueMs === 0 ? QUEUE_MS : queueMs,
  };
}

function maintenanceOptions(
  maintenance: ResolvedRoute["options"]["maintenance"],
): MaintenanceOptions | undefined {
  if (maintenance === undefined) return undefined;
  const { retryAfterMs, ...options } = maintenance;
  return {
    ...options,
    retryAfterSeconds: retryAfterMs === 0
      ? undefined
      : Math.ceil(retryAfterMs / 1000),
  };
}

function routeOptions(
  { options, handler }: Pick<ResolvedRoute, "options"> & {
    readonly handler: ResolvedRoute["handler"] | undefined;
  },
  { upstreams, limits, cache, log }: ResolvedConfig,
): RouteOptions {
  const server = handler?.kind === "proxy"
    ? upstreams.get(handler.upstream)?.servers[0]
    : undefined;
  const isStored = options.cache !== undefined && cache.bytesMax > 0;
  const { connectMs: _, ...timeouts } = options.timeouts; // an upstream's
  const { headers, security } = options;
  return {
    origin: { authority: server?.address.authority ?? "" },
    hostHeader: handler?.kind === "proxy"
      ? handler.host
      : { from: "client", text: "" },
    forwarded: options.forwarded,
    sendsTiming: options.serverTiming,
    requestRules: resolveFieldRules([
      ...authRules(options.auth),
      ...options.requestHeaders.map(fieldRule),
    ]),
    responseRules: ruleLists.of({ headers, security }),
    responseLimits: {
      headBytesMax: limits.responseHeadBytesMax,
      targetBytesMax: 0,
      fieldCountMax: limits.responseFieldCountMax,
    },
    requestId: log.requestId === undefined ? undefined : {
      name: log.requestId,
      lowerCase: log.requestId.toLowerCase(),
    },
    coding: options.compress && codingPolicies.of(options.compress),
    cache: isStored
      ? cachePolicy(options.cache!, options.auth !== undefined)
      : undefined,
    isAuthenticated: options.auth !== undefined,
    contentBytesMax: options.bodyBytesMax,
    uploadRate: limits.uploadRate,
    timeouts,
  };
}

const COMPRESSIBLE: ReadonlySet<string> = new Set(COMPRESSIBLE_TYPES);

const codingPolicies = new Alike(makeCodingPolicy);
const ruleLists = new Alike(responseRules);

function makeCodingPolicy(
  compress: NonNullable<ResolvedRoute["options"]["compress"]>,
): CodingPolicy {
  return {
    offered: compress.codings,
    onTheFly: compress.codings.toSorted((a, b) =>
      Number(b === "gzip") - Number(a === "gzip")
    ),
    bytesMin: compress.bytesMin,
    types: compress.types === undefined
      ? COMPRESSIBLE
      : new Set(compress.types),
  };
}

/** What is stored; of what authentication decides, only what the origin itself lets be shared. */
function cachePolicy(
  { ttlMs, forceMs, heuristicMaxMs, query, ...policy }: RouteCache,
  isAuthenticated: boolean,
): CachePolicy {
  return {
    defaultTtlMs: isAuthenticated ? 0 : ttlMs,
    forceMs: isAuthenticated ? 0 : forceMs,
    heuristicMaxMs: isAuthenticated ? 0 : heuristicMaxMs,
    queryUse: typeof query === "object"
      ? new Set(query.names.map(looseName))
      : query === "ignore"
      ? "drop"
      : query,
    ...policy,
  };
}
