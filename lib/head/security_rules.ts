/**
 * `security: true`: what browsers are told to be careful about, as header rules (pure).
 * Each line is sent unless the origin, or the operator, says something else under its
 * name.
 */

import { bytesOf } from "../http/bytes.ts";
import { foldedName } from "../http/field.ts";
import type { FieldRule } from "../http/field_rule.ts";

const DEFAULT_LINES: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "SAMEORIGIN",
  "Referrer-Policy": "strict-origin-when-cross-origin",
};
/** What tells strangers which software is there. */
const REMOVED = ["X-Powered-By", "Server"];

/**
 * The rules for responses, which come before the operator's own.
 *
 * @param own The names that the operator has rules for, in lower case.
 */
export function securityRules(own: ReadonlySet<string>): FieldRule[] {
  const rules = [
    ...Object.entries(DEFAULT_LINES).map(([name, value]): FieldRule => ({
      action: "default",
      name: name.toLowerCase(),
      folded: foldedName(name),
      line: bytesOf(`${name}: ${value}\r\n`),
    })),
    ...REMOVED.map((name): FieldRule => ({
      action: "remove",
      name: name.toLowerCase(),
      folded: foldedName(name),
      line: new Uint8Array(0),
    })),
  ];
  return rules.filter(({ name }) => !own.has(name));
}
