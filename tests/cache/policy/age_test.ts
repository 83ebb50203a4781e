/** How old a response is as it arrives, and how long it is fresh: RFC 9111 §4.2.1, §4.2.3. */

import {
  readMetadata,
  statedDirectives,
} from "../../../lib/cache/policy/metadata.ts";
import { assertEquals } from "../../support/assert.ts";
import { headOf } from "../../support/metadata.ts";

/** It arrived then, a second and a half after it was asked for. */
const ARRIVED_MS = Date.UTC(2026, 0, 31, 12, 0, 0, 700);
const ASKED_MS = ARRIVED_MS - 1500;
const POLICY = { defaultTtlMs: 0, heuristicMaxMs: 60_000, targetedField: "" };

/** The date so many seconds before the whole second of the arrival. */
function before(seconds: number): string {
  return new Date(ARRIVED_MS - 700 - seconds * 1000).toUTCString();
}

function metadataOf(
  lines: readonly string[],
  policy: Partial<typeof POLICY> = {},
  status = 200,
): ReturnType<typeof readMetadata> {
  const response = headOf(status, ...lines);
  return readMetadata(
    response,
    statedDirectives(response.fields, ""),
    { requestMs: ASKED_MS, responseMs: ARRIVED_MS },
    { ...POLICY, ...policy },
    false,
  );
}

Deno.test("§4.2.3: the larger of what the clocks and the Age fields say", async (t) => {
  const rows: [what: string, lines: string[], ageMs: number][] = [
    ["how long it was on its way", [`Date: ${before(0)}`], 1500],
    ["no date", [], 1500],
    ["a date in the future", [`Date: ${before(-60)}`], 1500],
    ["a date before that", [`Date: ${before(1)}`], 1500],
    ["a date long before that", [`Date: ${before(2)}`], 2000],
    ["an Age", ["Age: 5", `Date: ${before(2)}`], 6500],
    ["an Age, an older date", ["Age: 5", `Date: ${before(60)}`], 60_000],
    ["an Age of 0", ["Age: 0", `Date: ${before(0)}`], 1500],
    ["the first of a list", ["Age: 5 , 7"], 6500],
    ["the first of lines", ["Age: 5", "Age: 7"], 6500],
    ["an Age that is none", ["Age: -5"], 1500],
    ["an Age that is none", ["Age: 5x"], 1500],
    ["an Age that is none", ["Age: x, 5"], 1500],
    ["an Age beyond 2^31", [`Age: ${2 ** 31 + 1}`], 2 ** 31 * 1000 + 1500],
  ];
  for (const [what, lines, ageMs] of rows) {
    await t.step(`${what}: ${lines}`, () => {
      assertEquals(metadataOf(lines).initialAgeMs, ageMs);
    });
  }
});

Deno.test("§4.2.1, §4.2.2: how long it is fresh, by the first rule that applies", async (t) => {
  const date = `Date: ${before(0)}`;
  const expires = (seconds: number): string => `Expires: ${before(-seconds)}`;
  const modified = `Last-Modified: ${before(100)}`;
  const guess = { defaultTtlMs: 5000 };
  const rows: [
    what: string,
    lines: string[],
    ms: number,
    from: string,
    policy?: Partial<typeof POLICY>,
    status?: number,
  ][] = [
    [
      "s-maxage",
      ["Cache-Control: max-age=3, s-maxage=2", expires(9)],
      2000,
      "directive",
    ],
    ["max-age", ["Cache-Control: max-age=3", expires(9)], 3000, "directive"],
    [
      "max-age of 0",
      ["Cache-Control: max-age=0", expires(9)],
      0,
      "directive",
      guess,
    ],
    [
      "max-age that is no number",
      ["Cache-Control: max-age=x", expires(9)],
      0,
      "directive",
    ],
    ["Expires", [date, expires(9)], 9000, "expires", guess],
    ["Expires, no date", [expires(9)], 8300, "expires"],
    ["Expires before its date", [date, expires(-9)], -9000, "expires"],
    ["Expires that is no date", [date, "Expires: 0"], 0, "expires", guess],
    ["a default", [date, modified], 5000, "default", guess],
    ["a tenth of its age", [date, modified], 10_000, "heuristic"],
    ["… up to a bound", [date, modified], 7000, "heuristic", {
      heuristicMaxMs: 7000,
    }],
    ["… if guesses are allowed", [date, modified], 0, "none", {
      heuristicMaxMs: 0,
    }],
    [
      "modified after its date",
      [`Date: ${before(200)}`, modified],
      0,
      "heuristic",
    ],
    ["nothing to go by", [date], 0, "none"],
    [
      "a status that is not guessed about",
      [date, modified],
      0,
      "none",
      guess,
      302,
    ],
    ["a status that is", [date, modified], 10_000, "heuristic", {}, 404],
  ];
  for (const [what, lines, ms, from, policy, status] of rows) {
    await t.step(what, () => {
      const { lifetimeMs, lifetimeFrom } = metadataOf(lines, policy, status);
      assertEquals([lifetimeMs, lifetimeFrom], [ms, from]);
    });
  }
});

Deno.test("a query keeps from guessing, and a cookie from any lifetime that is not given", async (t) => {
  const modified = `Last-Modified: ${before(100)}`;
  const rows: [
    what: string,
    lines: string[],
    defaultTtlMs: number,
    hasCookie: boolean,
    hasQuery: boolean,
    from: string,
  ][] = [
    ["a query, no wish", [modified], 0, false, true, "none"],
    ["a query, the operator's wish", [modified], 5000, false, true, "default"],
    [
      "a query, a lifetime",
      ["Cache-Control: max-age=3"],
      0,
      true,
      true,
      "directive",
    ],
    ["a cookie, no wish", [modified], 0, true, false, "none"],
    ["a cookie, the operator's wish", [modified], 5000, true, false, "none"],
  ];
  for (const [what, lines, defaultTtlMs, hasCookie, hasQuery, from] of rows) {
    await t.step(what, () => {
      const response = headOf(200, `Date: ${before(0)}`, ...lines);
      const { lifetimeFrom } = readMetadata(
        response,
        statedDirectives(response.fields, ""),
        { requestMs: ASKED_MS, responseMs: ARRIVED_MS },
        { ...POLICY, defaultTtlMs },
        hasCookie,
        hasQuery,
      );
      assertEquals(lifetimeFrom, from);
    });
  }
});

Deno.test("validators, as they came, and the date", () => {
  const modified = `Last-Modified: ${before(100)}`;
  const read = metadataOf(['ETag: W/"a"', modified, `Date: ${before(7)}`]);
  assertEquals([read.etag, read.lastModified], ['W/"a"', before(100)]);
  assertEquals(read.lastModifiedMs, ARRIVED_MS - 700 - 100_000);
  assertEquals(read.dateMs, ARRIVED_MS - 700 - 7000);
  assertEquals(read.responseMs, ARRIVED_MS);
  const none = metadataOf([]);
  assertEquals([none.etag, none.lastModified], ["", ""]);
  assertEquals([none.lastModifiedMs, none.dateMs], [undefined, ARRIVED_MS]);
});
