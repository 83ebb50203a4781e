/** What tells the stored responses of one route from those of others, across reloads (pure). */

import { fnvText } from "../http/fnv.ts";
import type { ResolvedRoute } from "./resolved.ts";
import type { RouteCache } from "./resolved_route.ts";

/**
 * What the origin sees of a request besides what came, and by which rules its answer
 * is stored: routes for which both are the same share their stored responses, also
 * across reloads. What was stored by one rule is never served by another.
 */
export function cacheScope({ handler, options }: ResolvedRoute): string {
  if (handler.kind !== "proxy") return "";
  const { upstream, host, rewrite } = handler;
  const { forwarded, requestHeaders, cache } = options;
  const seen = [upstream, host, rewrite, forwarded, requestHeaders];
  const rules = cache && [...storingRules(cache), ...queryRule(cache)];
  return fnvText(JSON.stringify([...seen, rules]));
}

/** What keys leave out of queries: what was stored for one must not be found by a rule for which that counts. */
function queryRule({ query }: RouteCache): unknown[] {
  if (query === "keep") return [];
  return typeof query === "string" ? [query] : [query.names.toSorted()];
}

/** What decides whether and for how long a response is stored, and with which headers. */
function storingRules(
  { ttlMs, forceMs, staleMs, heuristicMaxMs, targetedField, setCookie }:
    RouteCache,
): unknown[] {
  return [ttlMs, forceMs, staleMs, heuristicMaxMs, targetedField, setCookie];
}
