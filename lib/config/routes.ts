/** The routes of a configuration as the router sees them, and what it says of them. */

import {
  compileRouter,
  RouterError,
  type RouterFault,
} from "../router/compile.ts";
import { guardKeys, Guards } from "./guards.ts";
import type { Handling } from "../router/route_report.ts";
import {
  compileRewrite,
  type RewriteSpec,
  rewriteTarget,
} from "../router/rewrite.ts";
import type { ResolvedRewrite } from "./resolved_route.ts";
import type { Router } from "../router/router.ts";
import { unreachable } from "../router/unreachable.ts";
import type { RouteReport } from "./check.ts";
import type { ResolvedConfig, ResolvedRoute } from "./resolved.ts";

/** What the router says of hosts and routes; without faults, the router too. */
export interface RoutesFound {
  readonly router: Router<ResolvedRoute> | undefined;
  readonly faults: readonly RouteReport[];
}

/** Compiles the routes of a configuration. */
export function routesOf({ hosts }: ResolvedConfig): RoutesFound {
  const guards = new Guards();
  try {
    const router = compileRouter(hosts.map(({ names, routes }) => ({
      names,
      routes: routes.map((route) => ({
        pattern: route.pattern,
        when: route.when,
        value: route,
        guards: [
          ...guardsOf(route),
          ...guards.of(guardKeys(route.options)),
        ],
      })),
    })));
    return { router, faults: [] };
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    return { router: undefined, faults: error.faults.map(faultOf) };
  }
}

function faultOf({ host, route, message }: RouterFault): RouteReport {
  return { kind: "error", host, route, message };
}

/** What the handler of a route is a guard by: a fixed response is one for itself. */
export function guardsOf(
  { handler }: { readonly handler: { readonly kind: string } },
): readonly object[] {
  return handler.kind === "respond" ? [handler] : [];
}

/** A rewriting as the router reads it. */
export function rewriteSpec(rewrite: ResolvedRewrite): RewriteSpec {
  if (rewrite.kind === "match") return rewrite;
  const { strip, prepend } = rewrite;
  return {
    ...(strip === "" ? {} : { strip }),
    ...(prepend === "" ? {} : { prepend }),
  };
}

/** The routes that nothing reaches, as warnings. */
export function unreachableRoutes(
  { hosts }: ResolvedConfig,
  router: Router<ResolvedRoute>,
): RouteReport[] {
  return unreachable(router).map(({ names, index, why }) => ({
    kind: "warning",
    host: hosts.findIndex((host) => host.names[0] === names[0]),
    route: index,
    message: `nothing reaches this route: ${why}`,
  }));
}

/** What a route does with a request for a canonical path. */
export function handlingOf(
  { handler }: ResolvedRoute,
  path: string | null,
): Handling {
  const { kind } = handler;
  switch (handler.kind) {
    case "proxy":
      return {
        handler: kind,
        target: `${handler.upstream}${targetOf(handler.rewrite, path ?? "")}`,
      };
    case "files":
      return {
        handler: kind,
        target: `${handler.root}${targetOf(handler.rewrite, path ?? "")}`,
      };
    case "redirect":
      return { handler: kind, target: `${handler.status} ${handler.to}` };
    case "respond":
      return { handler: kind, target: String(handler.status) };
  }
}

/** The path that the handler gets. */
function targetOf(rewrite: ResolvedRewrite | undefined, path: string): string {
  if (rewrite === undefined) return path;
  return rewriteTarget(compileRewrite(rewriteSpec(rewrite)), path, "") ?? path;
}
