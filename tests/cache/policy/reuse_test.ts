/** May a stored response be used? A row for each clause of RFC 9111 §4, §4.2, §5.2 and RFC 5861. */

import { parseDirectives } from "../../../lib/cache/policy/directives.ts";
import {
  currentAge,
  remainingLifetime,
  type Reuse,
  reuse,
  STALE_MS_MAX,
  staleDecision,
} from "../../../lib/cache/policy/reuse.ts";
import { type Reason, REASONS } from "../../../lib/reasons/reason.ts";
import { assertEquals } from "../../support/assert.ts";
import { headWith, metadataFor, metadataOf } from "../../support/metadata.ts";

/** It arrived at 0, fresh from the origin. */
type Row = [
  rule: string,
  response: string,
  request: string,
  nowS: number,
  verdict: Reuse["verdict"],
  reason: Reason,
];

const ROWS: readonly Row[] = [
  // §4.2: fresh while its age is less than its lifetime.
  ["it has just arrived", "max-age=60", "", 0, "use", "fresh"],
  ["the last moment of its life", "max-age=60", "", 59.999, "use", "fresh"],
  ["§4.2: no longer", "max-age=60", "", 60, "validate", "stale"],
  ["§5.2.2.10", "max-age=60, s-maxage=90", "", 80, "use", "fresh"],
  ["§5.2.2.10", "max-age=90, s-maxage=60", "", 80, "validate", "stale"],
  // §5.2.2.4.
  ["§5.2.2.4", "max-age=60, no-cache", "", 0, "validate", "no-cache"],
  [
    "§5.2.2.4: stale, too",
    "max-age=3, no-cache",
    "",
    9,
    "validate",
    "no-cache",
  ],
  ["§5.2.2.4: a name", 'max-age=60, no-cache="a"', "", 0, "use", "fresh"],
  // §5.2.1: what the request asks for.
  ["§5.2.1.4", "max-age=60", "no-cache", 0, "validate", "request"],
  [
    "§5.2.1.4 before §5.2.2.4",
    "max-age=60, no-cache",
    "no-cache",
    0,
    "validate",
    "request",
  ],
  ["§5.2.1.1", "max-age=60", "max-age=9", 9, "use", "fresh"],
  [
    "§5.2.1.1",
    "max-age=60",
    "max-age=9",
    9.001,
    "validate",
    "request-max-age",
  ],
  ["§5.2.1.1", "max-age=60", "max-age=0", 0, "use", "fresh"],
  [
    "§5.2.1.1: it is older, whatever is tolerated",
    "max-age=60",
    "max-age=9, max-stale",
    10,
    "validate",
    "request-max-age",
  ],
  [
    "§5.2.1.1: not a number",
    "max-age=60",
    "max-age=x",
    1,
    "validate",
    "request-max-age",
  ],
  ["§5.2.1.3", "max-age=60", "min-fresh=10", 50, "use", "fresh"],
  [
    "§5.2.1.3",
    "max-age=60",
    "min-fresh=10",
    50.001,
    "validate",
    "request-min-fresh",
  ],
  ["§5.2.1.2", "max-age=60", "max-stale=10", 70, "use", "max-stale"],
  ["§5.2.1.2", "max-age=60", "max-stale=10", 70.001, "validate", "stale"],
  ["§5.2.1.2: any", "max-age=60", "max-stale", 1e6, "use", "max-stale"],
  [
    "§5.2.1.2: not a number",
    "max-age=60",
    "max-stale=x",
    61,
    "validate",
    "stale",
  ],
  ["§5.2.1.2: fresh anyway", "max-age=60", "max-stale", 9, "use", "fresh"],
  [
    "§5.2.2.2 before §5.2.1.2",
    "max-age=60, must-revalidate",
    "max-stale",
    61,
    "validate",
    "stale",
  ],
  [
    "§5.2.2.8 before §5.2.1.2",
    "max-age=60, proxy-revalidate",
    "max-stale",
    61,
    "validate",
    "stale",
  ],
  [
    "§5.2.2.10 before §5.2.1.2",
    "s-maxage=60",
    "max-stale",
    61,
    "validate",
    "stale",
  ],
  [
    "§5.2.2.2 while fresh",
    "max-age=60, must-revalidate",
    "",
    9,
    "use",
    "fresh",
  ],
  [
    "§5.2.1.5 and others are no wish",
    "max-age=60",
    "no-store",
    9,
    "use",
    "fresh",
  ],
  // RFC 5861 §3.
  [
    "5861 §3",
    "max-age=60, stale-while-revalidate=10",
    "",
    69.999,
    "refresh",
    "stale-while-revalidate",
  ],
  [
    "5861 §3",
    "max-age=60, stale-while-revalidate=10",
    "",
    70,
    "validate",
    "stale",
  ],
  [
    "5861 §3 beside §5.2.2.10",
    "s-maxage=60, stale-while-revalidate=10",
    "",
    65,
    "refresh",
    "stale-while-revalidate",
  ],
  [
    "5861 §3 behind §5.2.2.2",
    "max-age=60, stale-while-revalidate=10, must-revalidate",
    "",
    65,
    "validate",
    "stale",
  ],
  [
    "5861 §3 behind §5.2.1.1",
    "max-age=60, stale-while-revalidate=10",
    "max-age=60",
    65,
    "validate",
    "request-max-age",
  ],
];

