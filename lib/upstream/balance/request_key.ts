/** What a request is hashed by (pure). */

import { textOf } from "../../http/bytes.ts";
import { FIELD } from "../../http/field.ts";
import { trimmed } from "../../http/list.ts";
import { namedText } from "../../http/named_field.ts";
import type { RequestHead } from "../../http/request_head.ts";
import { hashOfText } from "./consistent_hash.ts";

/** `client`, `uri`, `header:name` or `cookie:name`. */
export type HashBy = string;

/**
 * The hash of what a request is hashed by; undefined if it does not have that.
 *
 * @param client The client's IP address; empty if it is not known.
 */
export function requestKey(
  by: HashBy,
  request: RequestHead,
  client: string,
): number | undefined {
  const text = keyText(by, request, client);
  return text === undefined || text === "" ? undefined : hashOfText(text);
}

function keyText(
  by: HashBy,
  request: RequestHead,
  client: string,
): string | undefined {
  const { bytes, target, targetEnd } = request;
  if (by === "client") return client;
  if (by === "uri") return textOf(bytes, target.pathStart, targetEnd);
  const [kind, name = ""] = by.split(/:(.*)/s);
  return kind === "cookie"
    ? cookieOf(request, name)
    : namedText(request.fields, name.toLowerCase());
}

/** The value of the first cookie with a name; undefined if there is none. */
export function cookieOf(
  { fields }: RequestHead,
  name: string,
): string | undefined {
  let line = fields.first(FIELD.Cookie);
  for (; line >= 0; line = fields.next(FIELD.Cookie, line)) {
    for (const part of fields.valueText(line).split(";")) {
      const equals = part.indexOf("=");
      if (equals >= 0 && trimmed(part.slice(0, equals)) === name) {
        return trimmed(part.slice(equals + 1));
      }
    }
  }
  return undefined;
}
