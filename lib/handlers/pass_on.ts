/** Passing on what the origin has answered, and seeing the request to its end. */

import type { Exchange } from "../exchange/exchange_state.ts";
import { clientScheme } from "../exchange/forwarded.ts";
import { deliverOrPage } from "./intercept.ts";
import type { Reply } from "../deliver/reply.ts";
import { sticking } from "./writes.ts";
import { flush } from "../deliver/send_content.ts";
import { switchProtocols } from "../deliver/tunnel.ts";

/**
 * Passes on what the origin has answered: the last step of every exchange that is
 * answered by the origin.
 *
 * @param requested The protocols that the origin was asked to switch to; empty for none.
 */
export function passOn(x: Exchange, requested: string): Promise<void> {
  if (x.fetch.upstream.sticky !== undefined) setSticky(x);
  if (x.fetch.response.status === 101) return switchProtocols(x, requested);
  // Its connection can be given back before the response is written.
  if (x.fetch.upload?.isWhole === true) x.fetch.forgetUpload();
  const delivered = deliverOrPage(x, originReply(x));
  return x.fetch.upload === undefined && x.requestBody.done
    ? delivered
    : finishRequest(x, delivered);
}

/** Brings the client back to its server, unless it has come back by itself. */
function setSticky(x: Exchange): void {
  const { fetch } = x;
  const { upstream: { sticky }, server, request } = fetch;
  if (server === undefined || sticky!.serverOf(request) === server) return;
  sticking(fetch).stickyLine = sticky!.lineFor(
    server,
    clientScheme(x) === "https",
  );
}

/** The reply that the origin's response makes: conditions and ranges are the origin's. */
function originReply({ fetch }: Exchange): Reply {
  const { response } = fetch;
  return {
    status: response.status,
    head: { kind: "received", response },
    content: { kind: "origin", fetch },
    validators: undefined,
    note: undefined,
  };
}

/**
 * Sees the request to its end after the response has ended, which is written before:
 * the client may wait for it, and send nothing more until it has come. The rest of its content
 * goes to an origin that reads on. If it does not, the connection takes care of it.
 */
async function finishRequest(
  x: Exchange,
  delivered: Promise<void>,
): Promise<void> {
  await delivered;
  await flush(x);
  const { upload } = x.fetch;
  if (upload !== undefined) {
    await upload.finish();
    x.fetch.forgetUpload();
    if (upload.isWhole) x.fetch.releaseOrigin();
    else x.fetch.discardOrigin();
  }
}
