/** An explanation as text. */

import { explanationLines, printable } from "../../lib/explain/text.ts";
import { decided, told } from "../../lib/explain/explanation.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("steps stand under each other, each with its rule and what is known", () => {
  const lines = explanationLines({
    request: { method: "GET", url: "http://a/", client: "::1" },
    result: "hit",
    status: 200,
    reason: "max-stale",
    cacheStatus: "sluice; hit; ttl=-1",
    steps: [
      decided("reuse", "max-stale", { verdict: "use", isUsed: true }),
      told("reuse", "More.", { ageMs: 999, lifeMs: 61_050, sizeBytes: 7 }),
      told("sent", "So.", { headers: ["a: b", "c: d".repeat(20)], none: [] }),
      told("timeouts", "Times.", {
        readMs: 5,
        on: ["a", "b"],
        is: undefined,
        isNot: false,
        isTrue: true,
      }),
    ],
  });
  assertEquals(lines, [
    "GET http://a/: hit, 200 (max-stale)",
    "Cache-Status: sluice; hit; ttl=-1",
    "reuse      max-stale: The stored response is stale, and the request's max-stale accepts it. (RFC 9111 §5.2.1.2)",
    "             verdict: use",
    "             used: true",
    "           More.",
    "             age: 999 ms",
    "             life: 61 s",
    "             size: 7 bytes",
    "sent       So.",
    "             headers:",
    "               - a: b",
    `               - ${"c: d".repeat(20)}`,
    "timeouts   Times.",
    "             read 5 ms, on a b, true",
  ]);
});

Deno.test("nothing steers the terminal", () => {
  assertEquals(
    printable("a\x1b[2Jb\x9bc\r\n\u202e"),
    "a\\u{1b}[2Jb\\u{9b}c\\u{d}\\u{a}\\u{202e}",
  );
  assertEquals(printable("ä €"), "ä €");
});
