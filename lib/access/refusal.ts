/** Why a route does not let a request through, as an error with a reason of the table. */

import {
  type ErrorCode,
  type ErrorResponse,
  HttpError,
} from "../http/error.ts";
import { type AccessReason, REASONS } from "../reasons/reason.ts";

/** By reason: the code of its error. */
const CODES: Readonly<Record<AccessReason, ErrorCode>> = {
  "maintenance-on": "maintenance",
  "address-denied": "address_refused",
  "address-not-allowed": "address_refused",
  "address-unknown": "address_refused",
  "rate-limit": "rate_limited",
  "concurrent-limit": "too_many_in_flight",
  "no-credentials": "unauthenticated",
  "bad-credentials": "unauthenticated",
  "wrong-credentials": "unauthenticated",
  "too-many-failures": "too_many_failures",
  "token-malformed": "unauthenticated",
  "token-expired": "unauthenticated",
  "token-claim": "unauthenticated",
  "token-signature": "unauthenticated",
  "token-key": "unauthenticated",
  "token-algorithm": "unauthenticated",
  "auth-service-refused": "auth_refused",
  "auth-unavailable": "auth_unavailable",
};

/** See the module's comment. */
export class Refusal extends HttpError {
  readonly reason: AccessReason;

  /**
   * @param detail For the log; the words of the reason by default.
   * @param response What the client gets in place of the status in words.
   */
  constructor(
    reason: AccessReason,
    { detail = REASONS[reason].words, response, cause }: {
      readonly detail?: string;
      readonly response?: ErrorResponse;
      readonly cause?: unknown;
    } = {},
  ) {
    super(CODES[reason], detail, cause, "unknown", response);
    this.reason = reason;
  }
}
