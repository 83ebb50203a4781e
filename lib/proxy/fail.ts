/** An exchange that has failed: one well-formed response, or the abrupt end that tells the client that its response is not whole. */

import { Refusal } from "../access/refusal.ts";
import { deliver, ownReply } from "../deliver/deliver.ts";
import { flush } from "../deliver/send_content.ts";
import { endingOf } from "../exchange/ending.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { identify } from "../exchange/identify.ts";
import { responseToError } from "../head/own_response.ts";
import { proxyStatusLine } from "../head/proxy_status.ts";
import { HttpError } from "../http/error.ts";
import { logEvent } from "../observe/event_log.ts";
import { nextOf } from "./next.ts";
import { proceeding } from "./writes.ts";

/** Answers with an error, or, if it is too late for that, breaks off. */
export async function fail(x: Exchange, found: HttpError): Promise<void> {
  // What was cancelled fails, too, in some way of its own: the reason is what ended it.
  const error = found.code === "internal" ? found : x.failure ?? found;
  tell(x, error);
  proceeding(x).errorCode = error.code;
  if (error instanceof Refusal) proceeding(x).accessReason = error.reason;
  x.endBy(error); // ends an upload
  const hasResponded = x.writing !== "none";
  const ending = endingOf(error.code, x.reading !== "head");
  x.fetch.discardOrigin(ending);
  if (x.fetch.upload !== undefined) {
    x.fetch.upload.stop();
    await x.fetch.upload.ended;
  }
  if (hasResponded || error.status === 0) proceeding(x).writing = "broken";
  if (error.close || x.writing === "broken") proceeding(x).keepAlive = ending;
  if (nextOf(x).step === "respond") return await answer(x, error);
  if (!hasResponded) x.noteUnanswered();
  x.client.close(ending);
}

/** Tells the operator what is not the affair of this client alone. */
function tell(x: Exchange, error: HttpError): void {
  if (error.code === "internal") logEvent("error", describe(error));
  else if (error.code === "tls_on_plain_port") {
    const text = `${x.client.address} speaks TLS to a port for plain HTTP: ` +
      "this port has none, the URL must begin with http://";
    x.site.incidents.report({
      reason: error.code,
      text,
      lasts: false,
      count: 1,
    });
  } else x.fetch.noteFailure(error);
}

function describe(error: HttpError): string {
  const { cause } = error;
  return `${error.message}: ${
    cause instanceof Error ? cause.stack ?? cause.message : cause
  }`;
}

async function answer(x: Exchange, error: HttpError): Promise<void> {
  identify(x, x.route); // if its head never got so far
  // A route without an upstream is no intermediary, which the field is for (RFC 9209 §2).
  const isOwn = x.route.name !== "" && x.route.upstream === undefined;
  if (!isOwn && error.status >= 400) {
    x.addLines(proxyStatusLine(error.code, x.route.responseRules));
  }
  const page = error.response?.content === undefined
    ? await x.route.errorPages?.errorPageOf(error.status)
    : undefined;
  try {
    await deliver(x, ownReply(responseToError(error, page)));
    await flush(x);
    proceeding(x).writing = "whole";
  } catch (gone) {
    if (!(gone instanceof HttpError)) throw gone;
    proceeding(x).writing = "broken"; // the client did not wait for its error
  }
}
