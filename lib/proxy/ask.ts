/**
 * Asking the origin: a connection, the request, and the response up to the end of
 * its head.
 */

import { HttpError } from "../http/error.ts";
import { isIdempotent, isSafe } from "../http/method.ts";
import { isInterim } from "../http/status.ts";
import { writeAll } from "../net/writer.ts";
import { writeInterimResponse } from "./client_response.ts";
import type { Exchange } from "./exchange_state.ts";
import { type ForwardingPlan, writeOriginRequest } from "./origin_request.ts";
import { closedEarly, contentDue, startUpload, takeRequest } from "./relay.ts";

/** Interim responses to one request; more are a flood (RFC 9110 §15.2 sets no bound). */
const INTERIM_COUNT_MAX = 16;

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
  const { pool, route } = x.gateway;
  const isSafeMethod = isSafe(x.request.method);
  if (x.isContentDue) await contentDue(x);
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
  if (x.request.minorVersion === 0 || x.isBackground) return;
  const { out } = x;
  out.length = 0;
  writeInterimResponse(out, x.response);
  const { writeMs } = x.gateway.route.timeouts;
  await x.client.write(out.view(), writeMs);
  x.bytesOut += out.length;
}
