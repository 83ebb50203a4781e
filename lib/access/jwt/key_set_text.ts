/** The text of a set of keys for tokens (RFC 7517 §5; pure). */

import type { JSONWebKeySet } from "jose";

/**
 * Reads a set of keys.
 *
 * @throws {SyntaxError} if it is none.
 */
export function parseKeySet(text: string): JSONWebKeySet {
  const keys = (JSON.parse(text) as { keys?: unknown } | null)?.keys;
  if (Array.isArray(keys)) return { keys };
  throw new SyntaxError("this is not a set of keys: expected { keys: [...] }");
}
