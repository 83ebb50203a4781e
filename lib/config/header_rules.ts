/** The header rules of a route as the program runs by them. */

import { securityRules } from "../head/security_rules.ts";
import {
  type FieldRule,
  fieldRuleOf,
  resolveFieldRules,
} from "../http/field_rule.ts";
import type { ResolvedRoute } from "./resolved.ts";
import type { HeaderRule } from "./resolved_route.ts";

/** Where clients have to authenticate, the headers in which they might say who they are go no further. */
export function authRules(
  auth: ResolvedRoute["options"]["auth"],
): FieldRule[] {
  if (auth === undefined) return [];
  const names = ["Remote-User"];
  if (auth.kind === "basic" && !auth.pass) names.push("Authorization");
  if (auth.kind === "forward") names.push(...auth.copy);
  if (auth.kind === "jwt") names.push(...Object.keys(auth.forward));
  return names.map((name) => fieldRuleOf(name, null));
}

/** The rules for responses: those of `security`, then what the route says itself. */
export function responseRules(
  { headers, security }: Pick<
    ResolvedRoute["options"],
    "headers" | "security"
  >,
): FieldRule[] {
  const own = headers.map(fieldRule);
  const names = new Set(own.map(({ name }) => name));
  return resolveFieldRules([...security ? securityRules(names) : [], ...own]);
}

/** One rule of a configuration. */
export function fieldRule({ action, name, value }: HeaderRule): FieldRule {
  return fieldRuleOf(
    action === "add" ? `+${name}` : name,
    action === "remove" ? null : value,
  );
}
