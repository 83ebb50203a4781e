/** The coding that the origin is asked for on a client's behalf, where its response may be stored. */

import { askedCoding } from "../coding/negotiate.ts";
import { FIELD } from "../http/field.ts";
import type { FieldSection } from "../http/section.ts";

/** Values of `Accept-Encoding` whose outcome is remembered: clients send few. */
const REMEMBERED_MAX = 256;
const REMEMBERED_LENGTH_MAX = 128;

const remembered = new Map<string, string | undefined>();

/** In place of the request's `Accept-Encoding`; undefined to send it as it came. */
export function codingAsked(request: FieldSection): string | undefined {
  const text = request.text(FIELD.AcceptEncoding);
  if (text === undefined) return undefined;
  if (remembered.has(text)) return remembered.get(text);
  const coding = askedCoding(text);
  if (
    remembered.size < REMEMBERED_MAX && text.length <= REMEMBERED_LENGTH_MAX
  ) {
    remembered.set(text, coding);
  }
  return coding;
}
