/**
 * Trailer sections on their way through: what may be passed on of them.
 *
 * A trailer is a field that comes late, so nothing that is kept out of a head may
 * come back by that way: what concerns one connection, what only a head may say, and
 * what the operator's rules set or remove (RFC 9110 §6.5.1, §7.6.1).
 */

import { markNominated } from "../http/connection.ts";
import {
  FIELD_FLAGS,
  FORWARDING,
  FRAMING,
  HOP_BY_HOP,
  NOT_IN_TRAILERS,
  REQUEST_DROP,
} from "../http/field.ts";
import {
  type FieldRule,
  isRuledOut,
  isRuledOutByLook,
} from "../http/field_rule.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import type { FieldSection } from "../http/section.ts";

const DROPPED = NOT_IN_TRAILERS | HOP_BY_HOP | FRAMING | FORWARDING |
  REQUEST_DROP;

/**
 * Writes the trailer lines of a body that may be passed on.
 *
 * @param rules What is changed in the fields of its head.
 * @param isRequest Whether it is a request's: then look-alikes of what rules concern
 *   are left out as well.
 */
export function writeTrailers(
  out: ByteWriter,
  trailers: FieldSection,
  nominated: Uint8Array | undefined,
  rules: readonly FieldRule[],
  isRequest: boolean,
): void {
  if (nominated !== undefined) markNominated(trailers, nominated);
  for (let i = 0; i < trailers.count; i++) {
    if ((FIELD_FLAGS[trailers.id(i)]! & DROPPED) !== 0) continue;
    if (trailers.isMarked(i)) continue;
    const name = trailers.nameText(i).toLowerCase();
    const isLeftOut = isRequest
      ? isRuledOutByLook(rules, name)
      : isRuledOut(rules, name);
    if (isLeftOut) continue;
    trailers.writeLine(out, i);
  }
}
