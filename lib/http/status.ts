/**
 * Status codes: the reason phrases that sluice writes itself, and which statuses
 * it understands (RFC 9110 §15, RFC 6585, RFC 5842). Reason phrases of origins are
 * passed on as they came.
 */

const REASONS: Readonly<Record<number, string>> = {
  100: "Continue",
  101: "Switching Protocols",
  103: "Early Hints",
  200: "OK",
  204: "No Content",
  206: "Partial Content",
  304: "Not Modified",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  508: "Loop Detected",
};

/** The reason phrase of a status that sluice itself answers with; empty for others. */
export function reasonPhrase(status: number): string {
  return REASONS[status] ?? "";
}

/** Whether the response is interim: another one follows (RFC 9110 §15.2). */
export function isInterim(status: number): boolean {
  return status < 200;
}
