/** How exchanges end: every error has a close, whose fault is the error's. */

import { ERROR_CODES, ERRORS } from "../../lib/http/error.ts";
import { endingOf } from "../../lib/exchange/ending.ts";
import { CLOSE } from "../../lib/reasons/close.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("an exchange that fails ends by the fault of whoever made it fail", () => {
  for (const code of ERROR_CODES) {
    for (const hasHead of [true, false]) {
      const { fault } = CLOSE[endingOf(code, hasHead)];
      assertEquals(fault, ERRORS[code].fault, code);
    }
  }
});

Deno.test("a request that is late is late with its head or with its content", () => {
  assertEquals(endingOf("request_timeout", false), "timeout_header");
  assertEquals(endingOf("request_timeout", true), "timeout_body");
});
