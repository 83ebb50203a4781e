/** The handler that responds at once, with what the configuration says. */

import { deliver, ownReply } from "../deliver/deliver.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { errorResponse, ownResponse } from "../head/own_response.ts";
import { fieldText } from "../http/field_text.ts";
import { reasonPhrase } from "../http/status.ts";
import type { Handler, Template } from "./handler.ts";

/** The options of a route that responds: plain data. */
export interface RespondOptions {
  /** 200 to 599. */
  readonly status: number;
  /** The value of `Content-Type`; empty for plain text. */
  readonly type: string;
}

/** A header of the response. */
export interface RespondHeader {
  readonly name: string;
  readonly value: Template;
}

const PLAIN = "text/plain; charset=utf-8";

/**
 * Compiles a route that responds.
 *
 * @param body What the response holds; undefined for the status in words if that is an
 *   error, and for nothing if it is not.
 */
export function respondHandler(
  { status, type }: RespondOptions,
  body: Template | undefined,
  headers: readonly RespondHeader[] = [],
): Handler {
  const typeLine = `Content-Type: ${fieldText(type || PLAIN)}\r\n`;
  const words = status >= 400 ? `${status} ${reasonPhrase(status)}\n` : "";
  const isError = body === undefined && status >= 400;
  return (x) => {
    if (isError && x.route.errorPages?.has(status)) {
      return deliverPage(x, status);
    }
    const content = body === undefined ? words : body(x);
    let lines = content === "" ? "" : typeLine;
    for (const { name, value } of headers) {
      lines += `${name}: ${fieldText(value(x))}\r\n`;
    }
    return deliver(x, ownReply(ownResponse(status, lines, content)));
  };
}

/** Delivers the operator's page for a status, or the status in words. */
async function deliverPage(x: Exchange, status: number): Promise<void> {
  const page = await x.route.errorPages?.errorPageOf(status);
  await deliver(x, ownReply(errorResponse(status, page)));
}
