/**
 * Asking the origin: a connection, the request, and the response up to the end of
 * its head.
 */

import { HttpError, originBadMessage } from "../http/error.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import { isSafe } from "../http/method.ts";
import { isInterim } from "../http/status.ts";
import type { Acquisition } from "../upstream/acquisition.ts";
import type { OriginConnection } from "../upstream/origin_connection.ts";
import type { Server } from "../upstream/server.ts";
import { noteNominated } from "../exchange/body.ts";
import type { Fetch } from "../exchange/fetch_state.ts";
import { beginAsking } from "../exchange/spans.ts";
import { writeOriginRequest } from "../head/origin_request.ts";
import type {
  ForwardingPlan,
  OriginRequestOptions,
} from "../head/forwarding.ts";
import { mirrorRequest } from "./mirror.ts";
import { prefaceFor } from "./preface.ts";
import { beginTotal, responseMsOf } from "./total_time.ts";
import { withOwnTags } from "./own_tag.ts";
import { afterAnswer, chooseFirst, Tries } from "./tries.ts";
import { fetching } from "./writes.ts";

/**
 * Bytes of interim responses to one request; more are a flood (RFC 9110 §15.2 sets
 * no bound). Some origins tell of an upload's progress with each piece of it.
 */
const INTERIM_BYTES_MAX = 1024 * 1024;
/** How a TLS server begins when it is not spoken to in TLS (RFC 8446 §5.1). */
const TLS_ALERT = 0x15;
const NONE: ReadonlySet<Server> = new Set();

/**
 * Sends the request and receives the final response's head; once more, to another
 * server if there is one, if that is safe.
 *
 * @throws {HttpError} Why there is no response; the connection, if there is one, is
 *   still `fetch.origin`.
 */
