/** The coding that the origin is asked for on a client's behalf, where its response may be stored. */

import { askedCoding } from "../coding/negotiate.ts";
import { FIELD } from "../http/field.ts";
import { ReadValues } from "../http/read_values.ts";
import type { FieldSection } from "../http/section.ts";

/** By `Accept-Encoding`: clients send few. */
const asked = new ReadValues(askedCoding, 256, 128);

/** In place of the request's `Accept-Encoding`; undefined to send it as it came. */
export function codingAsked(request: FieldSection): string | undefined {
  return request.meaning(FIELD.AcceptEncoding, asked);
}
