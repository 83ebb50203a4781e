/** Directives of a line in a buffer: what was read last is remembered, and never taken for another. */

import { assertEquals } from "../../support/assert.ts";
import {
  parseDirectives,
  parseDirectivesLine,
} from "../../../lib/cache/policy/directives.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

Deno.test("a line of a buffer reads as its text does, whatever was read before", () => {
  const lines = [
    "no-store",
    "no-cache", // as long
    "max-age=1, must-reval=1", // as long but for 16
    "no-store",
    "",
    `private="${"x".repeat(300)}"`, // too long to be remembered
    "no-store",
    "No-Store",
  ];
  for (const line of [...lines, ...lines]) {
    const bytes = bytesOf(`: ${line}\r\n`);
    assertEquals(
      parseDirectivesLine(bytes, 2, 2 + line.length),
      parseDirectives(line),
    );
  }
});
