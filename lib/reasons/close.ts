/** Why a connection was closed, and why an exchange ended as it did (pure). */

import { type ReasonRow, rowsOf } from "./row.ts";

/** Whose fault a close is; `none` if it is no error. */
type CloseFault = "none" | "client" | "origin" | "sluice";

/** A row of a close. */
export interface CloseRow extends ReasonRow {
  readonly fault: CloseFault;
}

/** Adds whose fault it is to the rows of closes. */
function closesBy<Code extends string>(
  fault: CloseFault,
  written: Readonly<Record<Code, readonly [source: string, words: string]>>,
): Readonly<Record<Code, CloseRow>> {
  const rows: Partial<Record<Code, CloseRow>> = {};
  const plain = rowsOf("close", written);
  for (const code of Object.keys(written) as Code[]) {
    rows[code] = { ...plain[code], fault };
  }
  return rows as Record<Code, CloseRow>;
}

/** A client's connection, as it should be. */
const CLIENT_ENDS = {
  "client_closed": ["9112 §9.3", "The client closed its idle connection."],
  "client_last": [
    "9112 §9.6",
    "The client said that its request is the last.",
  ],
  "close_delimited": [
    "9112 §6.3",
    "The end of the connection is the end of the content (HTTP/1.0).",
  ],
  "unread_content": [
    "9112 §9.3",
    "The response came first, and the rest of the request's content was not read.",
  ],
  "timeout_idle": ["9112 §9.5", "No request came within --idle-timeout."],
  "evicted": ["", "It was idle and made room for another client."],
  "server_stopped": ["", "The server stopped."],
  "tunnel_ended": [
    "9110 §7.8",
    "The tunnel ended, or was idle for too long.",
  ],
} as const;

const CLIENT_FAULTS = {
  "client_abort": ["", "The client left before its response ended."],
  "client_stalled": [
    "",
    "The client did not take its response within --write-timeout.",
  ],
  "client_slow": [
    "",
    "The client held up others that shared the response with it.",
  ],
  "timeout_header": ["", "The request's head did not come in time."],
  "timeout_body": [
    "",
    "The request's content came too slowly, or not at all.",
  ],
  "bad_request": ["9112 §2.2", "The request was malformed or over a limit."],
  "refused": ["", "The request was understood and refused."],
} as const;

/** A connection to the origin, as it should be. */
const ORIGIN_ENDS = {
  "upstream_closed": ["9112 §9.5", "The origin closed its idle connection."],
  "upstream_last": [
    "9112 §9.6",
    "The response was the connection's last, or its end cannot be told for sure.",
  ],
  "upstream_idle": ["9112 §9.5", "It was idle for longer than it may be."],
  "upstream_surplus": ["", "More connections were idle than are kept."],
  "upstream_worn": [
    "",
    "It had reached its age limit, or its limit of requests.",
  ],
  "upstream_unwanted": [
    "",
    "The rest of its exchange was no longer wanted.",
  ],
} as const;

const ORIGIN_FAULTS = {
  "upstream_unreachable": ["", "There was no connection to the origin."],
  "upstream_tls": ["", "There was no TLS handshake with the origin."],
  "upstream_reset": [
    "9112 §8",
    "The origin closed before its response ended.",
  ],
  "upstream_timeout": ["", "The origin did not respond in time."],
  "upstream_invalid": ["9112 §2.2", "The origin's response was malformed."],
  "upstream_unasked": [
    "9112 §9.2",
    "The origin sent bytes that nobody asked for.",
  ],
} as const;

const OWN_FAULTS = {
  "overloaded": ["9110 §15.6.4", "There was no room for another connection."],
  "file_failed": ["", "A file could not be read, or not to its end."],
  "maintenance": ["9110 §15.6.4", "Maintenance was on."],
  "internal": ["9110 §15.6.1", "A defect of sluice; please report it."],
} as const;

/** Why a connection was closed. */
export type CloseReason =
  | keyof typeof CLIENT_ENDS
  | keyof typeof CLIENT_FAULTS
  | keyof typeof ORIGIN_ENDS
  | keyof typeof ORIGIN_FAULTS
  | keyof typeof OWN_FAULTS;

/** See the module's comment. */
export const CLOSE: Readonly<Record<CloseReason, CloseRow>> = {
  ...closesBy("none", CLIENT_ENDS),
  ...closesBy("client", CLIENT_FAULTS),
  ...closesBy("none", ORIGIN_ENDS),
  ...closesBy("origin", ORIGIN_FAULTS),
  ...closesBy("sluice", OWN_FAULTS),
};
