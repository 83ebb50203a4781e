/** What this room writes of an exchange and of its fetch. */

import type { Exchange } from "../exchange/exchange_state.ts";
import type { Fetch } from "../exchange/fetch_state.ts";
import type { Written } from "../exchange/written.ts";

/** The fields of an exchange that its connection writes. */
export function proceeding(
  x: Exchange,
): Written<
  Exchange,
  | "accessReason"
  | "clientAddress"
  | "ending"
  | "errorCode"
  | "headEndMs"
  | "keepAlive"
  | "reading"
  | "writing"
> {
  return x;
}

/** The fields of a fetch that routing writes. */
export function routing(
  fetch: Fetch,
): Written<Fetch, "route" | "facts" | "client"> {
  return fetch;
}
