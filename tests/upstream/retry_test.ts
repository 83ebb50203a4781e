/** Whether a request is sent once more: every failure with every kind of request. */

import { ERROR_CODES, HttpError } from "../../lib/http/error.ts";
import type { RetryVerdict } from "../../lib/http/error.ts";
import type { Reason } from "../../lib/reasons/reason.ts";
import { dialFailure, lateDial } from "../../lib/upstream/dial_failure.ts";
import { mayRetry } from "../../lib/upstream/retry.ts";
import { assertEquals } from "../support/assert.ts";

const GET = { isIdempotent: true, hasContent: false, isRetry: false };

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
