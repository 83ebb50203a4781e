/**
 * One request and its response, in the order in which it happens.
 *
 * Each step either goes on, or throws an {@linkcode HttpError} that the session
 * turns into the answer. What steps find out travels in the {@linkcode Exchange}.
 */

import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import { isIdempotent, isSafe, METHOD } from "../http/method.ts";
import { startsWith } from "../http/octets.ts";
import { isInterim } from "../http/status.ts";
import { httpDateOctets } from "../net/clock.ts";
import { writeAll } from "../net/writer.ts";
import { admit, answersUpgrade } from "./admit.ts";
import { REQUEST_BUFFER_BYTES } from "./client_connection.ts";
import {
  type ResponsePlan,
  writeClientResponse,
  writeInterimResponse,
  writeUpgradeResponse,
} from "./client_response.ts";
import type { Exchange } from "./exchange_state.ts";
import { type ForwardingPlan, writeOriginRequest } from "./origin_request.ts";
import {
  closedEarly,
  discardContent,
  RELAY_BUFFER_BYTES,
  relayResponse,
  startUpload,
  takeRequest,
  takeResponse,
  writeToClient,
} from "./relay.ts";
import {
  type OwnResponse,
  writeOptionsResponse,
  writeTraceResponse,
} from "./respond.ts";
import { tunnel } from "./tunnel.ts";

/** Interim responses to one request; more are a flood (RFC 9110 §15.2 sets no bound). */
const INTERIM_COUNT_MAX = 16;
/** The client's buffer while content of unknown length passes; it grows. */
const CONTENT_BUFFER_BYTES = 16 * 1024;

/**
 * Carries out an exchange whose request head is complete.
 *
 * @throws {HttpError} Whatever went wrong; `x.hasResponded` tells whether it can
 *   still be answered.
 */
export async function handle(x: Exchange): Promise<void> {
  const { request, client, gateway } = x;
  const { contentBytesMax } = gateway.route;
  x.requestBody.begin(
    client.reader,
    request.framing,
    contentBytesMax,
    "client_gone",
  );
  const admission = admit(request, contentBytesMax);
  if (admission === "answer") return await answerHere(x);
  goOnReading(x);
  await askOrigin(x, admission);
  if (x.response.status === 101) return await switchProtocols(x);
  await respond(x);
  if (x.upload !== undefined || !x.requestBody.done) await finishRequest(x);
}

/** The client's reader goes on: with the content if there is any, else to see the client leave. */
function goOnReading(x: Exchange): void {
  const { kind, length } = x.request.framing;
  if (x.requestBody.done) {
    x.keepHead(REQUEST_BUFFER_BYTES);
    x.client.watch(x.startedMs);
  } else {
    const size = kind === "length" ? length : CONTENT_BUFFER_BYTES;
    x.keepHead(Math.min(size, RELAY_BUFFER_BYTES));
  }
}

/** Sends the request and receives the response head; once more if that is safe. */
async function askOrigin(x: Exchange, plan: ForwardingPlan): Promise<void> {
  const { pool, route } = x.gateway;
  const isSafeMethod = isSafe(x.request.method);
  x.origin = pool.take(isSafeMethod);
  for (let isRetry = false;; isRetry = true) {
    if (x.origin === undefined) await obtainOrigin(x, isSafeMethod);
    x.out.length = 0;
    writeOriginRequest(x.out, x.request, route, x.client, plan);
    try {
      await sendRequest(x);
      return await receiveHead(x);
    } catch (error) {
      if (isRetry || !mayRetry(x, error)) throw error;
      pool.discard(x.origin!);
      x.origin = undefined;
    }
  }
}

async function obtainOrigin(x: Exchange, isSafeMethod: boolean): Promise<void> {
  x.acquisition = x.gateway.pool.acquire(isSafeMethod);
  x.origin = await x.acquisition.connection;
  x.acquisition = undefined;
  if (x.failure !== undefined) throw x.failure;
}

/** Sends the head and what has arrived of the content; an upload sends the rest. */
async function sendRequest(x: Exchange): Promise<void> {
  const { out } = x;
  const { socket, deadline } = x.origin!;
  const isWhole = takeRequest(x);
  deadline.set(x.gateway.route.timeouts.responseMs);
  try {
    const written = await socket.write(out.view());
    if (written < out.length) {
      await writeAll(socket, out.view().subarray(written));
    }
  } catch (error) {
    throw closedEarly(error);
  }
  if (!isWhole) startUpload(x);
}

