/**
 * What is settled before anything is sent (pure): requests that are refused, that
 * are meant for this hop, and how the others are forwarded.
 */

import { UPGRADE } from "../http/connection.ts";
import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import { listMembers } from "../http/list.ts";
import { METHOD } from "../http/method.ts";
import { isToken, parseDecimal } from "../http/bytes.ts";
import type { RequestHead } from "../http/request_head.ts";
import { takesMaxForwards } from "../head/origin_request.ts";
import type { ForwardingPlan } from "../head/forwarding.ts";

/** How often a request may have passed a sluice before it is taken to go in circles. */
const OWN_HOPS_MAX = 8;
/** Names of protocols that a client may not switch to: they would carry requests past the proxy. */
const REFUSED_PROTOCOL = /^(?:h2c?(?:-\d+)?|tls|http)$/i;

/** What is to be done with a request. */
export type Admission = ForwardingPlan | "answer";

const PLAIN: ForwardingPlan = { maxForwards: -1, upgrade: "" };

/**
 * Decides whether a request is forwarded, and how.
 *
 * @param contentBytesMax Bytes of content that a request may have.
 * @returns `answer` if the request is meant for this hop; how to forward it if not.
 * @throws {HttpError} `not_implemented`, `expectation_failed`, `content_too_large`,
 *   `bad_content`, `bad_field_line`, `loop_detected`.
 */
export function admit(
  request: RequestHead,
  contentBytesMax: number,
): Admission {
  const { fields, method, framing } = request;
  if (method === METHOD.Connect) {
    throw new HttpError("not_implemented", "CONNECT");
  }
  if (framing.length > contentBytesMax) {
    throw new HttpError(
      "content_too_large",
      `Content of ${framing.length} bytes`,
    );
  }
  if (fields.has(FIELD.Expect)) checkExpectation(request);
  if (fields.has(FIELD.Via)) checkLoop(fields.text(FIELD.Via)!);
  if (method === METHOD.Trace && framing.kind !== "none") {
    throw new HttpError("bad_content", "TRACE with content"); // RFC 9110 §9.3.8
  }
  const maxForwards = takesMaxForwards(method) ? readMaxForwards(request) : -1;
  if (maxForwards === 0) return "answer";
  const upgrade = requestedProtocols(request);
  if (maxForwards < 0 && upgrade === "") return PLAIN;
  return { maxForwards: maxForwards - 1, upgrade };
}

/** RFC 9110 §10.1.1: one expectation is defined; HTTP/1.0 clients cannot have any. */
function checkExpectation(request: RequestHead): void {
  if (request.minorVersion === 0) return;
  if (request.fields.text(FIELD.Expect)!.toLowerCase() !== "100-continue") {
    throw new HttpError(
      "expectation_failed",
      "An expectation other than 100-continue",
    );
  }
}

/** RFC 9110 §7.6.3: a request that came through here often is going in circles. */
function checkLoop(via: string): void {
  const hops = via.match(
    /(?:^|[\s,])(?:HTTP\/)?1\.[01][ \t]+sluice(?=$|[\s,(])/gi,
  );
  if (hops !== null && hops.length >= OWN_HOPS_MAX) {
    throw new HttpError(
      "loop_detected",
      `Passed a sluice ${hops.length} times`,
    );
  }
}

/** Whether `Max-Forwards` says that the request goes no further (RFC 9110 §7.6.2). */
export function hasNoHopsLeft(
  { fields }: Pick<RequestHead, "fields">,
): boolean {
  return fields.text(FIELD.MaxForwards) === "0";
}

/** The value of `Max-Forwards` (RFC 9110 §7.6.2); -1 if there is none. */
function readMaxForwards({ fields }: RequestHead): number {
  const line = fields.first(FIELD.MaxForwards);
  if (line < 0) return -1;
  const value = parseDecimal(
    fields.bytes,
    fields.valueStart(line),
    fields.valueEnd(line),
  );
  if (value < 0 || fields.isRepeated(FIELD.MaxForwards)) {
    throw new HttpError("bad_field_line", "Malformed Max-Forwards");
  }
  return value;
}

/**
 * The protocols to which the wish to switch is passed on (RFC 9110 §7.8); empty for
 * none. It is passed on by the connection's own word, from HTTP/1.1, and with content
 * only if its length is known: what comes behind it belongs to the new protocol.
 */
function requestedProtocols(request: RequestHead): string {
  const { fields, framing, options, minorVersion } = request;
  if ((options & UPGRADE) === 0 || !fields.has(FIELD.Upgrade)) return "";
  if (minorVersion === 0 || framing.kind === "chunked") return "";
  return listMembers(fields.text(FIELD.Upgrade)!).filter(mayPass).join(", ");
}

/** Whether it is `protocol-name ["/" protocol-version]`, and one that a client may switch to. */
function mayPass(protocol: string): boolean {
  const [name = "", ...version] = protocol.split("/");
  return isToken(name) && !REFUSED_PROTOCOL.test(name) &&
    version.length <= 1 && version.every(isToken);
}

/**
 * Whether a 101 answers a wish that was passed on: it names protocols that the
 * origin was asked for, and no others (RFC 9110 §15.2.2).
 */
export function answersUpgrade(requested: string, granted: string): boolean {
  const protocols = new Set(listMembers(requested.toLowerCase()));
  const members = listMembers(granted.toLowerCase());
  return members.length > 0 &&
    members.every((protocol) => protocols.has(protocol));
}
