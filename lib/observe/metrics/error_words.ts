/** What the codes of refusals mean, as sentences for people (pure). */

import type { ErrorCode } from "../../http/error.ts";

/** By code of an error that is not the origin's fault and has a status. */
export const ERROR_WORDS: Readonly<Partial<Record<ErrorCode, string>>> = {
  "bad_request_line": "The request line is malformed.",
  "tls_on_plain_port": "The client spoke TLS on a port for plain HTTP.",
  "bad_target": "The target is neither a path nor a URL.",
  "bad_field_line": "A header line is malformed.",
  "bad_host": "Host is missing, repeated or malformed.",
  "bad_framing": "Where the content ends is ambiguous.",
  "bad_chunk": "The chunks of the content are malformed.",
  "bad_content": "The content is malformed.",
  "request_timeout": "The request did not come in time.",
  "forbidden": "The client may not have this resource.",
  "unauthenticated": "The client did not prove who it is.",
  "auth_refused": "The authentication service refused the request.",
  "too_many_failures": "The client has failed to log in too often.",
  "auth_unavailable": "The authentication service did not answer.",
  "address_refused": "The client's address is not allowed.",
  "maintenance": "Maintenance was on.",
  "not_found": "There is no such file.",
  "method_not_allowed": "The resource does not allow this method.",
  "precondition_failed": "A condition of the request does not hold.",
  "content_too_large": "The content is over its limit.",
  "target_too_long": "The target is over its limit.",
  "expectation_failed":
    "The client expects something that sluice does not support.",
  "misdirected": "The host is not one that this connection is for.",
  "unknown_host": "No host of the configuration has this name.",
  "no_route": "The host has no route for this path.",
  "ambiguous_path": "An origin might read the path in another way.",
  "rate_limited": "The client sends requests too often.",
  "too_many_in_flight": "The client has too many requests under way.",
  "fields_too_large": "The header is over its limit.",
  "not_implemented":
    "The request needs something that sluice does not support.",
  "version_unsupported": "sluice does not support this version of HTTP.",
  "loop_detected": "The request has passed through this sluice before.",
  "not_cached": "The client accepts only a stored response, and there is none.",
  "file_unreadable": "A file could not be read.",
  "no_server": "No server of the upstream is in service.",
};
