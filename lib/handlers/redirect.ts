/** The handler that sends clients elsewhere (RFC 9110 §15.4). */

import { deliver, ownReply } from "../deliver/deliver.ts";
import { ownResponse } from "../head/own_response.ts";
import { safeLocation } from "../http/location.ts";
import { reasonPhrase } from "../http/status.ts";
import type { Handler, Template } from "./handler.ts";

/** The options of a route that redirects: plain data. */
export interface RedirectOptions {
  /** 301, 302, 303, 307 or 308, which also keeps the method and the content. */
  readonly status: number;
}

/**
 * Compiles a route that redirects.
 *
 * @param to Where to.
 */
export function redirectHandler(
  { status }: RedirectOptions,
  to: Template,
): Handler {
  const content = `${status} ${reasonPhrase(status)}\n`;
  return (x) => {
    const lines = `Location: ${safeLocation(to(x))}\r\n` +
      "Content-Type: text/plain; charset=utf-8\r\n";
    return deliver(x, ownReply(ownResponse(status, lines, content)));
  };
}
