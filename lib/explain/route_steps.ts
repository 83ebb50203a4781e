/** Why a route takes a request, and what it was preferred to. */

import type { Exchange } from "../exchange/exchange_state.ts";
import { clientOf } from "../exchange/forwarded.ts";
import { ROUTE_REASON_OF } from "../router/route_request.ts";
import type { Considered, Router } from "../router/router.ts";
import { decided, type Facts, type Step } from "./explanation.ts";

/** Routes that are named besides the one that takes the request. */
const OTHERS_MAX = 20;

/** The step of the router, whether it has found a route or not. */
export function routeStep<T>(
  router: Router<T>,
  x: Exchange,
  needsClient: boolean,
): Step {
  const client = needsClient ? clientOf(x).address : "";
  const { result, host, hostKind, path } = router.explain(x.request, client);
  const considered = router.considered(x.request, client);
  const facts = { host, path };
  if (result.kind === "none") {
    return decided("route", result.reason, {
      ...facts,
      status: result.status,
      detail: result.detail,
      others: othersOf(considered, -1),
    });
  }
  const { pattern, index, condition } = result;
  return decided("route", ROUTE_REASON_OF[hostKind!], {
    ...facts,
    pattern,
    when: condition?.text,
    guards: result.guards.length || undefined,
    others: othersOf(considered, index),
  });
}

/** The routes that the path matches, too, and why they do not take the request; undefined for none. */
function othersOf(
  considered: readonly Considered[],
  index: number,
): readonly Facts[] | undefined {
  const taken = considered.findIndex((route) => route.index === index);
  const pattern = considered[taken]?.pattern;
  const others = considered.flatMap((route, at) => {
    if (at === taken) return [];
    const why = !route.holds
      ? "its condition does not hold"
      : route.pattern === pattern
      ? "it comes later"
      : "its pattern is less specific";
    return [{ pattern: route.pattern, when: route.when, why }];
  });
  return others.length === 0 ? undefined : others.slice(0, OTHERS_MAX);
}
