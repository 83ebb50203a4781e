/** The end of an exchange, as its line in the log has it. */

import { endingOf } from "../exchange/ending.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { clientOf } from "../exchange/forwarded.ts";
import { LoggedExchange } from "../exchange/logged_exchange.ts";
import { endSpans } from "../exchange/spans.ts";
import { FIELD } from "../http/field.ts";
import { leaveTrace } from "./live_trace.ts";
import { proceeding } from "./writes.ts";

/** Counts and logs an exchange that is over. */
export function logExchange(x: Exchange): void {
  const { client, failure, site: { log, meter, clock } } = x;
  x.countIn(x.requestBody.contentBytes);
  if (failure !== undefined && x.errorCode === "") {
    // The response was whole before the upload failed; that its reader leaves then is no fault.
    if (failure.code !== "client_gone") proceeding(x).errorCode = failure.code;
  }
  if (client.isTrusted && log.isOn) {
    proceeding(x).clientAddress = clientOf(x).address;
  }
  if (x.errorCode !== "") {
    const hasHead = x.reading !== "head";
    proceeding(x).ending = client.closeReason ?? endingOf(x.errorCode, hasHead);
  }
  const nowMs = clock.now();
  meter?.ended(x, nowMs);
  if (x.request.fields.has(FIELD.SluiceTrace)) leaveTrace(x);
  const { spans } = x.fetch;
  if (spans !== undefined) endSpans(x, spans, nowMs);
  if (log.isOn) log.record(new LoggedExchange(x), nowMs);
}
