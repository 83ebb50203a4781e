/**
 * The `Connection` field: what it asks of this connection, and which other
 * fields it nominates as hop-by-hop (RFC 9110 §7.6.1, RFC 9112 §9.3).
 */

import { FIELD, FIELD_FLAGS, HOP_BY_HOP, PROTECTED } from "./field.ts";
import { ByteWriter } from "./byte_writer.ts";
import { COMMA, equalsToken, isWhitespace, TOKEN } from "./bytes.ts";
import type { FieldSection } from "./section.ts";

/** The option `close`. */
export const CLOSE = 1 << 0;
/** The option `keep-alive`. */
export const KEEP_ALIVE = 1 << 1;
/** The option `upgrade`. */
export const UPGRADE = 1 << 2;
/** The option `te`. */
export const TE = 1 << 3;
/** Another option, which may be the name of a field. */
export const NOMINATES = 1 << 4;

/**
 * The options of all `Connection` lines, as a union of this module's flags; the
 * lines of the section that they nominate are found on the way.
 */
export function connectionOptions(fields: FieldSection): number {
  const { bytes } = fields;
  let options = 0;
  for (
    let line = fields.first(FIELD.Connection);
    line >= 0;
    line = fields.next(FIELD.Connection, line)
  ) {
    const start = fields.valueStart(line);
    const end = fields.valueEnd(line);
    const whole = optionOf(bytes, start, end);
    // Mostly it is one well-known option: there is no list to walk.
    options |= whole === NOMINATES ? optionsOf(bytes, start, end) : whole;
  }
  if ((options & NOMINATES) !== 0) {
    markNominated(fields, connectionMembers(fields));
  }
  return options;
}

/** The options of a list; apart, because a closure costs its function on each call. */
function optionsOf(bytes: Uint8Array, start: number, end: number): number {
  let options = 0;
  forEachMember(bytes, start, end, (from, to) => {
    options |= optionOf(bytes, from, to);
  });
  return options;
}

function optionOf(bytes: Uint8Array, start: number, end: number): number {
  if (equalsToken(bytes, start, end, "close")) return CLOSE;
  if (equalsToken(bytes, start, end, "keep-alive")) return KEEP_ALIVE;
  if (equalsToken(bytes, start, end, "upgrade")) return UPGRADE;
  if (equalsToken(bytes, start, end, "te")) return TE;
  return NOMINATES;
}

/**
 * Whether `Connection` rightly nominates the field of line `index`, of a section
 * whose {@linkcode connectionOptions} have been read.
 *
 * A protected field cannot be nominated: it is meant for every recipient
 * (RFC 9110 §7.6.1), and removing it would change routing, framing, access or
 * caching on the way.
 */
export function isNominated(fields: FieldSection, index: number): boolean {
  return fields.isMarked(index);
}

/** The members of all `Connection` lines, as one list. */
export function connectionMembers(fields: FieldSection): Uint8Array {
  const list = new ByteWriter(256);
  for (
    let line = fields.first(FIELD.Connection);
    line >= 0;
    line = fields.next(FIELD.Connection, line)
  ) {
    list.copy(fields.bytes, fields.valueStart(line), fields.valueEnd(line));
    list.byte(COMMA);
  }
  return list.view();
}

/**
 * Marks the lines of a section that a list of {@linkcode connectionMembers}
 * nominates: of the head that it stands in, or of the trailer section that follows.
 *
 * Both can be as long as the peer likes. Each member is looked up by binary search
 * among the sorted names, which takes logarithmic time for any names: a peer could
 * make a hash of them collide.
 */
export function markNominated(fields: FieldSection, list: Uint8Array): void {
  const lines = nominable(fields);
  if (lines.length === 0) return;
  forEachMember(list, 0, list.length, (start, end) => {
    let from = 0;
    let to = lines.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const isBefore =
        compareName(fields, lines[middle]!, list, start, end) < 0;
      if (isBefore) from = middle + 1;
      else to = middle;
    }
    // Lines of one name stand together: once marked, they are all marked.
    for (; from < lines.length; from++) {
      const index = lines[from]!;
      if (fields.isMarked(index)) return;
      if (compareName(fields, index, list, start, end) !== 0) return;
      fields.mark(index);
    }
  });
}

/** The lines whose fields can be nominated, in the order of their names. */
function nominable(fields: FieldSection): number[] {
  const lines: number[] = [];
  for (let i = 0; i < fields.count; i++) {
    const flags = FIELD_FLAGS[fields.id(i)]!;
    if ((flags & PROTECTED) === 0 || (flags & HOP_BY_HOP) !== 0) lines.push(i);
  }
  return lines.sort((a, b) =>
    compareName(fields, a, fields.bytes, fields.nameStart(b), fields.nameEnd(b))
  );
}

/** How the name of line `index` compares to `bytes[start, end)`, in any case: below 0 if it comes before. */
function compareName(
  fields: FieldSection,
  index: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const nameStart = fields.nameStart(index);
  const length = fields.nameEnd(index) - nameStart;
  if (length !== end - start) return length - (end - start);
  for (let i = 0; i < length; i++) {
    const difference = TOKEN[fields.bytes[nameStart + i]!]! -
      TOKEN[bytes[start + i]!]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Calls `visit` for each non-empty member of the list `bytes[listStart, listEnd)`. */
function forEachMember(
  bytes: Uint8Array,
  listStart: number,
  listEnd: number,
  visit: (start: number, end: number) => void,
): void {
  let at = listStart;
  while (at < listEnd) {
    while (at < listEnd && (bytes[at] === COMMA || isWhitespace(bytes[at]))) {
      at++;
    }
    const start = at;
    while (at < listEnd && bytes[at] !== COMMA) at++;
    let end = at;
    while (end > start && isWhitespace(bytes[end - 1])) end--;
    if (end > start) visit(start, end);
  }
}

/**
 * Whether the sender of a message with these options keeps its connection open
 * after it (RFC 9112 §9.3).
 */
export function persists(options: number, minorVersion: number): boolean {
  if ((options & CLOSE) !== 0) return false;
  return minorVersion >= 1 || (options & KEEP_ALIVE) !== 0;
}
