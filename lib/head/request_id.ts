/** The id of a request: the header that carries it, and which peers may set it (pure). */

import { isNominated } from "../http/connection.ts";
import type { RequestHead } from "../http/request_head.ts";
import { isToken } from "../http/bytes.ts";
import { type FieldRule, resolveFieldRules } from "../http/field_rule.ts";
import { foldedName } from "../http/field.ts";

/** Bytes of an id that is taken over: longer than any that is in use, short enough for every log. */
const ID_BYTES_MAX = 128;

/**
 * The id that a request came with, which counts only if its sender is trusted.
 *
 * @param name The header's name in lower case.
 * @returns Empty if it has none or several, or one that is no token of at most 128 bytes.
 */
export function sentRequestId(
  { fields }: RequestHead,
  name: string,
): string {
  let id = "";
  for (let line = 0; line < fields.count; line++) {
    if (!fields.nameIs(line, name) || isNominated(fields, line)) continue;
    const length = fields.valueEnd(line) - fields.valueStart(line);
    if (id !== "" || length > ID_BYTES_MAX) return "";
    id = fields.valueText(line);
    if (!isToken(id)) return "";
  }
  return id;
}

/**
 * A route's rules with one more, before which those for the same header give way:
 * whatever carries its name goes. The line with the id is written for each message.
 */
export function withoutOtherIds(
  rules: readonly FieldRule[],
  name: string | undefined,
): readonly FieldRule[] {
  if (name === undefined) return rules;
  const removal: FieldRule = {
    action: "remove",
    name: name.toLowerCase(),
    folded: foldedName(name),
    line: new Uint8Array(0),
  };
  const others = rules.filter((rule) => rule.name !== removal.name);
  return resolveFieldRules([...others, removal]);
}

/**
 * Makes ids: what no other thread or process has, and a count. That costs less than
 * a random id each, and ids of one thread sort by time. They are no secret: whoever
 * has one can guess the next.
 */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  /** @param prefix What is random: a token. */
  constructor(prefix: string) {
    this.#prefix = `${prefix}-`;
  }

  /** The next one. */
  next(): string {
    return this.#prefix + (++this.#count).toString(36);
  }
}
