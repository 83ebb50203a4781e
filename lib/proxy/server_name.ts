/**
 * Whether a request's host is one that the connection's TLS allows (RFC 9110 §7.4):
 * the name that the client asked for in its handshake, or another one of the
 * certificate that it was shown. Else the client has mistaken this connection for one
 * to another server: 421.
 */

import type { ClientConnection } from "../client/client_connection.ts";
import { equalsRun, textOf } from "../http/bytes.ts";
import { HttpError } from "../http/error.ts";
import type { RequestHead } from "../http/request_head.ts";
import { locateHost } from "../router/host_name.ts";

/**
 * Checks a request's host; does nothing without TLS, or if the client named nobody in
 * its handshake.
 *
 * @throws {HttpError} `misdirected`.
 */
export function checkServerName(
  client: ClientConnection,
  request: RequestHead,
): void {
  const { identity, allowedHost } = client;
  if (identity === undefined || identity.serverName === "") return;
  const range = { start: 0, end: 0 };
  locateHost(request, range);
  const { bytes } = request;
  const { start, end } = range;
  // Most requests of a connection have the same host.
  const isKnown = allowedHost !== undefined &&
    equalsRun(bytes, start, end, allowedHost);
  if (isKnown) return;
  const host = textOf(bytes, start, end).toLowerCase();
  if (host !== identity.serverName && !identity.covers(host)) {
    throw new HttpError(
      "misdirected",
      "The host is another one than the handshake's",
    );
  }
  client.allowedHost = bytes.slice(start, end);
}
