/** What this room writes of an exchange. */

import type { Exchange } from "../exchange/exchange_state.ts";
import type { Written } from "../exchange/written.ts";

/** The fields of an exchange that delivering writes. */
export function delivering(
  x: Exchange,
): Written<Exchange, "status" | "contentBytesOut" | "coding" | "codingReason"> {
  return x;
}
