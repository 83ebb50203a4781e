/** What clients are told of limits (draft-ietf-httpapi-ratelimit-headers-10, pure). */

import type { LimitOptions } from "./limit_options.ts";

/** A limit as headers name it. */
export interface NamedLimit {
  /** As headers have it: without the id, which tells of the configuration. */
  readonly name: string;
  /** The item of `RateLimit-Policy`. */
  readonly policy: string;
}

/** The names and policies of the limits of a route. */
export function namedLimits(limits: readonly LimitOptions[]): NamedLimit[] {
  const counts = new Map<string, number>();
  return limits.map(({ by, rate }) => {
    const kind = by.split(":", 1)[0]!;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const name = count === 1 ? kind : `${kind}-${count}`;
    const { burst = 0, intervalMs = 0 } = rate ?? {};
    const seconds = Math.max(1, Math.ceil(burst * intervalMs / 1000));
    return { name, policy: `"${name}";q=${burst};w=${seconds}` };
  });
}

/** The item of `RateLimit`: what is left, and when all of it will be there again. */
export function rateItem(
  { name }: NamedLimit,
  remaining: number,
  resetMs: number,
): string {
  const seconds = Math.ceil(Math.max(0, resetMs) / 1000);
  return `"${name}";r=${Math.max(0, remaining)};t=${seconds}`;
}

/** How long to wait, as `Retry-After` says it: whole seconds, at least one. */
export function retryAfterLine(waitMs: number): string {
  return `Retry-After: ${Math.max(1, Math.ceil(waitMs / 1000))}\r\n`;
}
