/**
 * Downloads that are resumed by date: what the client has may be the beginning of a
 * coded form, which has the same date, and the origin's part would not continue it
 * (RFC 9110 §13.1.5).
 */

import { isCodable } from "../coding/eligible.ts";
import { FIELD } from "../http/field.ts";
import { fetchFromOrigin } from "../fetch/ask.ts";
import { acceptedCoding } from "../coding/choose.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { type ForwardingPlan, NO_VALIDATORS } from "../head/forwarding.ts";

/** Whether the origin's 206 may not continue what the client has. */
export function mayContinueCoded(x: Exchange): boolean {
  const { request, fetch: { response }, route: { coding } } = x;
  if (response.status !== 206 || coding === undefined) return false;
  const ifRange = request.fields.text(FIELD.IfRange);
  return ifRange !== undefined &&
    !ifRange.includes('"') && // a tag tells the forms apart
    request.framing.kind === "none" &&
    isCodable(response.fields, coding.types) &&
    acceptedCoding(request.fields, coding.onTheFly) !== undefined;
}

/** Asks once more, for the whole. */
export async function fetchWhole(
  x: Exchange,
  plan: ForwardingPlan,
): Promise<void> {
  x.fetch.discardOrigin();
  await fetchFromOrigin(x.fetch, { ...plan, validators: NO_VALIDATORS });
}
