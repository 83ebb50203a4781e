/** From the options of a route to the route itself: what can be made once is made here. */

import type { HandlerEntry, RouteEntry } from "../config/config.ts";
import { rewriteSpec } from "../config/routes.ts";
import type { Route, RouteOptions } from "../exchange/route.ts";
import {
  mapsAnything,
  type OriginName,
  type PublicMapping,
} from "../head/public_urls.ts";
import { withoutOtherIds } from "../head/request_id.ts";
import { bytesOf } from "../http/bytes.ts";
import { compileRewrite, type Rewrite } from "../router/rewrite.ts";
import type { Upstream } from "../upstream/upstream.ts";

/**
 * Compiles a route.
 *
 * @throws {SyntaxError} if its rewriting cannot be used.
 */
export function compileRoute(
  { handler, options, cacheScope = "" }: RouteEntry,
  upstream: Upstream | undefined,
): Route {
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
    requestRules: withoutOtherIds(options.requestRules, idName),
    responseRules: withoutOtherIds(options.responseRules, idName),
    upstream,
    rewrite,
    publicMapping,
    plainMapping,
    needsFacts,
    madeResponseRules,
    cacheScope: bytesOf(cacheScope),
  };
}

/** The options of responses where there is no route, as one: it asks nobody. */
export function fallbackRoute(options: RouteOptions): Route {
  return {
    ...options,
    responseRules: options.responseRules.filter(({ made }) =>
      made === undefined
    ),
    upstream: undefined,
    rewrite: undefined,
    publicMapping: undefined,
    plainMapping: undefined,
    needsFacts: false,
    madeResponseRules: [],
    cacheScope: bytesOf(""),
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
  { hostHeader, origin }: RouteOptions,
  rewrite: Rewrite | undefined,
  { options }: Upstream,
): PublicMapping | undefined {
  const { secure } = options.origin;
  const origins = hostHeader.from === "client"
    ? []
    : [origin.authority, hostHeader.text].filter((name) => name !== "").map(
      (name) => originName(name, secure),
    );
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
