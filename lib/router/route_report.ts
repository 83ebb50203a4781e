/**
 * What `sluice route` prints (pure): where a request goes and why, as lines for people
 * or as an object for programs.
 */

import { isToken } from "../http/bytes.ts";
import { trimmed } from "../http/list.ts";
import type { RouteAnswer } from "./route_request.ts";

/** What a route does with a request. */
export interface Handling {
  /** The kind of its handler: `proxy`, `files`, `redirect`, `respond`. */
  readonly handler: string;
  /** What the handler gets or gives: a target for an origin, a file, a location, a status. */
  readonly target: string;
}

/** Where a request goes, as plain values; what is not known is null. */
export interface RouteReport {
  /** The host's name as it was configured. */
  readonly host: string | null;
  /** The pattern as it was configured. */
  readonly pattern: string | null;
  /** What holds besides. */
  readonly when: string | null;
  /** The kind of the handler. */
  readonly handler: string | null;
  /** What the handler gets or gives. */
  readonly target: string | null;
  /** The canonical path. */
  readonly path: string | null;
  /** The status of the refusal, if no route takes the request. */
  readonly status: number | null;
  /** Why, in words. */
  readonly reason: string;
}

/**
 * Puts an answer into plain values.
 *
 * @param handling What the route does; undefined if there is none.
 */
export function reportOf<T>(
  { host, pattern, when, path, status, reason }: RouteAnswer<T>,
  handling: Handling | undefined,
): RouteReport {
  const { handler = null, target = null } = handling ?? {};
  return { host, pattern, when, handler, target, path, status, reason };
}

/** The report as lines for people, without what is not known. */
export function reportLines(report: RouteReport): string[] {
  return Object.entries(report)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${`${key}:`.padEnd(9)}${value}`);
}

/**
 * Reads `name: value`, as it follows `-H`.
 *
 * @throws {SyntaxError} if it is not of that form.
 */
export function parseHeaderArgument(
  text: string,
): readonly [name: string, value: string] {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0));
  if (!isToken(name)) {
    throw new SyntaxError(
      `Cannot read the header "${text}": expected "name: value"`,
    );
  }
  return [name, trimmed(text.slice(colon + 1))];
}
