/** The client of an exchange, by the word of the proxies that it passed. */

import type { Scheme } from "../cache/policy/cache_key.ts";
import { FIELD } from "../http/field.ts";
import { singleValue } from "../http/named_field.ts";
import { isIp } from "../net/cidr.ts";
import {
  type ForwardedClient,
  forwardedClient,
  unmapped,
} from "../net/client_address.ts";
import type { Exchange } from "./exchange_state.ts";

/** The client: the peer itself, unless that is a trusted proxy which names another. */
export function clientOf(
  { request, client }: Exchange,
): ForwardedClient {
  const { address, isTrusted, options } = client;
  if (options.clientAddress !== "" && isTrusted && request.hasRequestLine) {
    return clientSaid(
      singleValue(request.fields, options.clientAddress),
      address,
    );
  }
  const list = isTrusted && request.hasRequestLine
    ? request.fields.text(FIELD.XForwardedFor)
    : undefined;
  return list === undefined
    ? { address, isKnown: true }
    : forwardedClient(list, address, options.trustedProxies);
}

/** The scheme that the client used: the peer's own, unless that is a trusted proxy which names another. */
export function clientScheme({ request, client }: Exchange): Scheme {
  if (!client.isTrusted) return client.scheme;
  const said = request.fields.text(FIELD.XForwardedProto)?.toLowerCase();
  return said === "http" || said === "https" ? said : client.scheme;
}

/** The client by the one header that trusted proxies write; who does not write it is not known. */
function clientSaid(
  value: string | undefined,
  peer: string,
): ForwardedClient {
  const address = unmapped(value ?? "");
  return isIp(address)
    ? { address, isKnown: true }
    : { address: peer, isKnown: false };
}
