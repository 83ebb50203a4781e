/** Passing the origin's response on to the client as it comes, and what is left to do then. */

import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import { startsWith } from "../http/octets.ts";
import { httpDateOctets } from "../net/clock.ts";
import { answersUpgrade } from "./admit.ts";
import {
  type ResponsePlan,
  writeClientResponse,
  writeUpgradeResponse,
} from "./client_response.ts";
import type { Exchange } from "./exchange_state.ts";
import {
  discardContent,
  relayResponse,
  takeResponse,
  writeToClient,
} from "./relay.ts";
import { tunnel } from "./tunnel.ts";

/** Sends the final response to the client. */
export async function respond(x: Exchange): Promise<void> {
  const { response, out, client } = x;
  const { responseRules, timeouts } = x.gateway.route;
  const plan = planResponse(x);
  const isChunked = plan.framing === "chunked";
  x.status = response.status;
  out.length = 0;
  writeClientResponse(out, response, responseRules, plan, httpDateOctets());
  if (!takeResponse(x, isChunked)) {
    await relayResponse(x, isChunked, isEventStream(x));
  }
  x.contentBytesOut = x.responseBody.contentBytes;
  releaseOrigin(x); // before the client has taken the last of it: another request may wait
  if (out.length === 0) return;
  x.hasResponded = true;
  await client.write(out.view(), timeouts.writeMs);
  x.bytesOut += out.length;
}

/** Whether the response is a stream of events, which may pause for as long as it likes. */
function isEventStream({ response: { fields } }: Exchange): boolean {
  const line = fields.first(FIELD.ContentType);
  return line >= 0 &&
    startsWith(
      fields.bytes,
      fields.valueStart(line),
      fields.valueEnd(line),
      "text/event-stream",
    );
}

/** How the response is framed for this client, and whether its connection goes on. */
function planResponse(x: Exchange): ResponsePlan {
  const { request, response, requestBody } = x;
  const { kind, length } = response.framing;
  const isOld = request.minorVersion === 0;
  const framing = kind === "length"
    ? kind
    : kind === "none"
    ? kind
    : isOld
    ? "close"
    : "chunked";
  // A final response in place of 100: nobody can tell whether the content will come.
  const isUnsure = request.fields.has(FIELD.Expect) &&
    requestBody.contentBytes === 0 &&
    !requestBody.done;
  x.persists = request.persists && !x.gateway.isDraining &&
    framing !== "close" && !isUnsure;
  return {
    framing,
    length,
    connection: connectionOf(x),
    cacheStatus: x.use.forwardLine(),
    dropsTags: x.gateway.cache?.policy.passesTags === false,
  };
}

export function connectionOf(x: Exchange): ResponsePlan["connection"] {
  if (!x.persists) return "close";
  return x.request.minorVersion === 0 ? "keep-alive" : "";
}

/** Gives the origin's connection back, once nothing more is to be read from it or sent on it. */
export function releaseOrigin(x: Exchange): void {
  if (x.upload !== undefined) return; // finishRequest sees to it
  const { origin, response } = x;
  noteIdleHint(x);
  x.origin = undefined;
  x.gateway.pool.release(origin!, response.persists);
}

/** Takes in how long the origin keeps its connection (`Keep-Alive: timeout=5`), less a second. */
export function noteIdleHint({ response, origin }: Exchange): void {
  const hint = response.fields.text(FIELD.KeepAlive);
  if (hint === undefined || origin === undefined) return;
  const timeout = /(?:^|[\s,])timeout\s*=\s*"?(\d{1,6})/i.exec(hint);
  if (timeout !== null) {
    origin.idleHintMs = Math.max(0, Number(timeout[1]) - 1) * 1000;
  }
}

/**
 * Sees the request to its end after the response has ended: the rest of its content
 * goes to an origin that reads on, or is thrown away within bounds.
 */
export async function finishRequest(x: Exchange): Promise<void> {
  if (x.upload !== undefined) {
    if (!x.response.persists) x.origin!.close();
    await x.upload;
    x.upload = undefined;
    releaseOrigin(x);
  }
  if (!x.requestBody.done && x.persists) await discardContent(x);
  if (!x.requestBody.done) x.persists = false;
}

/** Turns both connections into a tunnel, if the client wished it and the origin grants it. */
export async function switchProtocols(x: Exchange): Promise<void> {
  const { request, response, out } = x;
  const wished = request.fields.text(FIELD.Upgrade);
  if (
    wished === undefined ||
    !answersUpgrade(wished, response.fields.text(FIELD.Upgrade))
  ) {
    throw new HttpError("origin_bad_message", "101 that nobody asked for");
  }
  x.status = 101;
  out.length = 0;
  writeUpgradeResponse(out, response, x.gateway.route.responseRules);
  await writeToClient(x, out.view());
  await tunnel(x);
  x.gateway.pool.discard(x.origin!);
  x.origin = undefined;
}
