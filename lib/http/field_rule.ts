/**
 * A rule of the operator that sets, adds or removes a field. It is read and checked
 * once, so that nothing it writes can split a message (RFC 9112 §11.1).
 */

import {
  FIELD,
  FIELD_FLAGS,
  fieldIdOf,
  foldedName,
  FRAMING,
  HOP_BY_HOP,
} from "./field.ts";
import { trimmed } from "./list.ts";
import { bytesOf, FIELD_CONTENT, isToken } from "./bytes.ts";

/** A change to the fields of one name. */
export interface FieldRule {
  /** `set` replaces every line of that name, `add` appends one, `remove` removes them. */
  readonly action: "set" | "add" | "remove";
  /** The name in lower case. */
  readonly name: string;
  /** {@linkcode foldedName} of it: names that agree are treated as look-alikes. */
  readonly folded: string;
  /** The whole field line with its CRLF; empty for `remove`. */
  readonly line: Uint8Array;
}

/**
 * Reads `name: value` (set), `+name: value` (add) or `-name` (remove).
 *
 * @throws {SyntaxError} if it is none of these, or the field is one that sluice
 *   itself must write: framing, hop-by-hop, `Host`.
 */
export function parseFieldRule(text: string): FieldRule {
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  const colon = text.indexOf(":");
  const name = text.slice(sign.length, colon < 0 ? undefined : colon);
  const value = colon < 0 ? undefined : trimmed(text.slice(colon + 1));
  if (!isToken(name) || (sign === "-") !== (value === undefined)) {
    throw new SyntaxError(
      `Cannot read the field rule "${text}": expected "name: value", "+name: value" or "-name"`,
    );
  }
  if (value !== undefined && !isFieldValue(value)) {
    throw new SyntaxError(
      `Cannot use the field rule "${text}": control or non-Latin-1 characters`,
    );
  }
  const id = fieldIdOf(name);
  if (id === FIELD.Host || (FIELD_FLAGS[id]! & (FRAMING | HOP_BY_HOP)) !== 0) {
    throw new SyntaxError(
      `Cannot use the field rule "${text}": sluice writes ${name} itself`,
    );
  }
  return {
    action: sign === "-" ? "remove" : sign === "+" ? "add" : "set",
    name: name.toLowerCase(),
    folded: foldedName(name),
    line: bytesOf(value === undefined ? "" : `${name}: ${value}\r\n`),
  };
}

/**
 * The rules that are left when each `set` and `remove` has overruled those before
 * it that concern the same field.
 */
export function resolveFieldRules(rules: readonly FieldRule[]): FieldRule[] {
  return rules.filter((rule, index) =>
    !rules.some((later, at) =>
      at > index && later.action !== "add" && later.name === rule.name
    )
  );
}

/** Whether a rule replaces or removes the field lines of this name, which is in lower case. */
export function isRuledOut(
  rules: readonly FieldRule[],
  name: string,
): boolean {
  return rules.some((rule) => rule.action !== "add" && rule.name === name);
}

/** Whether a rule replaces or removes them, or the name looks like that of a rule. */
export function isRuledOutByLook(
  rules: readonly FieldRule[],
  name: string,
): boolean {
  const folded = foldedName(name);
  return rules.some((rule) =>
    rule.folded === folded && (rule.action !== "add" || rule.name !== name)
  );
}

function isFieldValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    if (!FIELD_CONTENT[value.charCodeAt(i)]) return false;
  }
  return true;
}
