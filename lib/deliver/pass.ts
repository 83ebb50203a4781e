/** Passing the origin's response on to the client as it comes, and what is left to do then. */

import type { Coding } from "../coding/negotiate.ts";
import { heldTag } from "../http/condition.ts";
import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import type { ResponseHead } from "../http/response_head.ts";
import { startsWith } from "../http/bytes.ts";
import { answersUpgrade } from "../exchange/admit.ts";
import {
  type ResponsePlan,
  writeClientResponse,
  writeUpgradeResponse,
} from "../head/client_response.ts";
import {
  chosenCoding,
  encodeArrived,
  joinArrived,
  mayEncode,
  sendEncoded,
} from "./encoded.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { noteWeakened } from "../exchange/site.ts";
import {
  flush,
  moreFromOrigin,
  relayResponse,
  takeResponse,
  writeToClient,
} from "./client_content.ts";
import { RELAY_BUFFER_BYTES } from "../exchange/relay.ts";
import { tunnel } from "./tunnel.ts";

/**
 * Passes on what the origin has answered, and sees the request to its end: the last
 * step of every exchange that is answered by the origin.
 *
 * @param wished The protocols that the origin was asked to switch to; empty for none.
 */
export function passOn(x: Exchange, wished: string): Promise<void> {
  if (x.fetch.response.status === 101) return switchProtocols(x, wished);
  const responded = respond(x);
  return x.fetch.upload === undefined && x.requestBody.done
    ? responded
    : responded.then(() => finishRequest(x));
}

/**
 * Sends the final response to the client.
 *
 * What has arrived whole leaves in one write, with no wait but for that.
 */
function respond(x: Exchange): Promise<void> {
  const { out, fetch: { response } } = x;
  const varies = mayEncode(x);
  const coding = varies ? chosenCoding(x, true) : undefined;
  x.status = response.status;
  out.length = 0;
  if (coding !== undefined && !x.fetch.responseBody.done) {
    return respondEncoded(x, coding);
  }
  const plan = planResponse(x, coding, varies);
  if (plan.isRange) x.status = 206;
  const isChunked = plan.framing === "chunked";
  writeHead(x, plan);
  return takeResponse(x, isChunked)
    ? finishResponse(x, x.fetch.responseBody.contentBytes)
    : respondAsItComes(x, isChunked);
}

function writeHead(x: Exchange, plan: ResponsePlan): void {
  const { out, fetch: { response } } = x;
  const { responseRules } = x.route;
  writeClientResponse(out, response, responseRules, plan, x.site.date.bytes);
}

/** Sends a response of which the head and some of the content are in `x.out`. */
async function respondAsItComes(
  x: Exchange,
  isChunked: boolean,
): Promise<void> {
  await relayResponse(x, isChunked, isEventStream(x));
  await finishResponse(x, x.fetch.responseBody.contentBytes);
}

/** Writes what is left of the response in `x.out`: all of its content is in there, or on its way. */
function finishResponse(x: Exchange, contentBytes: number): Promise<void> {
  x.contentBytesOut = contentBytes;
  x.fetch.releaseOrigin(); // before the client has taken the last of it: another request may wait
  return x.out.length === 0
    ? Promise.resolve()
    : writeToClient(x, x.out.view());
}

/** Sends a response whose content is encoded. */
async function respondEncoded(x: Exchange, coding: Coding): Promise<void> {
  const { out, fetch: { responseBody: body } } = x;
  let first = joinArrived(body);
  const whole = body.done && first !== undefined
    ? await encodeArrived(x, first, coding)
    : undefined;
  const plan = planResponse(x, coding, true, whole?.length);
  writeHead(x, plan);
  if (whole !== undefined) {
    out.append(whole);
    return await finishResponse(x, whole.length);
  }
  const isPatient = isEventStream(x);
  x.fetch.origin!.reader.growsTo = RELAY_BUFFER_BYTES;
  await sendEncoded(x, coding, plan.framing === "chunked", async () => {
    for (;;) {
      const run = first ?? joinArrived(body);
      first = undefined;
      if (run !== undefined || body.done) return run;
      await flush(x); // the head does not wait for content
      await moreFromOrigin(x, isPatient);
    }
  });
  x.fetch.origin!.reader.growsTo = 0;
  await finishResponse(x, x.contentBytesOut);
}

