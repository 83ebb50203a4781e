/** Whether a request that failed is sent once more (RFC 9110 §9.2.2, RFC 9112 §9.3.1, pure). */

import type { HttpError, RetryVerdict } from "../http/error.ts";
import { type Decision, no, yes } from "../reasons/reason.ts";

/** When requests are sent once more. */
export interface RetryOptions {
  /** How often, after the first time. */
  readonly tries: number;
  /** For how long a refused connection is tried again, in ms; 0 for not. */
  readonly forMs: number;
  /** After what: `connect`, `reset`, `timeout`, and statuses like `503` or `5xx`. */
  readonly on: readonly string[];
  /** The share of requests that may be. */
  readonly budgetPercent: number;
}

/** What the decision needs to know of the request. */
export interface RetriableRequest {
  /** Whether to send it twice is like sending it once, by its method. */
  readonly isIdempotent: boolean;
  /** Whether its content has been taken: that is sent as it comes, and not kept. */
  readonly hasContent: boolean;
  /** Whether it has been sent as often as it may be. */
  readonly isRetry: boolean;
  /** Whether there is a server that has not failed it. */
  readonly hasOther?: boolean;
}

/**
 * Decides whether a request is sent once more.
 *
 * @param verdict What its failure says of the time before.
 */
export function mayRetry(
  verdict: RetryVerdict,
  { isIdempotent, hasContent, isRetry, hasOther = false }: RetriableRequest,
): Decision {
  if (verdict === "unknown") return no("may-be-processed");
  if (verdict === "unanswered" && !hasOther) return no("may-be-processed");
  if (isRetry) return no("second-failure");
  if (hasContent) return no("content-consumed");
  if (verdict === "nothing-sent") return yes("nothing-sent");
  return isIdempotent ? yes(verdict) : no("not-idempotent");
}

/** What a failure is called in {@linkcode RetryOptions.on}. */
export function failureKind(
  { code, retry }: HttpError,
): "connect" | "reset" | "timeout" {
  if (retry === "nothing-sent") return "connect";
  return code === "origin_timeout" ? "timeout" : "reset";
}

/** Whether a status is one of those after which a request is sent once more. */
export function isRetriedStatus(
  on: readonly string[],
  status: number,
): boolean {
  const text = String(status);
  return on.includes(text) || on.includes(`${text[0]}xx`);
}
