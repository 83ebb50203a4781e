/** From the options of a route to the route itself: what can be made once is made here. */

import type { HandlerEntry, HostEntry, RouteEntry } from "../config/config.ts";
import { rewriteSpec } from "../config/routes.ts";
import type { CacheSpace, Route, RouteOptions } from "../exchange/route.ts";
import { ROW } from "../observe/metrics/layout.ts";
import {
  mapsAnything,
  type OriginName,
  type PublicMapping,
} from "../head/public_urls.ts";
import { withoutOtherIds } from "../head/request_id.ts";
import { bytesOf } from "../http/bytes.ts";
import { compileRewrite, type Rewrite } from "../router/rewrite.ts";
import type { Upstream } from "../upstream/upstream.ts";

const NO_SPACE: CacheSpace = { scope: bytesOf(""), queryUse: "keep" };

/**
 * Compiles a route.
 *
 * @param name What logs call it.
 * @param meterRow The row of its counters.
 * @param urlSpaces Where the routes for the same paths store.
 * @throws {SyntaxError} if its rewriting cannot be used.
 */
export function compileRoute(
  entry: RouteEntry,
  name: string,
  meterRow: number,
  upstream: Upstream | undefined,
  urlSpaces: readonly CacheSpace[],
): Route {
  const { handler, options } = entry;
  const rewrite = rewriteOf(handler);
  const idName = options.requestId?.name;
  const publicMapping = upstream && publicMappingOf(options, rewrite, upstream);
  const plainMapping = upstream &&
    publicMappingOf(options, undefined, upstream);
  const madeResponseRules = options.responseRules.filter(({ made }) =>
    made !== undefined
  );
  const needsFacts = madeResponseRules.length > 0 ||
    options.requestRules.some(({ made }) => made !== undefined) ||
    publicMapping !== undefined || handler.kind === "redirect" ||
    handler.kind === "respond";
  return {
    ...options,
    name,
    meterRow,
    requestRules: withoutOtherIds(options.requestRules, idName),
    responseRules: withoutOtherIds(options.responseRules, idName),
    upstream,
    rewrite,
    publicMapping,
    plainMapping,
    needsFacts,
    madeResponseRules,
    cacheSpaces: cacheSpacesOf(entry, upstream),
    urlSpaces,
  };
}

/**
 * The names of a host's routes: its first name and their patterns. Of several routes
 * for one pattern, the second is `#2`.
 */
export function routeNames({ names: [host], routes }: HostEntry): string[] {
  const counts = new Map<string, number>();
  return routes.map(({ pattern }) => {
    const count = (counts.get(pattern) ?? 0) + 1;
    counts.set(pattern, count);
    return `${host}${pattern}${count === 1 ? "" : `#${count}`}`;
  });
}

/** Where a route stores, by the part of its upstream. */
function cacheSpacesOf(
  { options, cacheScope = "" }: RouteEntry,
  upstream: Upstream | undefined,
): CacheSpace[] {
  const queryUse = options.cache?.queryUse ?? NO_SPACE.queryUse;
  const parts = upstream?.parts.names ?? [""];
  return parts.map((name) => ({
    scope: bytesOf(name === "" ? cacheScope : `${cacheScope} ${name}`),
    queryUse,
  }));
}

/** Where the routes for one pattern of paths store, each once. */
export function urlSpacesOf(
  entries: readonly RouteEntry[],
  upstreams: ReadonlyMap<string, Upstream>,
): CacheSpace[] {
  const spaces = new Map<string, CacheSpace[]>();
  for (const entry of entries) {
    const { handler, options: { cache }, cacheScope = "" } = entry;
    if (handler.kind !== "proxy" || cache === undefined) continue;
    const { queryUse } = cache;
    const query = typeof queryUse === "string"
      ? queryUse
      : JSON.stringify([...queryUse].toSorted());
    const upstream = upstreams.get(handler.upstream);
    spaces.set(`${cacheScope} ${query}`, cacheSpacesOf(entry, upstream));
  }
  return [...spaces.values()].flat();
}

/**
 * The options of responses where there is no route, as one: it asks nobody.
 *
 * @param hasRequest Whether the request's head can be read: templates need it.
 */
export function fallbackRoute(
  options: RouteOptions,
  hasRequest = false,
): Route {
  const { responseRules } = options;
  const made = responseRules.filter(({ made }) => made !== undefined);
  return {
    ...options,
    name: "",
    meterRow: ROW.None,
    responseRules: hasRequest
      ? responseRules
      : responseRules.filter(({ made }) => made === undefined),
    upstream: undefined,
    rewrite: undefined,
    publicMapping: undefined,
    plainMapping: undefined,
    needsFacts: hasRequest && made.length > 0,
    madeResponseRules: hasRequest ? made : [],
    cacheSpaces: [NO_SPACE],
    urlSpaces: [],
  };
}

function rewriteOf(handler: HandlerEntry): Rewrite | undefined {
  const { rewrite } = handler.kind === "proxy" || handler.kind === "files"
    ? handler
    : { rewrite: undefined };
  return rewrite && compileRewrite(rewriteSpec(rewrite));
}

/**
 * How what the origin says of itself becomes public. An origin that is asked by the
 * client's own name says that itself.
 */
function publicMappingOf(
  { hostHeader }: RouteOptions,
  rewrite: Rewrite | undefined,
  { options: { servers } }: Upstream,
): PublicMapping | undefined {
  const { secure } = servers[0]!.address;
  const own = servers.map(({ address }) =>
    originName(address.authority, address.secure)
  );
  const origins = hostHeader.from === "client"
    ? []
    : hostHeader.text === ""
    ? own
    : [...own, originName(hostHeader.text, secure)];
  const mapping = {
    strip: rewrite?.strip ?? "",
    prepend: rewrite?.prepend ?? "",
    origins,
  };
  return mapsAnything(mapping) ? mapping : undefined;
}

function originName(authority: string, isSecure: boolean): OriginName {
  const [, host = "", port] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  return {
    host: host.toLowerCase(),
    port: port === undefined ? (isSecure ? 443 : 80) : Number(port),
  };
}
