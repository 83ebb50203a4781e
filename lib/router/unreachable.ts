/**
 * Routes that no request reaches, for the check of a configuration (pure).
 *
 * A route is in vain behind one for the same paths whose condition holds wherever its
 * own does. A pattern never is: put characters that no pattern names in place of its
 * `*`, and what matches has no more characters of its own, so is not more specific.
 */

import type { HostRoutes, Match, Router } from "./router.ts";

/** A route that nothing reaches. */
export interface Unreachable {
  /** The names of its host. */
  readonly names: readonly string[];
  /** Its pattern, as it was written. */
  readonly pattern: string;
  /** Its place among the routes of its host, as they were given. */
  readonly index: number;
  /** Why, in words that follow the pattern. */
  readonly why: string;
}

/** The routes that nothing reaches, host by host and in the order in which they were given. */
export function unreachable<T>({ hosts }: Router<T>): Unreachable[] {
  return hosts.flatMap((host) =>
    unreachableIn(host).sort((a, b) => a.index - b.index)
  );
}

function unreachableIn<T>({ names, routes }: HostRoutes<T>): Unreachable[] {
  return routes.flatMap((list) =>
    list.flatMap((route, at) => {
      const before = list.slice(0, at).find((other) => covers(other, route));
      if (before === undefined) return [];
      const { pattern, index } = route;
      return [{ names, pattern, index, why: reasonOf(before) }];
    })
  );
}

/** Whether the first route takes whatever the second one would. */
function covers<T>(first: Match<T>, second: Match<T>): boolean {
  return first.condition === undefined ||
    second.condition !== undefined && first.condition.covers(second.condition);
}

function reasonOf<T>({ condition }: Match<T>): string {
  return condition === undefined
    ? "a route before it takes every request for these paths"
    : `a route before it takes every request with ${condition.text}`;
}
