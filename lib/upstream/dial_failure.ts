/**
 * Finds out why no connection to the origin could be opened, from the error that the
 * runtime throws (pure).
 *
 * The runtime has classes for errors of the system, and texts for errors of its
 * resolver and its TLS. Both are read here and nowhere else. An unknown error becomes
 * `origin_unreachable` or, once TLS has begun, `origin_tls_failed`, with the runtime's
 * own words.
 */

import { isExhaustion } from "../net/exhaustion.ts";
import { type ErrorCode, HttpError } from "../http/error.ts";

/** How far a dial had come when it failed. */
export type DialStage = "connect" | "tls";

/** The meaning of an error that matches. */
interface Row {
  readonly code: ErrorCode;
  /** Matches the error's name, a colon, a space and its message. */
  readonly pattern: RegExp;
  /** The text instead of the runtime's message; undefined to keep that. */
  readonly detail?: string;
}

/** What the runtime says of a name that it has not found. */
export const UNRESOLVED = /failed to lookup address|invalid host/i;

const ROWS: Readonly<Record<DialStage, readonly Row[]>> = {
  connect: [
    {
      code: "origin_name_not_found",
      pattern: UNRESOLVED,
      detail: "its name is not found",
    },
    {
      code: "origin_refused",
      pattern: /^ConnectionRefused/,
      detail: "connection refused",
    },
    {
      code: "origin_socket_missing",
      pattern: /^(?:NotFound|NotADirectory)/,
      detail: "no such socket",
    },
    {
      code: "origin_permission_denied",
      pattern: /^(?:PermissionDenied|NotCapable)/,
    },
  ],
  tls: [
    {
      code: "origin_not_tls",
      pattern: /InvalidContentType/,
      detail: "it does not speak TLS on this port",
    },
    {
      code: "origin_certificate_unknown",
      pattern: /UnknownIssuer|self-signed|unable to (?:get|verify)/i,
      detail: "its certificate is signed by an unknown authority",
    },
    {
      code: "origin_certificate_unknown",
      pattern: /CaUsedAsEndEntity/,
      detail: "its certificate is self-signed, and made for an authority",
    },
    {
      code: "origin_certificate_name",
      pattern: /not valid for name|NotValidForName/,
    },
    {
      code: "origin_certificate_expired",
      pattern: /certificate (?:has )?expired|: Expired/,
    },
    { code: "origin_certificate_invalid", pattern: /certificate/ },
    {
      code: "origin_tls_failed",
      pattern: /^UnexpectedEof/,
      detail: "it closed the connection during the TLS handshake",
    },
  ],
};

/**
 * The error of a dial that failed.
 *
 * @param error The error that the runtime threw.
 * @param stage How far the dial had come.
 */
export function dialFailure(error: unknown, stage: DialStage): HttpError {
  if (isExhaustion(error)) {
    const detail = `No connection: ${messageOf(error)}`; // ours, and not the origin's
    return new HttpError("overloaded", detail, error, "nothing-sent");
  }
  const text = error instanceof Error
    ? `${error.name}: ${error.message}`
    : String(error);
  const row = ROWS[stage].find(({ pattern }) => pattern.test(text));
  const code = row?.code ??
    (stage === "tls" ? "origin_tls_failed" : "origin_unreachable");
  const detail = row?.detail ?? messageOf(error);
  return new HttpError(code, detail, error, "nothing-sent");
}

/**
 * The error of a dial that took too long.
 *
 * @param stage How far the dial had come.
 * @param timeoutMs How long it was given.
 */
export function lateDial(
  stage: DialStage,
  timeoutMs: number,
  cause: unknown,
): HttpError {
  return stage === "tls"
    ? new HttpError(
      "origin_tls_timeout",
      `no TLS handshake within ${timeoutMs} ms`,
      cause,
      "nothing-sent",
    )
    : new HttpError(
      "origin_connect_timeout",
      `no connection within ${timeoutMs} ms`,
      cause,
      "nothing-sent",
    );
}

/** The runtime's message, without the words around it. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^invalid peer certificate: /, "");
}
