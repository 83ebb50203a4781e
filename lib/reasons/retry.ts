/** Why a request that failed was sent to the origin once more, or was not (pure). */

import { type ReasonsOf, rowsOf } from "./row.ts";

const RETRY_ROWS = {
  "nothing-sent": ["9110 §9.2.2", "Nothing of the request had been sent."],
  "nothing-processed": [
    "9112 §9.3.1",
    "The origin closed a reused connection before it answered.",
  ],
  "unanswered": [
    "9110 §9.2.2",
    "No byte of a response had come, and another server was asked.",
  ],
  "retried-status": ["", "The status is one of those that are tried again."],
  "server-restarts": [
    "",
    "The connection was refused, and is tried for some time.",
  ],
  "may-be-processed": [
    "9110 §9.2.2",
    "The origin may have processed the request.",
  ],
  "not-idempotent": [
    "9110 §9.2.2",
    "Sending a request with this method twice is not the same as sending it once.",
  ],
  "content-consumed": [
    "",
    "The request's content is not kept to be sent again.",
  ],
  "second-failure": ["", "The request had been sent once more already."],
  "retry-not-wanted": ["", "The configuration does not retry such a failure."],
  "retry-too-late": ["", "The time for all tries together was over."],
  "retry-budget": [
    "",
    "More requests had been sent again than the budget allows.",
  ],
} as const;

/** See the module's comment. */
export const RETRY: ReasonsOf<typeof RETRY_ROWS> = rowsOf(
  "retry",
  RETRY_ROWS,
);
