/**
 * Asking the origin: a connection, the request, and the response up to the end of
 * its head.
 */

import { HttpError, originBadMessage } from "../http/error.ts";
import { isIdempotent, isSafe } from "../http/method.ts";
import { isInterim } from "../http/status.ts";
import { writeInterimResponse } from "./client_response.ts";
import { noteNominated } from "./trailers.ts";
import type { Exchange } from "./exchange_state.ts";
import { type ForwardingPlan, writeOriginRequest } from "./origin_request.ts";
import { withOwnTags } from "./own_tag.ts";
import { awaitDueContent, startUpload, takeRequest } from "./upload.ts";

/**
 * Octets of interim responses to one request; more are a flood (RFC 9110 §15.2 sets
 * no bound). Some origins tell of an upload's progress with each piece of it.
 */
const INTERIM_BYTES_MAX = 1024 * 1024;
/** How a TLS server begins when it is not spoken to in TLS (RFC 8446 §5.1). */
const TLS_ALERT = 0x15;

/**
 * Sends the request and receives the final response's head; once more if that is safe.
 *
 * @throws {HttpError} Why there is no response; the connection, if there is one, is
 *   still `x.origin`.
 */
export async function askOrigin(
  x: Exchange,
  plan: ForwardingPlan,
): Promise<void> {
  const isSafeMethod = isSafe(x.request.method);
  if (x.isContentDue) await awaitDueContent(x);
  x.origin = x.gateway.pool.take(isSafeMethod);
  for (let isRetry = false;; isRetry = true) {
    // One that has ended, or has spoken, in the meantime has nothing to do with this request.
    if (x.origin?.isClean === false) x.discardOrigin();
    if (x.origin === undefined) await obtainOrigin(x, isSafeMethod);
    const origin = x.origin!;
    try {
      const isWhole = writeRequest(x, plan);
      await origin.write(x.out.view());
      if (!isWhole) startUpload(x);
      beginResponse(x);
      for (let interimBytes = 0;;) {
        if (parseResponse(x)) {
          if (isFinal(x.response.status)) return beginContent(x);
          interimBytes += x.response.end - x.response.start;
          await passInterim(x, interimBytes);
          beginResponse(x);
        } else {
          await origin.reader.more();
          origin.noteResponse();
          if (origin.reader.ended) throw endOfOrigin(x, interimBytes > 0);
          followMove(x);
        }
      }
    } catch (error) {
      if (isRetry || !mayRetry(x, error)) throw error;
      x.discardOrigin();
    }
  }
}

async function obtainOrigin(x: Exchange, isSafeMethod: boolean): Promise<void> {
  x.acquisition = x.gateway.pool.acquire(isSafeMethod);
  x.origin = await x.acquisition.connection;
  x.acquisition = undefined;
  if (x.isAbandoned) throw x.failure!;
}

/** Puts the head and what has arrived of the content into `x.out`; tells whether that is all. */
function writeRequest(x: Exchange, plan: ForwardingPlan): boolean {
  const { route } = x.gateway;
  x.out.length = 0;
  const own = withOwnTags(x, plan);
  writeOriginRequest(x.out, x.request, route, x.client, own);
  const isWhole = takeRequest(x);
  x.origin!.deadline.set(route.timeouts.responseMs);
  return isWhole;
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

function beginResponse({ response, request, gateway, origin }: Exchange): void {
  const { responseLimits } = gateway.route;
  response.begin(origin!.reader.start, responseLimits, request.method);
}

/** Whether a response with this status is the last one, or all that HTTP has to say. */
function isFinal(status: number): boolean {
  return !isInterim(status) || status === 101;
}

/** The final response's head is there: its content follows. */
function beginContent(x: Exchange): void {
  const { response } = x;
  const { reader, deadline } = x.origin!;
  reader.start = response.end;
  deadline.clear();
  x.originMs = Date.now() - x.startedMs;
  x.responseBody.begin(reader, response.framing, Infinity, "origin_body_cut");
  noteNominated(x.responseBody, response);
}

function parseResponse(x: Exchange): boolean {
  const { reader } = x.origin!;
  try {
    return x.response.parse(reader.bytes, reader.end);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    throw reader.bytes[x.response.start] === TLS_ALERT
      ? new HttpError("origin_is_tls", "it speaks TLS on this port", error)
      : originBadMessage(error);
  }
}

/** The octets of a head that has begun may have moved to make room for more. */
function followMove({ response, origin }: Exchange): void {
  const { bytes, start } = origin!.reader;
  if (bytes !== response.bytes || start !== response.start) {
    response.shift(bytes, start - response.start);
  }
}

/**
 * Why the origin's octets have ended where a response head was due.
 *
 * @param hasBegun Whether it has said something to this request already.
 */
function endOfOrigin(x: Exchange, hasBegun: boolean): HttpError {
  const { timedOut, reader: { failure, available } } = x.origin!;
  if (x.failure !== undefined) return x.failure;
  if (timedOut) return new HttpError("origin_timeout", "No response in time");
  return hasBegun || available > 0
    ? new HttpError(
      "origin_bad_message",
      "The response head broke off",
      failure,
    )
    : new HttpError("origin_closed_early", "No response", failure);
}

/**
 * Passes an interim response on to a client that knows them (RFC 9110 §15.2). It is a
 * sign of life: the origin's time begins anew, once the client has taken it.
 *
 * @param interimBytes Octets of all of them so far.
 */
async function passInterim(x: Exchange, interimBytes: number): Promise<void> {
  const { out, response } = x;
  const { reader, deadline } = x.origin!;
  const { responseMs, writeMs } = x.gateway.route.timeouts;
  if (interimBytes > INTERIM_BYTES_MAX) {
    throw new HttpError("origin_bad_message", "Too many interim responses");
  }
  reader.start = response.end;
  if (x.request.minorVersion > 0 && !x.isBackground) {
    deadline.clear();
    out.length = 0;
    writeInterimResponse(out, response);
    await x.client.write(out.view(), writeMs);
  }
  // While the content is being sent, the time is that of its steps.
  if (x.upload?.isWhole !== false) deadline.set(responseMs);
}
