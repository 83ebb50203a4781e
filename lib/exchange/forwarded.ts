/** The client of an exchange, by the word of the proxies that it passed. */

import { FIELD } from "../http/field.ts";
import {
  type ForwardedClient,
  forwardedClient,
} from "../net/client_address.ts";
import type { Exchange } from "./exchange_state.ts";

/** The client: the peer itself, unless that is a trusted proxy which names another. */
export function clientOf(
  { request, client }: Exchange,
): ForwardedClient {
  const { address, isTrusted } = client;
  const list = isTrusted && request.hasRequestLine
    ? request.fields.text(FIELD.XForwardedFor)
    : undefined;
  return list === undefined
    ? { address, isKnown: true }
    : forwardedClient(list, address, client.options.trustedProxies);
}
