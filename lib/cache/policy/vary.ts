/**
 * Which of several stored responses a request selects: `Vary` (RFC 9111 §4.1, pure).
 *
 * What selects is what the origin saw: the fields of the request as it goes on, not
 * as the client sent it. Hardly anything is taken to be equal that differs in a byte:
 * origins do read the order of languages and the spaces between words.
 */

import { isToken } from "../../http/bytes.ts";
import {
  CLIENT_ADDRESS,
  CONDITIONAL,
  FIELD,
  FIELD_FLAGS,
  fieldIdOf,
  foldedName,
  FORWARDING,
} from "../../http/field.ts";
import { compactList } from "../../http/list.ts";
import type { FieldSection } from "../../http/section.ts";

/** A request, as the client sent it and as the origin gets it. */
export interface SelectingRequest {
  /** The fields as the client sent them. */
  readonly fields: FieldSection;
  /** Whether the origin gets the lines of a field, or something that only they decide. */
  isOwn(id: number, folded: string): boolean;
  /** Whether the origin gets a field that one like CGI would read as the one called `name`. */
  hasLookAlike(name: string, id: number, folded: string): boolean;
  /** The {@linkcode selectingValue} of a field, by its name in lower case; undefined if the origin does not get it. */
  value(name: string, id: number): string | undefined;
}

/** One field that a response varies on, and what the request for it said. */
export interface Selecting {
  /** The name in lower case. */
  readonly name: string;
  /** Its number, or `FIELD.Other`. */
  readonly id: number;
  /** The name as {@linkcode foldedName} has it. */
  readonly folded: string;
  /** The bytes of the client's one line; undefined if it had none or several, or the origin got something else. */
  readonly bytes: Uint8Array | undefined;
  /** The value that the origin got, as far as it means something; undefined if it did not get the field. */
  readonly value: string | undefined;
}

/** Fields that a response can vary on; more are an origin's mistake, and cost each request. */
const SELECTING_MAX = 16;
const NOTHING: readonly Selecting[] = [];

/**
 * What a response varies on, read from its own `Vary` and the request that it
 * answers; undefined if no request can be known to select it: it varies on `*`, on
 * what is not the same for everyone who gets the response or on what is no name of a
 * field, or the request had a look-alike of such a field, which the origin may have
 * read as the field itself.
 *
 * @param variesOnCoding Whether it varies on `Accept-Encoding`, even if it does not say so.
 */
export function selectingFields(
  response: FieldSection,
  request: SelectingRequest,
  variesOnCoding = false,
): readonly Selecting[] | undefined {
  const vary = response.text(FIELD.Vary);
  if (vary === undefined && !variesOnCoding) return NOTHING;
  const names = new Set(
    vary?.toLowerCase().split(",").map((name) => name.trim()),
  );
  names.delete("");
  if (variesOnCoding) names.add("accept-encoding");
  if (names.size > SELECTING_MAX) return undefined;
  const selecting: Selecting[] = [];
  for (const name of [...names].sort()) {
    if (name === "*" || !isToken(name)) return undefined; // such as `Accept; Cookie`
    const id = fieldIdOf(name);
    if (isInKey(id)) continue;
    if (id === FIELD.Alias || (FIELD_FLAGS[id]! & CONDITIONAL) !== 0) {
      return undefined;
    }
    const folded = foldedName(name);
    if (request.hasLookAlike(name, id, folded)) return undefined;
    selecting.push({
      name,
      id,
      folded,
      bytes: request.isOwn(id, folded)
        ? bytesIn(request.fields, id, name)
        : undefined,
      value: request.value(name, id),
    });
  }
  return selecting;
}

/** The parts of what is stored of a field that a response varies on. */
export function selectingOf(
  name: string,
  bytes: Uint8Array | undefined,
  value: string | undefined,
): Selecting {
  const folded = foldedName(name);
  return { name, id: fieldIdOf(name), folded, bytes, value };
}

/** Whether key and extra key settle what the origin gets in the field. */
function isInKey(id: number): boolean {
  const flags = FIELD_FLAGS[id]! & (FORWARDING | CLIENT_ADDRESS);
  return id === FIELD.Host || flags === FORWARDING && id !== FIELD.Forwarded;
}

/** Whether a request selects the response that was stored with these. */
export function selects(
  selecting: readonly Selecting[],
  request: SelectingRequest,
): boolean {
  for (const field of selecting) {
    const { id, name, folded, value } = field;
    if (request.hasLookAlike(name, id, folded)) return false;
    if (
      hasSameBytes(field, request.fields) && request.isOwn(id, folded)
    ) continue; // the usual case, without strings
    if (request.value(name, id) !== value) return false;
  }
  return true;
}

function bytesIn(
  fields: FieldSection,
  id: number,
  name: string,
): Uint8Array | undefined {
  const line = onlyLine(fields, id, name);
  return line < 0
    ? undefined
    : fields.bytes.slice(fields.valueStart(line), fields.valueEnd(line));
}

function hasSameBytes(
  { name, id, bytes }: Selecting,
  fields: FieldSection,
): boolean {
  if (bytes === undefined) return false;
  const line = onlyLine(fields, id, name);
  if (line < 0) return false;
  const start = fields.valueStart(line);
  if (fields.valueEnd(line) - start !== bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) {
    if (fields.bytes[start + i] !== bytes[i]) return false;
  }
  return true;
}

/** Whether a number stands for many names. */
function isShared(id: number): boolean {
  return id === FIELD.Other || id === FIELD.Odd ||
    id === FIELD.Forwarding || id === FIELD.ForwardingAddress;
}

/** The index of a field's only line; -1 if it has none or several. */
function onlyLine(fields: FieldSection, id: number, name: string): number {
  if (!isShared(id)) return fields.isRepeated(id) ? -1 : fields.first(id);
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
 * What counts of a value that the origin gets. Of fields that may be lists, for all
 * that is known of them, whitespace around the commas is taken out; the case of
 * language tags means nothing (RFC 5646 §2.1.1).
 */
export function selectingValue(
  text: string | undefined,
  name: string,
  id: number,
): string | undefined {
  if (text === undefined || id !== FIELD.Other) return text;
  const list = compactList(text);
  return name === "accept-language" ? list.toLowerCase() : list;
}
