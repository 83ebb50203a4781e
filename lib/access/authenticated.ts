/** A client whose credentials were right: what the origin, the log and limits are told. */

import type { Exchange } from "../exchange/exchange_state.ts";

const encoder = new TextEncoder();

/** Notes who the client is, and tells the origin. */
export function authenticated(x: Exchange, user: string): void {
  x.identifyAs(user);
  const line = requestLine("Remote-User", user);
  if (line !== undefined) x.fetch.addRequestLines(line);
}

/**
 * A line for the origin, in UTF-8, one character for each byte, with its CRLF;
 * undefined for a value that no header can have, or that would not arrive as it is.
 */
export function requestLine(name: string, value: string): string | undefined {
  // deno-lint-ignore no-control-regex -- what could end the line, or be read in two ways
  if (/[\x00-\x1f\x7f]|^\s|\s$/.test(value) || !value.isWellFormed()) {
    return undefined;
  }
  const bytes = String.fromCharCode(...encoder.encode(value));
  return `${name}: ${bytes}\r\n`;
}
