/**
 * What protects a route, as keys that routes with the same protection share. A path
 * that a lenient origin would read as one of a protected route must not get past its
 * guards by another one.
 */

import type { RouteOptions } from "./resolved_route.ts";

/** What of the options guards. */
type Guarding = Pick<
  RouteOptions,
  "allow" | "deny" | "auth" | "limits" | "satisfy"
>;

/** The keys of a route's guards: two guards that demand the same have the same key. */
export function guardKeys(
  { allow, deny, auth, limits, satisfy }: Guarding,
): string[] {
  const keys = limits.map(({ id }) => `limit ${id}`);
  const rules = { allow, deny: deny.length > 0 ? deny : undefined, auth };
  const given = Object.entries(rules).filter(([, rule]) => rule !== undefined);
  if (satisfy === "any" && given.length > 1) {
    return [...keys, `any ${JSON.stringify(given, asText)}`];
  }
  return [
    ...keys,
    ...given.map(([name, rule]) => `${name} ${JSON.stringify(rule, asText)}`),
  ];
}

function asText(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? value.toHex() : value;
}

/** Gives guards as the router compares them: by identity. */
export class Guards {
  readonly #known = new Map<string, object>();

  /** One object for each key. */
  of(keys: readonly string[]): object[] {
    return keys.map((key) => {
      const guard = this.#known.get(key) ?? {};
      this.#known.set(key, guard);
      return guard;
    });
  }
}
