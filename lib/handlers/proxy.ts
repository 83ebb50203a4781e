/** The handler that asks an origin, with the cache around it where the route has one. */

import { DELIVERED } from "../deliver/send_content.ts";
import { type Exchange, resumeReading } from "../exchange/exchange_state.ts";
import type { Route } from "../exchange/route.ts";
import { fetchFromOrigin } from "../fetch/ask.ts";
import type { ForwardingPlan } from "../head/forwarding.ts";
import { METHOD } from "../http/method.ts";
import { handleCached } from "./cache/cached.ts";
import { forgetInvalidated } from "./cache/invalidate.ts";
import { purge } from "./cache/purge.ts";
import type { Handler } from "./handler.ts";
import { splitterOf } from "./split.ts";
import { passOn } from "./pass_on.ts";
import { bytesOf } from "../http/bytes.ts";
import { rewriteRequest } from "../router/rewrite.ts";
import { fetchWhole, mayContinueCoded } from "./resumed.ts";
import { rewriting, splitting } from "./writes.ts";

/** What a route makes of a request before that goes on, and of its plan. */
export type Preparation = (x: Exchange, plan: ForwardingPlan) => ForwardingPlan;

/** The handler of a route with an upstream. */
export function proxyHandler(route: Route): Handler {
  const handle = route.cache === undefined ? fetchAndPassOn : handleWithCache;
  const prepare = preparationOf(route, Math.random);
  return prepare === undefined
    ? handle
    : (x, plan) => handle(x, prepare(x, plan));
}

/**
 * What a route with an upstream does first: it finds the part of the upstream that the
 * request is for, and rewrites its target. Undefined if there is nothing to do.
 *
 * @param random Chance, for the parts that are drawn.
 */
export function preparationOf(
  route: Route,
  random: () => number,
): Preparation | undefined {
  const rewritten = rewritingOf(route);
  const splitter = splitterOf(route.upstream!, random);
  if (splitter === undefined) return rewritten;
  return (x, plan) => {
    splitting(x.fetch).part = splitter(x);
    return rewritten === undefined ? plan : rewritten(x, plan);
  };
}

function rewritingOf(
  { rewrite, requestRules }: Route,
): Preparation | undefined {
  const isMade = requestRules.some(({ made }) => made !== undefined);
  if (rewrite === undefined && !isMade) return undefined;
  return (x, plan) => {
    const text = rewrite && rewriteRequest(rewrite, x.request);
    const target = text === undefined ? undefined : bytesOf(text);
    rewriting(x.fetch).target = target;
    return { ...plan, target, facts: x.fetch.facts };
  };
}

/** Asks the origin and passes on what it says. */
async function fetchAndPassOn(
  x: Exchange,
  plan: ForwardingPlan,
): Promise<void> {
  resumeReading(x);
  await fetchFromOrigin(x.fetch, plan);
  if (x.route.urlSpaces.length > 0) forgetInvalidated(x.fetch, x.site.cache!);
  if (mayContinueCoded(x)) await fetchWhole(x, plan);
  const delivered = passOn(x, plan.upgrade);
  if (delivered !== DELIVERED) await delivered;
}

function handleWithCache(x: Exchange, plan: ForwardingPlan): Promise<void> {
  const cache = x.site.cache!;
  return x.request.method === METHOD.Purge
    ? purge(x, cache)
    : handleCached(x, cache, plan);
}
