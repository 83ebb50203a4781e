/** Whether a request that failed is sent once more (RFC 9110 §9.2.2, RFC 9112 §9.3.1, pure). */

import type { RetryVerdict } from "../http/error.ts";
import { type Decision, no, yes } from "../reasons/reason.ts";

/** What the decision needs to know of the request. */
export interface RetriableRequest {
  /** Whether to send it twice is like sending it once, by its method. */
  readonly isIdempotent: boolean;
  /** Whether it has content: that is sent as it comes, and not kept. */
  readonly hasContent: boolean;
  /** Whether it has been sent once more already. */
  readonly isRetry: boolean;
}

/**
 * Decides whether a request is sent once more.
 *
 * @param verdict What its failure says of the first time.
 */
export function mayRetry(
  verdict: RetryVerdict,
  { isIdempotent, hasContent, isRetry }: RetriableRequest,
): Decision {
  if (verdict === "unknown") return no("may-be-processed");
  if (isRetry) return no("second-failure");
  if (hasContent) return no("content-consumed");
  if (verdict === "nothing-sent") return yes("nothing-sent");
  return isIdempotent ? yes("nothing-processed") : no("not-idempotent");
}
