/**
 * Which of several stored responses a request selects: `Vary` (RFC 9111 §4.1, pure).
 */

import { FIELD, fieldIdOf } from "../http/field.ts";
import { trimmed } from "../http/list.ts";
import type { FieldSection } from "../http/section.ts";

/** One field that a response varies on, and what the request for it said. */
export interface Selecting {
  /** The name in lower case. */
  readonly name: string;
  /** Its number, or `FIELD.Other`. */
  readonly id: number;
  /** The octets of its one line; undefined if the request had none or several. */
  readonly octets: Uint8Array | undefined;
  /** The normalised value; undefined if the request did not have the field. */
  readonly value: string | undefined;
}

/** Fields that a response can vary on; more are an origin's mistake, and cost each request. */
const SELECTING_MAX = 16;

/** Request fields whose values are lists of words in which case and whitespace mean nothing. */
const CASELESS_LISTS: ReadonlySet<string> = new Set([
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
]);

/**
 * What a response varies on, read from its own `Vary` and the request that it
 * answers; undefined if no request can be known to select it (`*`).
 */
export function selectingFields(
  response: FieldSection,
  request: FieldSection,
): readonly Selecting[] | undefined {
  const vary = response.text(FIELD.Vary);
  if (vary === undefined) return [];
  const names = new Set(
    vary.toLowerCase().split(",").map((name) => name.trim()),
  );
  names.delete("");
  if (names.has("*") || names.size > SELECTING_MAX) return undefined;
  return [...names].sort().map((name) => {
    const id = fieldIdOf(name);
    const line = onlyLine(request, id, name);
    return {
      name,
      id,
      octets: line < 0
        ? undefined
        : request.bytes.slice(request.valueStart(line), request.valueEnd(line)),
      value: normalisedValue(request, name),
    };
  });
}

/** Whether a request selects the response that was stored with these. */
export function selects(
  selecting: readonly Selecting[],
  request: FieldSection,
): boolean {
  for (const field of selecting) {
    if (hasSameOctets(field, request)) continue; // the usual case, without strings
    if (normalisedValue(request, field.name) !== field.value) return false;
  }
  return true;
}

function hasSameOctets(
  { name, id, octets }: Selecting,
  request: FieldSection,
): boolean {
  if (octets === undefined) return false;
  const line = onlyLine(request, id, name);
  if (line < 0) return false;
  const start = request.valueStart(line);
  if (request.valueEnd(line) - start !== octets.length) return false;
  for (let i = 0; i < octets.length; i++) {
    if (request.bytes[start + i] !== octets[i]) return false;
  }
  return true;
}

/** The index of a field's only line; -1 if it has none or several. */
function onlyLine(fields: FieldSection, id: number, name: string): number {
  if (id !== FIELD.Other) return fields.isRepeated(id) ? -1 : fields.first(id);
  let found = -1;
  for (let i = 0; i < fields.count; i++) {
    if (!fields.nameIs(i, name)) continue;
    if (found >= 0) return -1;
    found = i;
  }
  return found;
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
  const text = fieldText(fields, name);
  if (text === undefined) return undefined;
  if (!CASELESS_LISTS.has(name)) return text.split(",").map(trimmed).join(",");
  return text.toLowerCase().replace(/[\t ]+/g, "").split(",")
    .filter((member) => member !== "").sort().join(",");
}

/** The value of the field with this name, in lower case, registered or not; its lines joined with commas. */
export function fieldText(
  fields: FieldSection,
  name: string,
): string | undefined {
  let text: string | undefined;
  for (let i = 0; i < fields.count; i++) {
    if (!fields.nameIs(i, name)) continue;
    const value = fields.valueText(i);
    text = text === undefined ? value : `${text}, ${value}`;
  }
  return text;
}