Deno.test("reuse() gives the right answer for the right reason", async (t) => {
  for (const [rule, response, request, nowS, verdict, reason] of ROWS) {
    await t.step(`${rule}: ${response} | ${request} at ${nowS} s`, () => {
      const made = reuse(
        metadataOf(response),
        parseDirectives(request),
        nowS * 1000,
      );
      const { source } = REASONS[reason];
      assertEquals(made, { verdict, reason, source });
    });
  }
});

Deno.test("the age counts from the origin (RFC 9111 §4.2.3)", async (t) => {
  const rows: [lines: string[], nowS: number, ageS: number, leftS: number][] = [
    [["Cache-Control: max-age=60"], 10, 10, 50],
    [["Cache-Control: max-age=60", "Age: 20"], 10, 30, 30],
    [["Cache-Control: max-age=60", "Age: 90"], 10, 100, -40],
    // A clock that was set back makes nothing younger than it was.
    [["Cache-Control: max-age=60", "Age: 20"], -10, 20, 40],
  ];
  for (const [lines, nowS, ageS, leftS] of rows) {
    await t.step(`${lines.join(" | ")} at ${nowS} s`, () => {
      const stored = metadataFor(headWith(...lines));
      assertEquals(
        [
          currentAge(stored, nowS * 1000),
          remainingLifetime(stored, nowS * 1000),
        ],
        [ageS * 1000, leftS * 1000],
      );
    });
  }
});

Deno.test("staleDecision() gives the right answer for the right reason", async (t) => {
  const dayS = STALE_MS_MAX / 1000;
  const rows: [
    rule: string,
    response: string,
    request: string,
    nowS: number,
    unreachable: Reason,
    status: Reason,
  ][] = [
    [
      "9111 §4.2.4",
      "max-age=3",
      "",
      9,
      "origin-unreachable",
      "error-passed-on",
    ],
    [
      "§4.2.4: within a day",
      "max-age=3",
      "",
      3 + dayS,
      "origin-unreachable",
      "error-passed-on",
    ],
    [
      "§4.2.4: and no longer",
      "max-age=3",
      "",
      3.001 + dayS,
      "too-stale",
      "error-passed-on",
    ],
    [
      "5861 §4",
      "max-age=3, stale-if-error=6",
      "",
      9,
      "origin-unreachable",
      "stale-if-error",
    ],
    [
      "5861 §4: exceeded",
      "max-age=3, stale-if-error=6",
      "",
      9.001,
      "too-stale",
      "too-stale",
    ],
    [
      "5861 §4: the request's",
      "max-age=3",
      "stale-if-error=6",
      9,
      "origin-unreachable",
      "stale-if-error",
    ],
    [
      "9111 §5.2.2.10",
      "s-maxage=3",
      "stale-if-error=6",
      9,
      "s-maxage",
      "s-maxage",
    ],
    [
      "9111 §5.2.2.2",
      "max-age=3, must-revalidate, stale-if-error=60",
      "",
      9,
      "must-revalidate",
      "must-revalidate",
    ],
    [
      "9111 §5.2.2.8",
      "max-age=3, proxy-revalidate, stale-if-error=60",
      "",
      9,
      "must-revalidate",
      "must-revalidate",
    ],
    [
      "9111 §5.2.2.4",
      "max-age=3, no-cache, stale-if-error=60",
      "",
      9,
      "no-cache",
      "no-cache",
    ],
    [
      "9111 §5.2.1.4",
      "max-age=3, stale-if-error=60",
      "no-cache",
      9,
      "request",
      "request",
    ],
  ];
  const allowed: readonly Reason[] = ["origin-unreachable", "stale-if-error"];
  for (const [rule, response, request, nowS, unreachable, status] of rows) {
    await t.step(`${rule}: ${response} | ${request} at ${nowS} s`, () => {
      const stored = metadataOf(response);
      const directives = parseDirectives(request);
      for (
        const [failure, reason] of [
          ["unreachable", unreachable],
          ["status", status],
        ] as const
      ) {
        const made = staleDecision(stored, directives, failure, nowS * 1000);
        const { source } = REASONS[reason];
        const verdict = allowed.includes(reason);
        assertEquals(made, { verdict, reason, source }, failure);
      }
    });
  }
});
