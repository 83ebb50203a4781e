/**
 * The `Connection` field: what it asks of this connection, and which other
 * fields it nominates as hop-by-hop (RFC 9110 §7.6.1, RFC 9112 §9.3).
 */

import { FIELD, FIELD_FLAGS, HOP_BY_HOP, PROTECTED } from "./field.ts";
import { COMMA, equalsToken, isWhitespace, TOKEN } from "./octets.ts";
import type { FieldSection } from "./section.ts";

/** The option `close`. */
export const CLOSE = 1 << 0;
/** The option `keep-alive`. */
export const KEEP_ALIVE = 1 << 1;
/** The option `upgrade`. */
export const UPGRADE = 1 << 2;
/** The option `te`. */
export const TE = 1 << 3;
/** Some other option: possibly the name of a field. */
export const NOMINATES = 1 << 4;

/** The options of all `Connection` lines, as a union of this module's flags. */
export function connectionOptions(fields: FieldSection): number {
  let options = 0;
  for (
    let line = fields.first(FIELD.Connection);
    line >= 0;
    line = fields.next(FIELD.Connection, line)
  ) {
    const whole = optionOf(
      fields.bytes,
      fields.valueStart(line),
      fields.valueEnd(line),
    );
    if (whole !== NOMINATES) {
      options |= whole; // one well-known option: no list to walk
      continue;
    }
    forEachMember(fields, line, (start, end) => {
      options |= optionOf(fields.bytes, start, end);
      return false;
    });
  }
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
 * Whether `Connection` rightly nominates the field of line `index`.
 *
 * A protected field cannot be nominated: it is meant for every recipient
 * (RFC 9110 §7.6.1), and striking it would change routing, framing, access or
 * caching on the way.
 */
export function isNominated(fields: FieldSection, index: number): boolean {
  const flags = FIELD_FLAGS[fields.id(index)]!;
  if ((flags & PROTECTED) !== 0 && (flags & HOP_BY_HOP) === 0) return false;
  const { bytes } = fields;
  const nameStart = fields.nameStart(index);
  const nameEnd = fields.nameEnd(index);
  for (
    let line = fields.first(FIELD.Connection);
    line >= 0;
    line = fields.next(FIELD.Connection, line)
  ) {
    const found = forEachMember(fields, line, (start, end) => {
      if (end - start !== nameEnd - nameStart) return false;
      for (let i = 0; i < end - start; i++) {
        if (TOKEN[bytes[start + i]!] !== TOKEN[bytes[nameStart + i]!]) {
          return false;
        }
      }
      return true;
    });
    if (found) return true;
  }
  return false;
}

/** Calls `visit` for each non-empty member of a line's list until it returns true. */
function forEachMember(
  fields: FieldSection,
  line: number,
  visit: (start: number, end: number) => boolean,
): boolean {
  const { bytes } = fields;
  const valueEnd = fields.valueEnd(line);
  let at = fields.valueStart(line);
  while (at < valueEnd) {
    while (at < valueEnd && (bytes[at] === COMMA || isWhitespace(bytes[at]))) {
      at++;
    }
    const start = at;
    while (at < valueEnd && bytes[at] !== COMMA) at++;
    let end = at;
    while (end > start && isWhitespace(bytes[end - 1])) end--;
    if (end > start && visit(start, end)) return true;
  }
  return false;
}

/**
 * Whether the sender of a message with these options keeps its connection open
 * after it (RFC 9112 §9.3).
 */
export function persists(options: number, minorVersion: number): boolean {
  if ((options & CLOSE) !== 0) return false;
  return minorVersion >= 1 || (options & KEEP_ALIVE) !== 0;
}
