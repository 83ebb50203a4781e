/** Whether a request is sent once more: every failure with every kind of request. */

import { retryAfterMs } from "../../lib/http/retry_after.ts";
import { ERROR_CODES, HttpError } from "../../lib/http/error.ts";
import type { RetryVerdict } from "../../lib/http/error.ts";
import type { Reason } from "../../lib/reasons/reason.ts";
import { dialFailure, lateDial } from "../../lib/upstream/dial_failure.ts";
import { isRetriedStatus, mayRetry } from "../../lib/upstream/retry.ts";
import { assertEquals } from "../support/assert.ts";

const GET = {
  isIdempotent: true,
  hasContent: false,
  isRetry: false,
  hasOther: false,
};

Deno.test("mayRetry() gives the right answer for the right reason", async (t) => {
  const rows: [
    failure: RetryVerdict,
    request: Partial<typeof GET>,
    verdict: boolean,
    reason: Reason,
  ][] = [
    ["nothing-sent", {}, true, "nothing-sent"],
    ["nothing-sent", { isIdempotent: false }, true, "nothing-sent"],
    ["nothing-sent", { hasContent: true }, false, "content-consumed"],
    ["nothing-sent", { isRetry: true }, false, "second-failure"],
    ["nothing-processed", {}, true, "nothing-processed"],
    ["nothing-processed", { isIdempotent: false }, false, "not-idempotent"],
    ["nothing-processed", { hasContent: true }, false, "content-consumed"],
    ["nothing-processed", { isRetry: true }, false, "second-failure"],
    ["unanswered", {}, false, "may-be-processed"],
    ["unanswered", { hasOther: true }, true, "unanswered"],
    [
      "unanswered",
      { hasOther: true, isIdempotent: false },
      false,
      "not-idempotent",
    ],
    [
      "unanswered",
      { hasOther: true, hasContent: true },
      false,
      "content-consumed",
    ],
    ["unanswered", { hasOther: true, isRetry: true }, false, "second-failure"],
    ["unknown", { hasOther: true }, false, "may-be-processed"],
    ["unknown", {}, false, "may-be-processed"],
    ["unknown", { isIdempotent: false }, false, "may-be-processed"],
    ["unknown", { hasContent: true }, false, "may-be-processed"],
    ["unknown", { isRetry: true }, false, "may-be-processed"],
  ];
  for (const [failure, request, verdict, reason] of rows) {
    await t.step(`${failure}: ${JSON.stringify(request)}`, () => {
      const made = mayRetry(failure, { ...GET, ...request });
      assertEquals([made.verdict, made.reason], [verdict, reason]);
    });
  }
});

Deno.test("an error says whether anything was sent only where that is known", () => {
  for (const code of ERROR_CODES) {
    assertEquals(new HttpError(code, "x").retry, "unknown");
  }
  const refused = new Deno.errors.ConnectionRefused("refused");
  const dialed = [
    dialFailure(refused, "connect"),
    dialFailure(new Error("too many open files (os error 24)"), "connect"),
    dialFailure(new Error("invalid peer certificate: Expired"), "tls"),
    lateDial("connect", 1, undefined),
    lateDial("tls", 1, undefined),
  ];
  for (const error of dialed) {
    assertEquals(error.retry, "nothing-sent", error.code);
  }
});

Deno.test("statuses are retried by number and by class", () => {
  const rows: [on: string[], status: number, isRetried: boolean][] = [
    [["503"], 503, true],
    [["503"], 502, false],
    [["5xx"], 502, true],
    [["5xx"], 404, false],
    [["connect", "4xx"], 429, true],
    [["connect", "reset"], 503, false],
  ];
  for (const [on, status, isRetried] of rows) {
    assertEquals(isRetriedStatus(on, status), isRetried, `${on}: ${status}`);
  }
});

Deno.test("Retry-After is read in seconds, or as a date", () => {
  const nowMs = Date.UTC(2026, 9, 21, 7, 27, 30);
  const rows: [value: string | undefined, ms: number | undefined][] = [
    ["0", 0],
    ["2", 2000],
    ["1.5", undefined],
    ["-1", undefined],
    ["Wed, 21 Oct 2026 07:28:00 GMT", 30_000],
    ["Wednesday, 21-Oct-26 07:28:00 GMT", 30_000],
    ["Wed Oct 21 07:27:00 2026", 0], // it has passed
    ["Wed, 21 Oct 2026 07:28:00", undefined],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [value, ms] of rows) {
    assertEquals(retryAfterMs(value, nowMs), ms, value);
  }
});
