/**
 * Which of several stored responses a request selects: `Vary` (RFC 9111 §4.1, pure).
 */

import { FIELD } from "../http/field.ts";
import type { FieldSection } from "../http/section.ts";

/** One field that a response varies on, and what the request for it said. */
export interface Selecting {
  /** The name in lower case. */
  readonly name: string;
  /** The normalised value; undefined if the request did not have the field. */
  readonly value: string | undefined;
}

/** Request fields whose values are lists of words in which case and whitespace mean nothing. */
const CASELESS_LISTS: ReadonlySet<string> = new Set([
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
]);

/** What a response varies on, read from its own `Vary` and the request that it answers. */
export function selectingFields(
  response: FieldSection,
  request: FieldSection,
): readonly Selecting[] {
  const vary = response.text(FIELD.Vary);
  if (vary === undefined) return [];
  const names = new Set(
    vary.toLowerCase().split(",").map((name) => name.trim()),
  );
  names.delete("");
  return [...names].sort().map((name) => ({
    name,
    value: normalisedValue(request, name),
  }));
}

/** Whether a request selects the response that was stored with these. */
export function selects(
  selecting: readonly Selecting[],
  request: FieldSection,
): boolean {
  for (const { name, value } of selecting) {
    if (normalisedValue(request, name) !== value) return false;
  }
  return true;
}

/** Whether two stored responses are selected by the same requests. */
export function isSameSelection(
  a: readonly Selecting[],
  b: readonly Selecting[],
): boolean {
  return a.length === b.length &&
    a.every(({ name, value }, i) =>
      name === b[i]!.name && value === b[i]!.value
    );
}

/**
 * A field's value with what means nothing taken out: several lines are one list,
 * and in a list whitespace around commas, and in the negotiation fields case and
 * all other whitespace, have no meaning.
 */
function normalisedValue(
  fields: FieldSection,
  name: string,
): string | undefined {
  let text: string | undefined;
  for (let i = 0; i < fields.count; i++) {
    if (fields.nameEnd(i) - fields.nameStart(i) !== name.length) continue;
    if (fields.nameText(i).toLowerCase() !== name) continue;
    const value = fields.valueText(i);
    text = text === undefined ? value : `${text},${value}`;
  }
  if (text === undefined) return undefined;
  if (!CASELESS_LISTS.has(name)) return text.replace(/[\t ]*,[\t ]*/g, ",");
  return text.toLowerCase().replace(/[\t ]+/g, "").split(",")
    .filter((member) => member !== "").sort().join(",");
}
