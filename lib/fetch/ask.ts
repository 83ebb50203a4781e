/**
 * Asking the origin: a connection, the request, and the response up to the end of
 * its head.
 */

import { HttpError, originBadMessage } from "../http/error.ts";
import { isIdempotent, isSafe } from "../http/method.ts";
import { isInterim } from "../http/status.ts";
import { mayRetry } from "../upstream/retry.ts";
import { noteNominated } from "../exchange/body.ts";
import type { Fetch } from "../exchange/fetch_state.ts";
import { writeOriginRequest } from "../head/origin_request.ts";
import type { ForwardingPlan } from "../head/forwarding.ts";
import { withOwnTags } from "./own_tag.ts";
import { fetching } from "./writes.ts";

/**
 * Bytes of interim responses to one request; more are a flood (RFC 9110 §15.2 sets
 * no bound). Some origins tell of an upload's progress with each piece of it.
 */
const INTERIM_BYTES_MAX = 1024 * 1024;
/** How a TLS server begins when it is not spoken to in TLS (RFC 8446 §5.1). */
const TLS_ALERT = 0x15;

/**
 * Sends the request and receives the final response's head; once more if that is safe.
 *
 * @throws {HttpError} Why there is no response; the connection, if there is one, is
 *   still `fetch.origin`.
 */
export async function fetchFromOrigin(
  fetch: Fetch,
  plan: ForwardingPlan,
): Promise<void> {
  const isSafeMethod = isSafe(fetch.request.method);
  const due = fetch.client?.awaitContent();
  if (due !== undefined) await due;
  fetching(fetch).origin = fetch.upstream.pool.take(isSafeMethod);
  for (let isRetry = false;; isRetry = true) {
    // One that has ended, or has spoken, in the meantime has nothing to do with this request.
    if (fetch.origin?.isClean === false) {
      fetch.discardOrigin(fetch.origin.arrivalReason);
    }
    if (fetch.origin === undefined) {
      await acquireConnection(fetch, isSafeMethod, isRetry);
    }
    const origin = fetch.origin!;
    try {
      const isWhole = writeRequest(fetch, plan);
      await origin.write(fetch.out.view());
      if (!isWhole) fetch.client!.startUpload();
      beginResponse(fetch);
      for (let interimBytes = 0;;) {
        if (parseResponse(fetch)) {
          if (isFinal(fetch.response.status)) return beginContent(fetch);
          interimBytes += fetch.response.end - fetch.response.start;
          await passInterim(fetch, interimBytes);
          beginResponse(fetch);
        } else {
          await origin.reader.more();
          origin.noteResponse();
          if (origin.reader.ended) throw endOfOrigin(fetch, interimBytes > 0);
          followMove(fetch);
        }
      }
    } catch (error) {
      if (!isSentAgain(fetch, error, isRetry)) throw error;
      fetch.discardOrigin("upstream_reset");
    }
  }
}

async function acquireConnection(
  fetch: Fetch,
  isSafeMethod: boolean,
  isRetry: boolean,
): Promise<void> {
  const acquisition = fetch.upstream.pool.acquire(isSafeMethod, isRetry);
  fetching(fetch).acquisition = acquisition;
  fetching(fetch).origin = await acquisition.connection;
  fetching(fetch).acquisition = undefined;
  if (fetch.failure !== undefined) throw fetch.failure;
}

/** Puts the head and what has arrived of the content into `fetch.out`; tells whether that is all. */
function writeRequest(fetch: Fetch, plan: ForwardingPlan): boolean {
  const { route } = fetch;
  fetch.out.length = 0;
  const own = withOwnTags(fetch, plan);
  const { out, request, peer, idLine } = fetch;
  writeOriginRequest(out, request, route, peer, own, idLine);
  const isWhole = fetch.client?.takeContent() ?? true;
  fetch.origin!.deadline.set(route.timeouts.responseMs);
  return isWhole;
}

/** Whether a failed request is sent once more; `fetch.retryReason` tells why, or why not. */
function isSentAgain(
  fetch: Fetch,
  error: unknown,
  isRetry: boolean,
): boolean {
  if (!(error instanceof HttpError) || fetch.failure !== undefined) {
    return false;
  }
  const { method, framing } = fetch.request;
  const { verdict, reason } = mayRetry(error.retry, {
    isIdempotent: isIdempotent(method),
    hasContent: framing.kind !== "none",
    isRetry,
  });
  fetching(fetch).retryReason = reason;
  return verdict;
}

function beginResponse({ response, request, route, origin }: Fetch): void {
  const { responseLimits } = route;
  response.begin(origin!.reader.start, responseLimits, request.method);
}

/** Whether a response with this status is the last one, or all that HTTP has to say. */
function isFinal(status: number): boolean {
  return !isInterim(status) || status === 101;
}

/** The final response's head is there: its content follows. */
function beginContent(fetch: Fetch): void {
  const { response } = fetch;
  const { reader, deadline } = fetch.origin!;
  reader.start = response.end;
  deadline.clear();
  fetching(fetch).originMs = fetch.site.clock.now() - fetch.startedMs;
  fetch.responseBody.begin(
    reader,
    response.framing,
    Infinity,
    "origin_body_cut",
  );
  noteNominated(fetch.responseBody, response);
}

function parseResponse(fetch: Fetch): boolean {
  const { reader } = fetch.origin!;
  try {
    return fetch.response.parse(reader.bytes, reader.end);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    throw reader.bytes[fetch.response.start] === TLS_ALERT
      ? new HttpError("origin_is_tls", "it speaks TLS on this port", error)
      : originBadMessage(error);
  }
}

/** The bytes of a head that has begun may have moved to make room for more. */
function followMove({ response, origin }: Fetch): void {
  const { bytes, start } = origin!.reader;
  if (bytes !== response.bytes || start !== response.start) {
    response.shift(bytes, start - response.start);
  }
}

/**
 * Why the origin's bytes have ended where a response head was due.
 *
 * @param hasBegun Whether it has said something to this request already.
 */
function endOfOrigin(fetch: Fetch, hasBegun: boolean): HttpError {
  const { timedOut, reader: { failure, available } } = fetch.origin!;
  if (fetch.failure !== undefined) return fetch.failure;
  if (timedOut) return new HttpError("origin_timeout", "No response in time");
  return hasBegun || available > 0
    ? new HttpError(
      "origin_bad_message",
      "The response head broke off",
      failure,
    )
    : new HttpError(
      "origin_closed_early",
      "No response",
      failure,
      fetch.origin!.endVerdict,
    );
}

/**
 * Passes an interim response on to a client that knows them (RFC 9110 §15.2). It is a
 * sign of life: the origin's time begins anew, once the client has taken it.
 *
 * @param interimBytes Bytes of all of them so far.
 */
async function passInterim(fetch: Fetch, interimBytes: number): Promise<void> {
  const { response, client, request } = fetch;
  const { reader, deadline } = fetch.origin!;
  const { responseMs } = fetch.route.timeouts;
  if (interimBytes > INTERIM_BYTES_MAX) {
    throw new HttpError("origin_bad_message", "Too many interim responses");
  }
  reader.start = response.end;
  if (client !== undefined && request.minorVersion > 0) {
    deadline.clear();
    await client.passInterim();
  }
  // While the content is being sent, the time is that of its steps.
  if (fetch.upload?.isWhole !== false) deadline.set(responseMs);
}
