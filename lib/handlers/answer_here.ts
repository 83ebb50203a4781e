/** Requests that are meant for this hop: OPTIONS or TRACE with no hops left (RFC 9110 §7.6.2). */

import { deliver, ownReply } from "../deliver/deliver.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { optionsResponse, traceResponse } from "../head/own_response.ts";
import { METHOD } from "../http/method.ts";

/** Answers one. */
export function answerHere(x: Exchange): Promise<void> {
  const { request } = x;
  const response = request.method === METHOD.Trace
    ? traceResponse(request)
    : optionsResponse();
  return deliver(x, ownReply(response));
}
