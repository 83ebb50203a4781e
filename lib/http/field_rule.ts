/**
 * A rule of the operator that sets, adds or removes a field. It is read and checked
 * once, so that nothing it writes can split a message (RFC 9112 §11.1). A value that
 * is a template is made for each request; all others are bytes from the start.
 */

import {
  FIELD,
  FIELD_FLAGS,
  fieldIdOf,
  foldedName,
  FRAMING,
  HOP_BY_HOP,
} from "./field.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { bytesOf, isToken } from "./bytes.ts";
import { trimmed } from "./list.ts";
import type { FieldSection } from "./section.ts";
import {
  fieldValueOf,
  isFieldText,
  parseTemplate,
  staticText,
  type Template,
  type TemplateFacts,
} from "./template.ts";

/** A change to the fields of one name. */
export interface FieldRule {
  /**
   * `set` replaces every line of that name, `add` appends one, `remove` removes them;
   * `default` appends one where there is none.
   */
  readonly action: "set" | "add" | "remove" | "default";
  /** The name in lower case. */
  readonly name: string;
  /** {@linkcode foldedName} of it: names that agree are treated as look-alikes. */
  readonly folded: string;
  /** The whole field line with its CRLF; empty for `remove` and for a line that depends on the request. */
  readonly line: Uint8Array;
  /** How the line is made that depends on the request; undefined for any other. */
  readonly made?: MadeLine;
}

/** A field line that depends on the request. */
export interface MadeLine {
  /** The name as it is written, a colon and a space. */
  readonly label: Uint8Array;
  readonly value: Template;
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
  if (value !== undefined && !isFieldText(value)) {
    throw new SyntaxError(
      `Cannot use the field rule "${text}": control or non-Latin-1 characters`,
    );
  }
  if (isOurs(name)) {
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
 * Reads a rule by the name of a header: a text sets it, null removes it, and a name that
 * begins with `+` adds one. Texts are templates.
 *
 * @throws {SyntaxError} if the name is none, or is one that sluice itself must write; if
 *   the template cannot be read, or the value be none of a field.
 */
export function fieldRuleOf(key: string, value: string | null): FieldRule {
  const isAdd = key.startsWith("+");
  const name = isAdd ? key.slice(1) : key;
  if (!isToken(name)) {
    throw new SyntaxError(`Cannot use the header "${key}": it is no name`);
  }
  if (isOurs(name)) {
    const hint = name.toLowerCase() === "host" ? '; see "host"' : "";
    throw new SyntaxError(
      `Cannot use the header "${key}": sluice writes ${name} itself${hint}`,
    );
  }
  const base = { name: name.toLowerCase(), folded: foldedName(name) };
  if (value === null) {
    if (!isAdd) return { ...base, action: "remove", line: new Uint8Array(0) };
    throw new SyntaxError(
      `Cannot use the header "${key}": to remove it, leave out the +`,
    );
  }
  const template = parseTemplate(trimmed(value));
  if (!isFieldText(template.source)) {
    throw new SyntaxError(
      `Cannot use the value of "${key}": control or non-Latin-1 characters`,
    );
  }
  const action = isAdd ? "add" : "set";
  const text = staticText(template);
  return text === undefined
    ? {
      ...{ ...base, action, line: new Uint8Array(0) },
      made: { label: bytesOf(`${name}: `), value: template },
    }
    : { ...base, action, line: bytesOf(`${name}: ${text}\r\n`) };
}

/** Whether sluice itself must write the field: what delimits messages or concerns one connection, and `Host`. */
export function isOurs(name: string): boolean {
  const id = fieldIdOf(name);
  return id === FIELD.Host ||
    (FIELD_FLAGS[id]! & (FRAMING | HOP_BY_HOP)) !== 0;
}

/** Writes the lines that rules set or add. */
export function writeFieldRules(
  out: ByteWriter,
  rules: readonly FieldRule[],
  facts: TemplateFacts,
): void {
  for (const { line, made } of rules) {
    if (made === undefined) out.append(line);
    else {
      out.append(made.label);
      out.text(`${fieldValueOf(made.value, facts)}\r\n`);
    }
  }
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
  return rules.some((rule) => overrules(rule) && rule.name === name);
}

/** The same of the `index`th line of a section: without strings. */
export function isLineRuledOut(
  rules: readonly FieldRule[],
  fields: FieldSection,
  index: number,
): boolean {
  for (const rule of rules) {
    if (overrules(rule) && fields.nameIs(index, rule.name)) return true;
  }
  return false;
}

/** Whether a rule has a name of this length: no other can look like it. */
export function hasNameOfLength(
  rules: readonly FieldRule[],
  length: number,
): boolean {
  for (const { name } of rules) if (name.length === length) return true;
  return false;
}

/** Whether a rule replaces or removes them, or the name looks like that of a rule. */
export function isRuledOutByLook(
  rules: readonly FieldRule[],
  name: string,
): boolean {
  const folded = foldedName(name);
  return rules.some((rule) =>
    rule.folded === folded && (overrules(rule) || rule.name !== name)
  );
}

function overrules({ action }: FieldRule): boolean {
  return action === "set" || action === "remove";
}
