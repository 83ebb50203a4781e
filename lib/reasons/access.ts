/** Why a route refused a client (pure). */

import { type ReasonsOf, rowsOf } from "./row.ts";

const ACCESS_ROWS = {
  "maintenance-on": ["9110 §15.6.4", "Maintenance is on."],
  "address-denied": ["9110 §15.5.4", "The route denies the client's address."],
  "address-not-allowed": [
    "9110 §15.5.4",
    "The route allows other addresses than the client's.",
  ],
  "address-unknown": [
    "9110 §15.5.4",
    "A trusted proxy does not say who its client is.",
  ],
  "rate-limit": ["6585 §4", "Requests came faster than a limit allows."],
  "concurrent-limit": [
    "6585 §4",
    "More requests were in flight than a limit allows.",
  ],
  "no-credentials": ["9110 §15.5.2", "The request has no credentials."],
  "bad-credentials": [
    "6750 §3.1",
    "Authorization is not in the form that this authentication reads.",
  ],
  "wrong-credentials": [
    "9110 §15.5.2",
    "There is no such user, or the password is wrong.",
  ],
  "too-many-failures": [
    "6585 §4",
    "The client has given wrong passwords too often.",
  ],
  "token-malformed": ["7519 §7.2", "The token cannot be read."],
  "token-expired": ["7519 §4.1.4", "The token has expired."],
  "token-claim": ["7519 §7.2", "A claim of the token is not accepted."],
  "token-signature": ["7515 §5.2", "The token's signature is wrong."],
  "token-key": ["7517 §4.5", "The token's key is not known."],
  "token-algorithm": ["8725 §3.1", "The token's algorithm is not accepted."],
  "auth-service-refused": [
    "",
    "The authentication service has refused, with an answer of its own.",
  ],
  "auth-unavailable": [
    "9110 §15.6.4",
    "The credentials could not be checked.",
  ],
} as const;

/** See the module's comment. */
export const ACCESS: ReasonsOf<typeof ACCESS_ROWS> = rowsOf(
  "access",
  ACCESS_ROWS,
);
