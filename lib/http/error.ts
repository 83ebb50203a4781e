/**
 * The one error of an exchange, built from a code.
 *
 * A code is a stable word: it is in the log, the tests and docs/behaviour.md. One table
 * gives the consequences of each: the status of the response, whose fault it is, and
 * whether the client connection may stay open. The detail is for the log and never
 * reaches a peer.
 */

/** Who broke the rule, or failed to do its part. */
export type Fault = "client" | "origin" | "sluice";

/**
 * What a failure says of the request that was, or was not, sent to the origin:
 * nothing of it was sent; it was sent and not processed; it was sent, and not a byte of
 * a response has come; or nobody knows (RFC 9110 §9.2.2). Whether it is sent once more
 * follows from that and from its method.
 */
export type RetryVerdict =
  | "nothing-sent"
  | "nothing-processed"
  | "unanswered"
  | "unknown";

interface ErrorRow {
  /** The status code of the response; 0 if none can be given. */
  readonly status: number;
  readonly fault: Fault;
  /** Whether the client connection must close afterwards, whatever was read. */
  readonly close: boolean;
}

/** The consequences of each code. */
export const ERRORS = {
  bad_request_line: { status: 400, fault: "client", close: true },
  tls_on_plain_port: { status: 400, fault: "client", close: true },
  bad_target: { status: 400, fault: "client", close: true },
  bad_field_line: { status: 400, fault: "client", close: true },
  bad_host: { status: 400, fault: "client", close: true },
  bad_framing: { status: 400, fault: "client", close: true },
  bad_chunk: { status: 400, fault: "client", close: true },
  bad_content: { status: 400, fault: "client", close: true },
  request_timeout: { status: 408, fault: "client", close: true },
  forbidden: { status: 403, fault: "client", close: false },
  unauthenticated: { status: 401, fault: "client", close: false },
  auth_refused: { status: 403, fault: "client", close: false },
  too_many_failures: { status: 429, fault: "client", close: false },
  auth_unavailable: { status: 503, fault: "sluice", close: false },
  address_refused: { status: 403, fault: "client", close: false },
  not_found: { status: 404, fault: "client", close: false },
  method_not_allowed: { status: 405, fault: "client", close: false },
  precondition_failed: { status: 412, fault: "client", close: false },
  content_too_large: { status: 413, fault: "client", close: true },
  target_too_long: { status: 414, fault: "client", close: true },
  expectation_failed: { status: 417, fault: "client", close: false },
  misdirected: { status: 421, fault: "client", close: true },
  unknown_host: { status: 421, fault: "client", close: false },
  no_route: { status: 404, fault: "client", close: false },
  ambiguous_path: { status: 400, fault: "client", close: false },
  rate_limited: { status: 429, fault: "client", close: false },
  too_many_in_flight: { status: 429, fault: "client", close: false },
  fields_too_large: { status: 431, fault: "client", close: true },
  not_implemented: { status: 501, fault: "client", close: true },
  version_unsupported: { status: 505, fault: "client", close: true },
  loop_detected: { status: 508, fault: "client", close: false },
  origin_name_not_found: { status: 502, fault: "origin", close: false },
  origin_refused: { status: 502, fault: "origin", close: false },
  origin_socket_missing: { status: 502, fault: "origin", close: false },
  origin_permission_denied: { status: 502, fault: "origin", close: false },
  origin_unreachable: { status: 502, fault: "origin", close: false },
  origin_connect_timeout: { status: 504, fault: "origin", close: false },
  origin_not_tls: { status: 502, fault: "origin", close: false },
  origin_is_tls: { status: 502, fault: "origin", close: false },
  origin_certificate_unknown: { status: 502, fault: "origin", close: false },
  origin_certificate_name: { status: 502, fault: "origin", close: false },
  origin_certificate_expired: { status: 502, fault: "origin", close: false },
  origin_certificate_invalid: { status: 502, fault: "origin", close: false },
  origin_tls_failed: { status: 502, fault: "origin", close: false },
  origin_tls_timeout: { status: 504, fault: "origin", close: false },
  origin_closed_early: { status: 502, fault: "origin", close: false },
  origin_bad_message: { status: 502, fault: "origin", close: false },
  origin_timeout: { status: 504, fault: "origin", close: false },
  origin_body_cut: { status: 0, fault: "origin", close: true },
  not_cached: { status: 504, fault: "client", close: false },
  not_validated: { status: 504, fault: "origin", close: false },
  file_unreadable: { status: 500, fault: "sluice", close: false },
  file_cut: { status: 0, fault: "sluice", close: true },
  maintenance: { status: 503, fault: "sluice", close: false },
  no_server: { status: 503, fault: "sluice", close: false },
  overloaded: { status: 503, fault: "sluice", close: false },
  too_slow: { status: 0, fault: "client", close: true },
  client_gone: { status: 0, fault: "client", close: true },
  internal: { status: 500, fault: "sluice", close: true },
} as const satisfies Record<string, ErrorRow>;

/** A code of {@linkcode HttpError}. */
export type ErrorCode = keyof typeof ERRORS;

/** Every code, for tables in tests and documents. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(
  ERRORS,
) as ErrorCode[];

/** What an error of parsing becomes when it was an origin that sent the bytes. */
export function originBadMessage(error: HttpError): HttpError {
  return new HttpError("origin_bad_message", error.message, error);
}

/** What an error is answered with, where the usual response does not do. */
export interface ErrorResponse {
  /** The status code. */
  readonly status: number;
  /** Field lines, each with its CRLF. */
  readonly lines: string;
  /** The content; undefined for the status on a page or in words. */
  readonly content: Uint8Array | undefined;
}

/** An error of an exchange, with all its consequences. */
export class HttpError extends Error {
  /** Tells it from other errors, also across realms. */
  override readonly name = "HttpError";
  /** What went wrong. */
  readonly code: ErrorCode;
  /** The status code of the response; 0 if none can be given. */
  readonly status: number;
  /** Who is to blame. */
  readonly fault: Fault;
  /** Whether the client connection must close after the response. */
  readonly close: boolean;
  /** What is known of the request that failed: given where the error is made. */
  readonly retry: RetryVerdict;
  /** What the client gets; undefined for the status in words. */
  readonly response: ErrorResponse | undefined;

  /**
   * Makes the error of a code.
   *
   * @param code What went wrong.
   * @param detail For the log: what was found and what was expected. Never sent.
   * @param cause The error of the runtime behind it, if any.
   * @param retry What is known of the request that failed.
   * @param response What the client gets in place of the status in words.
   */
  constructor(
    code: ErrorCode,
    detail: string,
    cause?: unknown,
    retry: RetryVerdict = "unknown",
    response: ErrorResponse | undefined = undefined,
  ) {
    super(detail, cause === undefined ? undefined : { cause });
    const { status, fault, close } = ERRORS[code];
    this.code = code;
    this.status = response?.status ?? status;
    this.fault = fault;
    this.close = close;
    this.retry = retry;
    this.response = response;
  }
}
