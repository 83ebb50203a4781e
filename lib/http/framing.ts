/**
 * How a message's body is delimited: the one place that reads `Content-Length`
 * and `Transfer-Encoding` (RFC 9112 §6).
 *
 * The eight rules of RFC 9112 §6.3 are followed by number. Where the RFC leaves a
 * gateway a choice, the choice here is the strict one: a request that two parsers
 * could frame differently is refused, since either reading helps smuggling (§11.2).
 */

import { HttpError } from "./error.ts";
import { FIELD } from "./field.ts";
import { trimmed } from "./list.ts";
import { METHOD } from "./method.ts";
import { isToken, parseDecimal } from "./bytes.ts";
import type { FieldSection } from "./section.ts";

/**
 * How long a body is: `none`, a number of bytes, chunked, or (responses only)
 * until the connection closes, or no message any more but a tunnel.
 *
 * `length` counts bytes for `"length"`, and is 0 for the rest.
 */
export interface Framing {
  /** What delimits it. */
  readonly kind: "none" | "length" | "chunked" | "close" | "tunnel";
  /** Bytes, if they are known beforehand. */
  readonly length: number;
  /** Both lengths were given: what follows on this connection cannot be trusted. */
  readonly suspect: boolean;
}

/** No body. */
export const NO_BODY: Framing = { kind: "none", length: 0, suspect: false };
const CHUNKED: Framing = { kind: "chunked", length: 0, suspect: false };
const CHUNKED_SUSPECT: Framing = { kind: "chunked", length: 0, suspect: true };
const UNTIL_CLOSE: Framing = { kind: "close", length: 0, suspect: false };
const TUNNEL: Framing = { kind: "tunnel", length: 0, suspect: false };

/**
 * Frames a request.
 *
 * @param minorVersion The 1 of HTTP/1.1.
 * @throws {HttpError} `bad_framing`: the lengths disagree, repeat or are malformed,
 *   or a transfer coding in HTTP/1.0; `not_implemented`: a transfer coding other
 *   than chunked.
 */
export function frameRequest(
  fields: FieldSection,
  minorVersion: number,
): Framing {
  // 1., 2. and 8. concern responses.
  if (fields.has(FIELD.TransferEncoding)) {
    if (minorVersion === 0) throw badFraming("Transfer-Encoding in HTTP/1.0"); // §6.1
    if (fields.has(FIELD.ContentLength)) { // 3.
      throw badFraming("Transfer-Encoding beside Content-Length");
    }
    requireChunked(fields); // 4.
    return CHUNKED;
  }
  if (fields.has(FIELD.ContentLength)) return byLength(fields); // 5., 6.
  return NO_BODY; // 7.
}

/**
 * Frames a response.
 *
 * @param status The final or interim status code.
 * @param requestMethod The number of the method that it answers.
 * @throws {HttpError} As {@linkcode frameRequest}; the caller says that the origin
 *   is at fault.
 */
export function frameResponse(
  fields: FieldSection,
  minorVersion: number,
  status: number,
  requestMethod: number,
): Framing {
  if (status === 101) return TUNNEL;
  // 1. A length may be given, and says nothing of this message.
  if (
    requestMethod === METHOD.Head || status < 200 || status === 204 ||
    status === 304
  ) {
    return NO_BODY;
  }
  // 2. CONNECT is never forwarded.
  if (fields.has(FIELD.TransferEncoding)) {
    if (minorVersion === 0) throw badFraming("Transfer-Encoding in HTTP/1.0"); // §6.1
    requireChunked(fields); // 4. Other codings are never asked for: sluice sends no TE but trailers.
    return fields.has(FIELD.ContentLength) ? CHUNKED_SUSPECT : CHUNKED; // 3.
  }
  if (fields.has(FIELD.ContentLength)) return byLength(fields); // 5., 6.
  // 7. concerns requests.
  return UNTIL_CLOSE; // 8.
}

function byLength(fields: FieldSection): Framing {
  if (fields.isRepeated(FIELD.ContentLength)) {
    throw badFraming("More than one Content-Length");
  }
  const length = contentLength(fields);
  if (length < 0) throw badFraming("Malformed Content-Length");
  return length === 0 ? NO_BODY : { kind: "length", length, suspect: false };
}

/** The value of the first `Content-Length` line (RFC 9110 §8.6); -1 if malformed or missing. */
export function contentLength(fields: FieldSection): number {
  const line = fields.first(FIELD.ContentLength);
  if (line < 0) return -1;
  return parseDecimal(
    fields.bytes,
    fields.valueStart(line),
    fields.valueEnd(line),
  );
}

/**
 * Refuses every `Transfer-Encoding` but one line that is exactly `chunked` (RFC 9112 §6.1, §7.1).
 *
 * A well-formed list with some other coding is `not_implemented`; what could be
 * read in two ways (repeated, not final, with parameters) is `bad_framing`.
 */
function requireChunked(fields: FieldSection): void {
  if (fields.isRepeated(FIELD.TransferEncoding)) {
    throw badFraming("More than one Transfer-Encoding");
  }
  const line = fields.first(FIELD.TransferEncoding);
  if (fields.valueIs(line, "chunked")) return;
  const codings = fields.valueText(line).toLowerCase().split(",").map(trimmed);
  const chunked = codings.indexOf("chunked");
  if (
    !codings.every(isToken) || (chunked >= 0 && chunked !== codings.length - 1)
  ) {
    throw badFraming("Malformed Transfer-Encoding");
  }
  throw new HttpError("not_implemented", "Transfer coding other than chunked");
}

function badFraming(detail: string): HttpError {
  return new HttpError("bad_framing", detail);
}
