/**
 * A lifetime that the operator puts in place of the origin's (pure).
 *
 * It overrides what the origin says about time and about storing: `max-age`,
 * `Expires`, `no-cache`, `no-store`. It never overrides what says whose a response is:
 * `private`, `Set-Cookie`, and `Authorization` of the request.
 */

import { FIELD } from "../../http/field.ts";
import { METHOD } from "../../http/method.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import type { Directives } from "./directives.ts";
import type { StatedDirectives } from "./metadata.ts";

/** Statuses of which the lifetime is forced: what stays so for a while. */
const FORCED_STATUSES: ReadonlySet<number> = new Set(
  [200, 203, 204, 300, 301, 308],
);
/** Directives that a forced lifetime overrides. */
const OVERRIDDEN: readonly string[] = [
  "max-age",
  "must-revalidate",
  "must-understand",
  "no-cache",
  "no-store",
  "proxy-revalidate",
  "s-maxage",
];

/** What the decision needs to know of the request. */
export interface ForcedRequest {
  /** A number of `METHOD`. */
  readonly method: number;
  /** Whether the request carried `Authorization`. */
  readonly hasAuthorization: boolean;
}

/** Whether a forced lifetime takes the place of what the origin says. */
export function mayForce(
  { method, hasAuthorization }: ForcedRequest,
  { status, fields }: Pick<ResponseHead, "status" | "fields">,
  { directives }: StatedDirectives,
): boolean {
  return method === METHOD.Get && !hasAuthorization &&
    FORCED_STATUSES.has(status) && !directives.has("private") &&
    !fields.has(FIELD.SetCookie) && !fields.has(FIELD.SetCookie2);
}

/**
 * The directives that are left of a response whose lifetime is forced.
 *
 * @param forceMs The lifetime, in ms.
 */
export function forcedDirectives(
  { directives, isTargeted }: StatedDirectives,
  forceMs: number,
): StatedDirectives {
  const left: Directives = new Map(
    [...directives].filter(([name]) => !OVERRIDDEN.includes(name)),
  );
  return { directives: left, isTargeted, forceMs };
}
