/** When a stale response may be used: RFC 9111 §4.2.4, §5.2.2 and RFC 5861, a row each. */

import { assertEquals } from "../../support/assert.ts";
import { parseDirectives } from "../../../lib/cache/policy/directives.ts";
import { metadataOf } from "../../support/metadata.ts";
import { mayServeStale, reuse } from "../../../lib/cache/policy/reuse.ts";

/** Seconds after the end of the lifetime. */
const STALE = 10;

Deno.test("what a stale response is good for while the origin can be asked", async (t) => {
  const rows: [
    rule: string,
    control: string,
    request: string,
    verdict: string,
    reason: string,
  ][] = [
    ["9111 §4.3", "max-age=3", "", "validate", "stale"],
    ["9111 §4.3", "s-maxage=3", "", "validate", "stale"],
    [
      "5861 §3",
      "max-age=3, stale-while-revalidate=30",
      "",
      "refresh",
      "stale-while-revalidate",
    ],
    [
      "5861 §3 beside 9111 §5.2.2.10",
      "s-maxage=3, stale-while-revalidate=30",
      "",
      "refresh",
      "stale-while-revalidate",
    ],
    [
      "5861 §3: the window has passed",
      "s-maxage=3, stale-while-revalidate=9",
      "",
      "validate",
      "stale",
    ],
    [
      "9111 §5.2.2.10: the client's wish is not the origin's word",
      "s-maxage=3",
      "max-stale",
      "validate",
      "stale",
    ],
    ["9111 §5.2.1.2", "max-age=3", "max-stale", "use", "max-stale"],
    ["9111 §5.2.1.2", "max-age=3", "max-stale=10", "use", "max-stale"],
    ["9111 §5.2.1.2", "max-age=3", "max-stale=9", "validate", "stale"],
    ...["must-revalidate", "proxy-revalidate"].map((word): typeof rows[0] => [
      "9111 §5.2.2.2, §5.2.2.8",
      `s-maxage=3, stale-while-revalidate=30, ${word}`,
      "max-stale",
      "validate",
      "stale",
    ]),
    [
      "9111 §5.2.2.4",
      "s-maxage=3, stale-while-revalidate=30, no-cache",
      "max-stale",
      "validate",
      "no-cache",
    ],
    [
      "9111 §5.2.1.4",
      "s-maxage=3, stale-while-revalidate=30",
      "no-cache",
      "validate",
      "request",
    ],
  ];
  for (const [rule, control, request, verdict, reason] of rows) {
    await t.step(`${rule}: ${control} | ${request}`, () => {
      const nowMs = (3 + STALE) * 1000;
      const made = reuse(metadataOf(control), parseDirectives(request), nowMs);
      assertEquals([made.verdict, made.reason], [verdict, reason]);
    });
  }
});

Deno.test("what a stale response is good for when the origin fails", async (t) => {
  const rows: [
    rule: string,
    control: string,
    request: string,
    unreachable: boolean,
    status: boolean,
  ][] = [
    ["9111 §4.2.4", "max-age=3", "", true, false],
    ["5861 §4", "max-age=3, stale-if-error=60", "", true, true],
    ["5861 §4: exceeded", "max-age=3, stale-if-error=9", "", false, false],
    ["5861 §4: the request", "max-age=3", "stale-if-error=60", true, true],
    [
      "5861 §4: the request may ask for more",
      "max-age=3, stale-if-error=9",
      "stale-if-error=60",
      true,
      true,
    ],
    [
      "5861 §4: … or for less",
      "max-age=3, stale-if-error=60",
      "stale-if-error=5",
      false,
      false,
    ],
    ["9111 §5.2.2.10", "s-maxage=3", "", false, false],
    ["9111 §5.2.2.10", "s-maxage=3", "stale-if-error=60", false, false],
    ["5861 §4", "s-maxage=3, stale-if-error=60", "", true, true],
    ["5861 §4", "s-maxage=3, stale-if-error=9", "", false, false],
    [
      "5861 §4: the request may ask for less",
      "s-maxage=3, stale-if-error=60",
      "stale-if-error=5",
      false,
      false,
    ],
    [
      "5861 §4: … but not for more",
      "s-maxage=3, stale-if-error=9",
      "stale-if-error=60",
      false,
      false,
    ],
    [
      "5861 §3 says nothing of errors",
      "s-maxage=3, stale-while-revalidate=5",
      "",
      false,
      false,
    ],
    ...["must-revalidate", "proxy-revalidate", "no-cache"].map((
      word,
    ): typeof rows[0] => [
      "9111 §5.2.2",
      `s-maxage=3, stale-if-error=60, ${word}`,
      "stale-if-error=60",
      false,
      false,
    ]),
  ];
  for (const [rule, control, request, unreachable, status] of rows) {
    await t.step(`${rule}: ${control} | ${request}`, () => {
      const stored = metadataOf(control);
      const directives = parseDirectives(request);
      const nowMs = (3 + STALE) * 1000;
      assertEquals(
        [
          mayServeStale(stored, directives, "unreachable", nowMs),
          mayServeStale(stored, directives, "status", nowMs),
        ],
        [unreachable, status],
      );
    });
  }
});
