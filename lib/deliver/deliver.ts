/** Delivering a reply to the client: see `reply.ts`. */

import { METHOD } from "../http/method.ts";
import {
  type OwnHead,
  type OwnResponse,
  writeOwnHead,
} from "../head/own_response.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { writeToClient } from "./client_content.ts";
import { connectionOf } from "./pass.ts";
import type { Reply } from "./reply.ts";

/** A reply of sluice's own. */
export type OwnReply = Reply & {
  readonly head: OwnHead;
  readonly content: { readonly kind: "bytes" };
};

/** The reply that is a response of sluice's own. */
export function ownReply(response: OwnResponse): OwnReply {
  return { ...response, validators: undefined, note: undefined };
}

/**
 * Delivers a reply: the exchange is answered with it. Content that the request still
 * has is not read.
 *
 * @throws {HttpError} `client_gone`.
 */
export function deliver(x: Exchange, reply: OwnReply): Promise<void> {
  const { out, request, site } = x;
  const { bytes } = reply.content;
  x.status = reply.status;
  x.settleKeepAlive("length", x.requestBody.done ? "done" : "unread");
  out.length = 0;
  writeOwnHead(out, reply, {
    length: bytes.length,
    connection: connectionOf(x),
    rules: x.route.responseRules,
    date: site.date.bytes(),
    cacheStatus: reply.note?.cacheStatus ?? x.outcome.forwardLine(),
  });
  if (request.method !== METHOD.Head) {
    out.append(bytes);
    x.contentBytesOut = bytes.length;
  }
  return writeToClient(x, out.view());
}
