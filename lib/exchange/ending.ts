/** How an exchange ended, in the words of the table of closes (pure). */

import type { ErrorCode } from "../http/error.ts";
import type { CloseReason } from "../reasons/close.ts";

/** How an exchange ended: `ok` if its response, whatever it said, came from where it should and is whole. */
export type Ending = CloseReason | "ok";

/** By error: how its exchange ends, and its connection, if it is closed for it. */
const ENDINGS = {
  bad_request_line: "bad_request",
  tls_on_plain_port: "bad_request",
  bad_target: "bad_request",
  bad_field_line: "bad_request",
  bad_host: "bad_request",
  bad_framing: "bad_request",
  bad_chunk: "bad_request",
  bad_content: "bad_request",
  request_timeout: "timeout_body",
  forbidden: "refused",
  unauthenticated: "refused",
  auth_refused: "refused",
  too_many_failures: "refused",
  auth_unavailable: "overloaded",
  address_refused: "refused",
  not_found: "refused",
  method_not_allowed: "refused",
  precondition_failed: "refused",
  content_too_large: "bad_request",
  target_too_long: "bad_request",
  expectation_failed: "refused",
  misdirected: "refused",
  unknown_host: "refused",
  no_route: "refused",
  ambiguous_path: "refused",
  rate_limited: "refused",
  too_many_in_flight: "refused",
  fields_too_large: "bad_request",
  not_implemented: "refused",
  version_unsupported: "refused",
  loop_detected: "refused",
  origin_name_not_found: "upstream_unreachable",
  origin_refused: "upstream_unreachable",
  origin_socket_missing: "upstream_unreachable",
  origin_permission_denied: "upstream_unreachable",
  origin_unreachable: "upstream_unreachable",
  origin_connect_timeout: "upstream_timeout",
  origin_not_tls: "upstream_tls",
  origin_is_tls: "upstream_tls",
  origin_certificate_unknown: "upstream_tls",
  origin_certificate_name: "upstream_tls",
  origin_certificate_expired: "upstream_tls",
  origin_certificate_invalid: "upstream_tls",
  origin_tls_failed: "upstream_tls",
  origin_tls_timeout: "upstream_timeout",
  origin_closed_early: "upstream_reset",
  origin_bad_message: "upstream_invalid",
  origin_timeout: "upstream_timeout",
  origin_body_cut: "upstream_reset",
  not_cached: "refused",
  not_validated: "upstream_unreachable",
  file_unreadable: "file_failed",
  file_cut: "file_failed",
  maintenance: "maintenance",
  no_server: "overloaded",
  overloaded: "overloaded",
  too_slow: "client_slow",
  client_gone: "client_abort",
  internal: "internal",
} as const satisfies Record<ErrorCode, CloseReason>;

/**
 * How an exchange ends that fails.
 *
 * @param hasHead Whether the request's head was complete.
 */
export function endingOf(code: ErrorCode, hasHead: boolean): CloseReason {
  return code === "request_timeout" && !hasHead
    ? "timeout_header"
    : ENDINGS[code];
}