export async function fetchFromOrigin(
  fetch: Fetch,
  plan: ForwardingPlan,
): Promise<void> {
  const { upstream } = fetch;
  beginTotal(fetch);
  const { spans, site: { tracing } } = fetch;
  if (spans !== undefined) beginAsking(fetch, spans, tracing!);
  const { method, framing } = fetch.request;
  // Content is sent as it comes, so it cannot be sent again.
  const isRepeatable = isSafe(method) && framing.kind === "none";
  const due = fetch.client?.awaitContent();
  if (due !== undefined) await due;
  if (upstream.isGroup) await chooseFirst(fetch);
  fetching(fetch).origin = upstream.take(fetch.server, isRepeatable);
  const mirrors = upstream.options.mirror !== undefined && plan.upgrade === "";
  for (let tries: Tries | undefined;;) {
    if (fetch.failure !== undefined) throw fetch.failure; // the client has left meanwhile
    // One that has ended, or has spoken, in the meantime has nothing to do with this request.
    if (fetch.origin?.isClean === false) {
      fetch.discardOrigin(fetch.origin.arrivalReason);
    }
    let isSent = false;
    try {
      if (fetch.origin === undefined) {
        await acquireConnection(fetch, isRepeatable, tries);
      }
      const origin = fetch.origin!;
      const isWhole = writeRequest(fetch, plan);
      noteSending(fetch, origin);
      isSent = true;
      if (fetch.out.length > 0) await origin.write(fetch.out.view());
      if (!isWhole) fetch.client!.startUpload();
      else if (mirrors && tries === undefined) {
        mirrorRequest(fetch, Math.random);
      }
      beginResponse(fetch);
      for (let interimBytes = 0;;) {
        if (parseResponse(fetch)) {
          if (isFinal(fetch.response.status)) break;
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
      if (!(error instanceof HttpError) || fetch.failure !== undefined) {
        throw error;
      }
      tries ??= new Tries(fetch);
      if (!tries.again(error, isSent)) throw error;
      fetch.discardOrigin("upstream_reset");
      continue;
    }
    if (!upstream.judgesAnswers) return beginContent(fetch);
    tries = afterAnswer(fetch, tries);
    if (tries === undefined) return beginContent(fetch);
    fetch.discardOrigin();
  }
}

async function acquireConnection(
  fetch: Fetch,
  isRepeatable: boolean,
  tries: Tries | undefined,
): Promise<void> {
  const { upstream, server, part } = fetch;
  const wish = {
    isRepeatable,
    isRetry: tries?.isRetry ?? false,
    server,
    part,
    tried: tries?.tried ?? NONE,
    preface: prefaceFor(upstream, fetch.peer),
    route: fetch.route,
    dueMs: fetch.dueMs,
  };
  const delayMs = tries?.delayMs ?? 0;
  const acquisition = delayMs > 0
    ? upstream.acquireLater(wish, delayMs)
    : upstream.acquire(wish);
  const written = fetching(fetch);
  written.acquisition = acquisition;
  try {
    written.origin = await acquisition.connection;
  } finally {
    if (upstream.isGroup) {
      written.server = fetch.origin?.server ?? acquisition.server ?? server;
    }
    written.acquisition = undefined;
    noteWait(fetch, acquisition);
  }
  if (fetch.failure !== undefined) throw fetch.failure;
}

/** Notes how long the request has waited for a connection, besides earlier tries. */
function noteWait(fetch: Fetch, { queueMs, connectMs }: Acquisition): void {
  const written = fetching(fetch);
  written.queueMs = Math.max(fetch.queueMs, 0) + queueMs;
  if (connectMs >= 0) {
    written.connectMs = Math.max(fetch.connectMs, 0) + connectMs;
  }
}

/** Notes when the request is sent, and on what connection, for the log. */
function noteSending(fetch: Fetch, origin: OriginConnection): void {
  const { clock, wheel } = fetch.site;
  const written = fetching(fetch);
  written.sentOn = origin;
  written.isReused = origin.requestCount > 1;
  written.connectionAgeMs = wheel.now() - origin.openedMs;
  written.sentMs = clock.now();
}

/** Puts the head and what has arrived of the content into `fetch.out`; tells whether that is all. */
function writeRequest(fetch: Fetch, plan: ForwardingPlan): boolean {
  fetch.out.length = 0;
  writeRequestHead(fetch.out, fetch, plan, fetch.origin!.server);
  const isWhole = fetch.client?.takeContent() ?? true;
  fetch.origin!.deadline.set(responseMsOf(fetch));
  return isWhole;
}

/**
 * Writes the head that the origin gets.
 *
 * @param server The one that gets it.
 */
export function writeRequestHead(
  out: ByteWriter,
  fetch: Fetch,
  plan: ForwardingPlan,
  server: Server | undefined,
): void {
  const own = withOwnTags(fetch, plan);
  const { request, peer, addedLines } = fetch;
  const options = optionsFor(fetch, server);
  writeOriginRequest(out, request, options, peer, own, addedLines);
}

/** The options of the route; of several servers, each is called by its own name. */
function optionsFor(
  { route, upstream }: Fetch,
  server: Server | undefined,
): OriginRequestOptions {
  if (!upstream.isGroup || route.hostHeader.from === "text") return route;
  const { authority } = server!.options.address;
  return authority === route.origin.authority
    ? route
    : { ...route, origin: { authority } };
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
  fetch.noteIdleHint();
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
  if (timedOut) {
    return new HttpError(
      "origin_timeout",
      "No response in time",
      undefined,
      hasBegun || available > 0 ? "unknown" : "unanswered",
    );
  }
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
  if (interimBytes > INTERIM_BYTES_MAX) {
    throw new HttpError("origin_bad_message", "Too many interim responses");
  }
  reader.start = response.end;
  if (client !== undefined && request.minorVersion > 0) {
    deadline.clear();
    await client.passInterim();
  }
  // While the content is being sent, the time is that of its steps.
  if (fetch.upload?.isWhole !== false) deadline.set(responseMsOf(fetch));
}
