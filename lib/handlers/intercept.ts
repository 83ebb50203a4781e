/** Pages of the operator's in place of what an origin sends with an error's status. */

import { deliver, ownReply } from "../deliver/deliver.ts";
import type { Reply } from "../deliver/reply.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import type { ErrorPageSource } from "../exchange/route.ts";
import { errorResponse } from "../head/own_response.ts";

/** Delivers a reply, or the page that the route has in its place. */
export function deliverOrPage(x: Exchange, reply: Reply): Promise<void> {
  const { errorPages } = x.route;
  return errorPages?.intercept === true && errorPages.has(reply.status)
    ? deliverPage(x, reply, errorPages)
    : deliver(x, reply);
}

/** Delivers the page; the reply itself if that cannot be read. */
async function deliverPage(
  x: Exchange,
  reply: Reply,
  errorPages: ErrorPageSource,
): Promise<void> {
  const page = await errorPages.errorPageOf(reply.status);
  if (page === undefined) return await deliver(x, reply);
  if (reply.content.kind === "origin") x.fetch.discardOrigin();
  await deliver(x, ownReply(errorResponse(reply.status, page)));
}
