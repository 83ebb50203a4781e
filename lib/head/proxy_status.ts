/**
 * What `Proxy-Status` says of an error (RFC 9209, pure). One table maps the codes of
 * errors to the types of the registry.
 *
 * There is no `next-hop`, no `details` and no status of the origin: the field goes to
 * clients, and what is behind sluice is not their affair. The log has it.
 */

import { CACHE_NAME } from "../cache/policy/cache_status.ts";
import type { ErrorCode } from "../http/error.ts";
import type { FieldRule } from "../http/field_rule.ts";

/** An error type of RFC 9209 §2.3. */
type ErrorType =
  | "connection_limit_reached"
  | "connection_refused"
  | "connection_terminated"
  | "connection_timeout"
  | "destination_ip_unroutable"
  | "destination_not_found"
  | "destination_unavailable"
  | "dns_error"
  | "http_protocol_error"
  | "http_request_denied"
  | "http_request_error"
  | "http_response_incomplete"
  | "http_response_timeout"
  | "proxy_configuration_error"
  | "proxy_internal_error"
  | "proxy_internal_response"
  | "proxy_loop_detected"
  | "tls_certificate_error"
  | "tls_protocol_error";

/** By error: its type; empty where sluice is itself the origin, or can say nothing any more. */
const TYPES = {
  bad_request_line: "http_request_error",
  tls_on_plain_port: "http_request_error",
  bad_target: "http_request_error",
  bad_field_line: "http_request_error",
  bad_host: "http_request_error",
  bad_framing: "http_request_error",
  bad_chunk: "http_request_error",
  bad_content: "http_request_error",
  request_timeout: "http_request_error",
  forbidden: "http_request_denied",
  unauthenticated: "http_request_denied",
  auth_refused: "http_request_denied",
  too_many_failures: "http_request_denied",
  auth_unavailable: "proxy_internal_error",
  address_refused: "http_request_denied",
  not_found: "",
  method_not_allowed: "",
  precondition_failed: "",
  content_too_large: "http_request_error",
  target_too_long: "http_request_error",
  expectation_failed: "http_request_error",
  misdirected: "http_request_error",
  unknown_host: "destination_not_found",
  no_route: "destination_not_found",
  ambiguous_path: "http_request_denied",
  rate_limited: "http_request_denied",
  too_many_in_flight: "http_request_denied",
  fields_too_large: "http_request_error",
  not_implemented: "http_request_error",
  version_unsupported: "http_request_error",
  loop_detected: "proxy_loop_detected",
  origin_name_not_found: "dns_error",
  origin_refused: "connection_refused",
  origin_socket_missing: "destination_unavailable",
  origin_permission_denied: "proxy_configuration_error",
  origin_unreachable: "destination_ip_unroutable",
  origin_connect_timeout: "connection_timeout",
  origin_not_tls: "tls_protocol_error",
  origin_is_tls: "http_protocol_error",
  origin_certificate_unknown: "tls_certificate_error",
  origin_certificate_name: "tls_certificate_error",
  origin_certificate_expired: "tls_certificate_error",
  origin_certificate_invalid: "tls_certificate_error",
  origin_tls_failed: "tls_protocol_error",
  origin_tls_timeout: "connection_timeout",
  origin_closed_early: "connection_terminated",
  origin_bad_message: "http_protocol_error",
  origin_timeout: "http_response_timeout",
  origin_body_cut: "http_response_incomplete",
  not_cached: "proxy_internal_response",
  not_validated: "destination_unavailable",
  file_unreadable: "",
  file_cut: "",
  maintenance: "proxy_internal_response",
  no_server: "destination_unavailable",
  overloaded: "connection_limit_reached",
  too_slow: "",
  client_gone: "",
  internal: "proxy_internal_error",
} as const satisfies Record<ErrorCode, ErrorType | "">;

const NAME = "proxy-status";

/**
 * The header line for an error, with its CRLF; empty for none.
 *
 * @param rules The operator's for responses: one about this header decides in its place.
 */
export function proxyStatusLine(
  code: ErrorCode,
  rules: readonly FieldRule[],
): string {
  const type = TYPES[code];
  if (type === "" || rules.some(({ name }) => name === NAME)) return "";
  return `Proxy-Status: ${CACHE_NAME}; error=${type}\r\n`;
}
