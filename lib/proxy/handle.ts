/**
 * One request and its response, in the order in which it happens.
 *
 * Each step either goes on, or throws an {@linkcode HttpError} that the connection
 * turns into the answer. What steps find out travels in the {@linkcode Exchange}.
 */

import { METHOD } from "../http/method.ts";
import { admit } from "../exchange/admit.ts";
import { fetchFromOrigin } from "../fetch/ask.ts";
import { handleCached } from "../handlers/cache/cached.ts";
import { type Exchange, resumeReading } from "../exchange/exchange_state.ts";
import type { ForwardingPlan } from "../head/origin_request.ts";
import { deliver, ownReply } from "../deliver/deliver.ts";
import { passOn } from "../deliver/pass.ts";
import { purge } from "../handlers/cache/purge.ts";
import { noteNominated } from "../exchange/body.ts";
import { WaitingClient } from "../fetch/upload.ts";
import { askForWhole, mayContinueCoded } from "../handlers/resumed.ts";
import { optionsResponse, traceResponse } from "../head/own_response.ts";

/**
 * Carries out an exchange whose request head is complete.
 *
 * @throws {HttpError} Whatever went wrong, at once or later; `x.hasResponded` tells
 *   whether it can still be answered.
 */
export function handle(x: Exchange): Promise<void> {
  const { request, client, site } = x;
  const { contentBytesMax } = site.route;
  x.requestBody.begin(
    client.reader,
    request.framing,
    contentBytesMax,
    "client_gone",
  );
  noteNominated(x.requestBody, request);
  x.fetch.client ??= new WaitingClient(x);
  const admission = admit(request, contentBytesMax);
  if (admission === "answer") return answerHere(x);
  if (site.cache === undefined) return askAndPassOn(x, admission);
  if (request.method === METHOD.Purge) return purge(x, site.cache);
  return handleCached(x, site.cache, admission);
}

/** Asks the origin and passes on what it says: there is no cache. */
async function askAndPassOn(x: Exchange, plan: ForwardingPlan): Promise<void> {
  resumeReading(x);
  await fetchFromOrigin(x.fetch, plan);
  if (mayContinueCoded(x)) await askForWhole(x, plan);
  await passOn(x, plan.upgrade);
}

/** Answers a request that is meant for this hop: OPTIONS or TRACE with no hops left. */
export function answerHere(x: Exchange): Promise<void> {
  const { request } = x;
  const response = request.method === METHOD.Trace
    ? traceResponse(request)
    : optionsResponse();
  return deliver(x, ownReply(response));
}
