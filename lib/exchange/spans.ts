/**
 * The spans of an exchange, if the runtime records traces: one from the client's first
 * byte to the end, and within it one of the request to an origin, which gets the trace
 * with its request.
 *
 * A trace that the client says is not recorded is not recorded here either; its headers
 * go on as they came.
 */

import { isNominated } from "../http/connection.ts";
import type { RequestHead } from "../http/request_head.ts";
import {
  parseTraceparent,
  type TraceContext,
  traceparentLine,
} from "../http/trace_context.ts";
import type { Attributes, Tracing } from "../observe/tracing.ts";
import type { Exchange } from "./exchange_state.ts";
import type { ExchangeSpans, Fetch } from "./fetch_state.ts";
import { LoggedExchange } from "./logged_exchange.ts";
import { tracing } from "./writes.ts";

/** The headers of a trace, in lower case: what comes of them goes to the origin by lines of ours. */
export const TRACE_HEADERS: readonly string[] = ["traceparent", "tracestate"];

/** Begins the span of an exchange whose request head is complete. */
export function beginSpans(x: Exchange, traces: Tracing): void {
  const { request, fetch, startedMs } = x;
  const parent = parentOf(request);
  const state = parent === undefined ? "" : valueOf(request, "tracestate");
  const stateLine = state === "" ? "" : `tracestate: ${state}\r\n`;
  if (parent?.isSampled === false) {
    tracing(fetch).traceLines = traceparentLine(parent) + stateLine;
    return;
  }
  const own = traces.begin("server", request.methodText, parent, startedMs);
  tracing(fetch).spans = { own, asking: undefined, askingMs: 0, stateLine };
  tracing(fetch).traceLines = traceparentLine(own.context) + stateLine;
}

/** Begins the span of the request to the origin, and has the origin told of it. */
export function beginAsking(
  fetch: Fetch,
  spans: ExchangeSpans,
  traces: Tracing,
): void {
  if (spans.asking !== undefined) return; // it is asked once more, for the same
  const { request, site } = fetch;
  spans.askingMs = site.clock.now();
  spans.asking = traces.begin(
    "client",
    request.methodText,
    spans.own.context,
    spans.askingMs,
  );
  tracing(fetch).traceLines = traceparentLine(spans.asking.context) +
    spans.stateLine;
}

/** Ends the spans of an exchange that is over. */
export function endSpans(
  x: Exchange,
  { own, asking }: ExchangeSpans,
  nowMs: number,
): void {
  const { request, fetch, startedMs } = x;
  const entry = new LoggedExchange(x);
  const method = request.methodText;
  const { originMs, originStatus } = fetch;
  const error = entry.errorCode;
  if (asking !== undefined) {
    asking.end({
      endMs: originMs < 0 ? nowMs : startedMs + originMs,
      attributes: {
        "http.request.method": method,
        ...(originStatus > 0
          ? { "http.response.status_code": originStatus }
          : { "error.type": error }),
        ...(fetch.address === "" ? {} : { "server.address": fetch.address }),
        ...(fetch.tryCount > 0
          ? { "http.request.resend_count": fetch.tryCount }
          : {}),
      },
      isError: originStatus === 0 || originStatus >= 400,
    });
  }
  const { routeName, cacheStatus } = entry;
  own.end({
    endMs: nowMs,
    attributes: {
      "http.request.method": method,
      "url.scheme": entry.scheme,
      "url.path": request.targetText.split("?", 1)[0]!,
      "client.address": entry.clientAddress,
      ...statusOf(entry.status),
      ...(routeName === "" ? {} : { "http.route": routeName }),
      ...(cacheStatus === "" ? {} : { "sluice.cache": cacheStatus }),
      ...(error === "" ? {} : { "error.type": error }),
    },
    isError: entry.status >= 500,
  }, routeName === "" ? method : `${method} ${routeName}`);
}

function statusOf(status: number): Attributes {
  return status > 0 ? { "http.response.status_code": status } : {};
}

/** The span that the request comes from; undefined if it names none, or several. */
function parentOf(request: RequestHead): TraceContext | undefined {
  return parseTraceparent(valueOf(request, "traceparent"));
}

/** The values of a header as one list (RFC 9110 §5.3); empty if there is none. */
function valueOf({ fields }: RequestHead, name: string): string {
  const values: string[] = [];
  for (let line = 0; line < fields.count; line++) {
    if (fields.nameIs(line, name) && !isNominated(fields, line)) {
      values.push(fields.valueText(line));
    }
  }
  return values.join(",");
}