/**
 * Whether a failed request is sent once more (RFC 9112 §9.3.1): the origin closed a
 * reused connection before it answered, as it may at any time, and to send the
 * request twice is like sending it once, with nothing consumed that would be
 * needed again.
 */
function mayRetry(x: Exchange, error: unknown): boolean {
  return error instanceof HttpError && error.code === "origin_closed_early" &&
    x.origin!.requestCount > 1 && isIdempotent(x.request.method) &&
    x.request.framing.kind === "none" && x.failure === undefined;
}

/** Receives the final response's head; passes interim responses on. */
async function receiveHead(x: Exchange): Promise<void> {
  const { response, request } = x;
  const { reader } = x.origin!;
  for (let interimCount = 0;; interimCount++) {
    response.begin(
      reader.start,
      x.gateway.route.responseLimits,
      request.method,
    );
    while (!parseResponse(x)) {
      const { start, bytes } = reader;
      await reader.more();
      if (reader.ended) {
        throw endOfOrigin(x, reader.available > 0 || interimCount > 0);
      }
      if (reader.start !== start || reader.bytes !== bytes) {
        response.shift(reader.bytes, reader.start - start);
      }
    }
    reader.start = response.end;
    if (!isInterim(response.status) || response.status === 101) break;
    if (interimCount === INTERIM_COUNT_MAX) {
      throw new HttpError("origin_bad_message", "Too many interim responses");
    }
    await passInterim(x);
  }
  x.originMs = Date.now() - x.startedMs;
  x.responseBody.begin(reader, response.framing, Infinity, "origin_body_cut");
}

function parseResponse(x: Exchange): boolean {
  const { reader } = x.origin!;
  try {
    return x.response.parse(reader.bytes, reader.end);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    throw new HttpError("origin_bad_message", error.message, error);
  }
}

/** Why the origin's octets have ended where a response head was due. */
function endOfOrigin(x: Exchange, hasBegun: boolean): HttpError {
  const origin = x.origin!;
  if (x.failure !== undefined) return x.failure;
  if (origin.timedOut) {
    return new HttpError("origin_timeout", "No response in time");
  }
  return hasBegun
    ? new HttpError(
      "origin_bad_message",
      "The response head broke off",
      origin.reader.failure,
    )
    : new HttpError(
      "origin_closed_early",
      "No response",
      origin.reader.failure,
    );
}

/** Passes an interim response on to a client that knows them (RFC 9110 §15.2). */
async function passInterim(x: Exchange): Promise<void> {
  if (x.request.minorVersion === 0) return;
  const { out } = x;
  out.length = 0;
  writeInterimResponse(out, x.response);
  const { writeMs } = x.gateway.route.timeouts;
  await x.client.write(out.view(), writeMs);
  x.bytesOut += out.length;
}

/** Sends the final response to the client. */
async function respond(x: Exchange): Promise<void> {
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
  return { framing, length, connection: connectionOf(x) };
}

function connectionOf(x: Exchange): ResponsePlan["connection"] {
  if (!x.persists) return "close";
  return x.request.minorVersion === 0 ? "keep-alive" : "";
}

/** Gives the origin's connection back, once nothing more is to be read from it or sent on it. */
function releaseOrigin(x: Exchange): void {
  if (x.upload !== undefined) return; // finishRequest sees to it
  const { origin, response } = x;
  noteIdleHint(x);
  x.origin = undefined;
  x.gateway.pool.release(origin!, response.persists);
}

/** Takes in how long the origin keeps its connection (`Keep-Alive: timeout=5`), less a second. */
function noteIdleHint({ response, origin }: Exchange): void {
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
async function finishRequest(x: Exchange): Promise<void> {
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
async function switchProtocols(x: Exchange): Promise<void> {
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

/** Answers a request that is meant for this hop: OPTIONS or TRACE with no hops left. */
async function answerHere(x: Exchange): Promise<void> {
  const { request, out, gateway } = x;
  x.persists = request.persists && !gateway.isDraining && x.requestBody.done;
  x.status = 200;
  out.length = 0;
  const response: OwnResponse = {
    status: 200,
    method: request.method,
    connection: connectionOf(x),
    rules: gateway.route.responseRules,
    date: httpDateOctets(),
  };
  if (request.method === METHOD.Trace) {
    writeTraceResponse(out, response, request);
  } else writeOptionsResponse(out, response);
  await writeToClient(x, out.view());
}