/** Whether the response is a stream of events, which may pause for as long as it likes. */
function isEventStream({ fetch: { response: { fields } } }: Exchange): boolean {
  const line = fields.first(FIELD.ContentType);
  return line >= 0 &&
    startsWith(
      fields.bytes,
      fields.valueStart(line),
      fields.valueEnd(line),
      "text/event-stream",
    );
}

/**
 * How the response is framed for this client, and whether its connection goes on.
 *
 * @param codedLength Bytes of the content in that coding, if they are known.
 */
function planResponse(
  x: Exchange,
  coding: Coding | undefined,
  varies: boolean,
  codedLength?: number,
): ResponsePlan {
  const { request, requestBody, fetch: { response } } = x;
  const { kind } = response.framing;
  const isOld = request.minorVersion === 0;
  const plainLength = kind === "length" ? response.framing.length : undefined;
  const length = coding === undefined ? plainLength : codedLength;
  const framing = kind === "none"
    ? kind
    : length !== undefined
    ? "length"
    : isOld
    ? "close"
    : "chunked";
  // A final response in place of 100: nobody can tell whether the content will come.
  const isUnsure = request.fields.has(FIELD.Expect) &&
    requestBody.contentBytes === 0 &&
    !requestBody.done;
  x.settleKeepAlive(framing, isUnsure ? "unread" : x.reading);
  if (coding !== undefined) noteWeakened(x.site, response.fields);
  return {
    framing,
    length: length ?? 0,
    connection: connectionOf(x),
    cacheStatus: x.outcome.forwardLine(),
    coding,
    varies,
    dropsTags: x.route.cache?.passesTags === false,
    isRange: x.outcome.asksForAll && isWhole(response),
    etag: response.status === 304 ? confirmedTag(x) : undefined,
  };
}

/** Whether the response has all of the content, and ranges of it may be asked for. */
function isWhole({ status, framing, fields }: ResponseHead): boolean {
  return status === 200 && framing.kind === "length" && framing.length > 0 &&
    !fields.has(FIELD.ContentRange) &&
    fields.text(FIELD.AcceptRanges)?.toLowerCase() !== "none";
}

/** The entity tag for a 304 to a client that may hold a coded form; undefined for the one that came. */
function confirmedTag(
  { request, route, fetch: { response } }: Exchange,
): string | undefined {
  const own = response.fields.text(FIELD.Etag);
  return own === undefined || route.coding === undefined
    ? undefined
    : heldTag(request.fields, own, own);
}

export function connectionOf(x: Exchange): ResponsePlan["connection"] {
  if (x.keepAlive !== "yes") return "close";
  return x.request.minorVersion === 0 ? "keep-alive" : "";
}

/**
 * Sees the request to its end after the response has ended: the rest of its content
 * goes to an origin that reads on. If it does not, the connection takes care of it.
 */
async function finishRequest(x: Exchange): Promise<void> {
  const { upload } = x.fetch;
  if (upload !== undefined) {
    await upload.finish();
    x.fetch.upload = undefined;
    if (upload.isWhole) x.fetch.releaseOrigin();
    else x.fetch.discardOrigin();
  }
}

/**
 * Turns both connections into a tunnel, if the origin was asked to and grants it. The
 * tunnel begins behind the request's content, of which the rest is sent first.
 *
 * @param wished The protocols that the origin was asked for; empty for none.
 */
async function switchProtocols(
  x: Exchange,
  wished: string,
): Promise<void> {
  const { out, fetch } = x;
  const { response, upload } = fetch;
  if (!answersUpgrade(wished, response.fields.text(FIELD.Upgrade) ?? "")) {
    throw new HttpError("origin_bad_message", "101 that nobody asked for");
  }
  await upload?.ended;
  x.fetch.upload = undefined;
  if (x.failure !== undefined) throw x.failure;
  if (upload?.isWhole === false) {
    throw new HttpError(
      "origin_closed_early",
      "101, and no more content taken",
    );
  }
  if (!x.fetch.origin!.becomeTunnel()) {
    throw new HttpError(
      "overloaded",
      "There are as many tunnels as there may be",
    );
  }
  x.status = 101;
  out.length = 0;
  writeUpgradeResponse(out, response, x.route.responseRules);
  await writeToClient(x, out.view());
  await tunnel(x);
  x.fetch.discardOrigin();
}
