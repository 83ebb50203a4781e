/** Gives a request the id by which origin, client and log know it, if it is to have one. */

import { RequestIds, sentRequestId } from "../head/request_id.ts";
import type { Exchange } from "./exchange_state.ts";
import type { RouteOptions } from "./route.ts";
import { identifying } from "./writes.ts";

/** Random bytes of what the ids of one thread have in common. */
const PREFIX_BYTES = 8;

/** The source of ids of this thread. */
export function threadRequestIds(): RequestIds {
  const bytes = crypto.getRandomValues(new Uint8Array(PREFIX_BYTES));
  return new RequestIds(bytes.toHex());
}

/**
 * Gives the request an id, unless it has one: that of a trusted proxy, or its own.
 *
 * @param options Those of any route: the header is the same for all.
 */
export function identify(x: Exchange, { requestId }: RouteOptions): void {
  const { fetch, request, client, site } = x;
  if (requestId === undefined || fetch.requestId !== "") return;
  const isSent = client.isTrusted && request.hasRequestLine;
  identifying(fetch).requestId = isSent
    ? sentRequestId(request, requestId.lowerCase)
    : "";
  if (fetch.requestId === "") {
    identifying(fetch).requestId = site.requestIds.next();
  }
  identifying(fetch).idLine = `${requestId.name}: ${fetch.requestId}\r\n`;
}

/** The id of a request for a template: its own, or one that is made now, and logged, but not sent. */
export function idOf({ fetch, site }: Exchange): string {
  if (fetch.requestId === "") {
    identifying(fetch).requestId = site.requestIds.next();
  }
  return fetch.requestId;
}
