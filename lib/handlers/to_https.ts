/** Plain HTTP where HTTPS is spoken, too: the client is sent there (RFC 9110 §15.4.9). */

import { schemeSaid } from "../cache/policy/extra_key.ts";
import { deliver, ownReply } from "../deliver/deliver.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { redirectResponse } from "../head/own_response.ts";
import { RequestFacts } from "../http/request_facts.ts";

const HTTPS_PORT = 443;

/**
 * Whether a request belongs to HTTPS and has not come by it: neither to us, nor to a
 * trusted proxy that has taken TLS off.
 */
export function belongsToHttps({ client, request, route }: Exchange): boolean {
  if (route.httpsPort === undefined || client.scheme === "https") return false;
  return !(client.isTrusted && schemeSaid(request) === "https");
}

/** Sends the client to the same URL on HTTPS. */
export function redirectToHttps(x: Exchange): Promise<void> {
  const { host, uri } = new RequestFacts(x.request, {
    scheme: "https",
    port: 0,
    client: "",
    id: () => "",
  });
  const { httpsPort } = x.route;
  const port = httpsPort === HTTPS_PORT ? "" : `:${httpsPort}`;
  return deliver(x, ownReply(redirectResponse(`https://${host}${port}${uri}`)));
}
