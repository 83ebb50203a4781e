/** The table of errors: whose fault means which status, and what becomes of the connection. */

import { assertEquals } from "../support/assert.ts";
import { ERROR_CODES, HttpError } from "../../lib/http/error.ts";

/** A client's fault after which its bytes are still understood: the connection goes on. */
const UNDERSTOOD = [
  "forbidden",
  "unauthenticated",
  "auth_refused",
  "too_many_failures",
  "address_refused",
  "rate_limited",
  "too_many_in_flight",
  "unknown_host",
  "no_route",
  "ambiguous_path",
  "not_found",
  "method_not_allowed",
  "precondition_failed",
  "expectation_failed",
  "loop_detected",
  "not_cached",
];

/** There is nothing wrong with the request, nor with sluice: it may be tried again. */
const BUSY = ["auth_unavailable", "overloaded", "maintenance", "no_server"];

for (const code of ERROR_CODES) {
  Deno.test(`${code}: its status and its connection agree with whose fault it is`, () => {
    const { status, fault, close } = new HttpError(code, "");
    if (status === 0) assertEquals(close, true); // there is no other way to say it
    else if (fault === "client") {
      assertEquals(close, !UNDERSTOOD.includes(code));
    } else assertEquals(close, code === "internal");
    const isLate = code.endsWith("_timeout");
    if (fault === "origin" && status > 0) {
      assertEquals(status, isLate || code === "not_validated" ? 504 : 502);
    } else if (isLate) assertEquals(status, 408);
    if (fault === "sluice") {
      if (status !== 0) assertEquals(status, BUSY.includes(code) ? 503 : 500);
    }
    assertEquals(fault === "origin", /^origin_|^not_validated$/.test(code));
  });
}

Deno.test("the statuses of clients' faults", () => {
  const statuses = ERROR_CODES.map((code) => new HttpError(code, ""))
    .filter(({ fault }) => fault === "client")
    .filter(({ status }) => status !== 400 && status !== 0)
    .map(({ code, status }) => `${status} ${code}`);
  assertEquals(statuses.sort(), [
    "401 unauthenticated", // RFC 9110 §15.5.2
    "403 address_refused",
    "403 auth_refused",
    "403 forbidden", // RFC 9110 §15.5.4
    "404 no_route",
    "404 not_found",
    "405 method_not_allowed",
    "408 request_timeout",
    "412 precondition_failed",
    "413 content_too_large",
    "414 target_too_long",
    "417 expectation_failed",
    "421 misdirected",
    "421 unknown_host",
    "429 rate_limited", // RFC 6585 §4
    "429 too_many_failures",
    "429 too_many_in_flight",
    "431 fields_too_large", // RFC 6585 §5
    "501 not_implemented",
    "504 not_cached", // RFC 9111 §5.2.1.7
    "505 version_unsupported",
    "508 loop_detected", // RFC 5842 §7.2
  ]);
});
