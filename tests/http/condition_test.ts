/** Conditions as a cache evaluates them: RFC 9110 §8.8, §13; RFC 9111 §4.3.2. */

import { assertEquals } from "../support/assert.ts";
import { headWith } from "../support/metadata.ts";
import {
  allowsRange,
  hasCondition,
  heldTag,
  isNotModified,
  isStrongMatch,
  opaqueTag,
  replaceTags,
  type Validators,
} from "../../lib/http/condition.ts";

const SECOND = 1000;
const MODIFIED_MS = Date.UTC(2026, 0, 1);
const NOW_MS = Date.UTC(2026, 0, 31);
const date = (ms: number): string => new Date(ms).toUTCString();

function held(
  etag: string,
  lastModifiedMs?: number,
  dateMs = NOW_MS,
): Validators {
  return { etag, lastModifiedMs, dateMs };
}

Deno.test("the opaque part of a tag, and strong comparison", () => {
  assertEquals(['"a"', 'W/"a"', "", "W/"].map(opaqueTag), [
    '"a"',
    '"a"',
    "",
    "",
  ]);
  const rows: [a: string, b: string, is: boolean][] = [
    ['"a"', '"a"', true],
    ['"a"', '"b"', false],
    ['W/"a"', '"a"', false],
    ['"a"', 'W/"a"', false],
    ['W/"a"', 'W/"a"', false],
    ["", "", false],
  ];
  for (const [a, b, is] of rows) assertEquals(isStrongMatch(a, b), is, a + b);
});

Deno.test("tags are replaced one by one, and nothing between them is", () => {
  const marked = (tag: string): string => `<${tag}>`;
  assertEquals(
    replaceTags('"a", W/"b,c" ,"", x', marked),
    '<"a">, <W/"b,c"> ,<"">, x',
  );
  assertEquals(replaceTags("*", marked), "*");
});

Deno.test("which of two tags a client holds", async (t) => {
  const own = '"a"';
  const preferred = 'W/"a-gz"';
  const rows: [lines: string[], own: string, held: string][] = [
    [[], own, preferred],
    [['If-None-Match: "x"'], own, preferred],
    [['If-None-Match: "a"'], own, '"a"'],
    [['If-None-Match: W/"a"'], own, 'W/"a"'],
    [['If-None-Match: "a", W/"a-gz"'], own, preferred],
    [['If-None-Match: W/"a-gz", "a"'], own, preferred],
    [['If-None-Match: W/"a"'], 'W/"a"', preferred], // a weak one is all that there is
  ];
  for (const [lines, of, tag] of rows) {
    await t.step(`${lines} ${of}`, () => {
      assertEquals(heldTag(headWith(...lines).fields, of, preferred), tag);
    });
  }
});

Deno.test("which requests have a condition", () => {
  const has = (...lines: string[]): boolean =>
    hasCondition(headWith(...lines).fields);
  assertEquals(has("If-Range: x", "If-Match: *"), false);
  assertEquals(has('If-None-Match: "a"'), true);
  assertEquals(has("If-Modified-Since: x"), true);
});

Deno.test("§13.2.2: what is answered with 304", async (t) => {
  const since = (ms: number): string => `If-Modified-Since: ${date(ms)}`;
  const tagged = held('"a"', MODIFIED_MS);
  const rows: [lines: string[], held: Validators, is: boolean][] = [
    [[], tagged, false],
    [['If-None-Match: "a"'], tagged, true],
    [['If-None-Match: W/"a"'], tagged, true],
    [['If-None-Match: "a"'], held('W/"a"'), true],
    [['If-None-Match: "b", "a"'], tagged, true],
    [['If-None-Match: "b"', 'If-None-Match: "a"'], tagged, true],
    [['If-None-Match: "b"'], tagged, false],
    [["If-None-Match: *"], tagged, true],
    [["If-None-Match: *"], held(""), true],
    [['If-None-Match: ""'], held(""), false],
    [["If-None-Match:"], held(""), false],
    [["If-None-Match: a"], held("a"), true], // without quotes, on both sides
    [["If-None-Match: a"], tagged, false],
    // The tag decides, and the date is not looked at.
    [['If-None-Match: "b"', since(NOW_MS)], tagged, false],
    [[since(MODIFIED_MS)], tagged, true],
    [[since(MODIFIED_MS + SECOND)], tagged, true],
    [[since(MODIFIED_MS - SECOND)], tagged, false],
    [["If-Modified-Since: yesterday"], tagged, false],
    // Without Last-Modified, the date of the response counts.
    [[since(NOW_MS)], held(""), true],
    [[since(NOW_MS - SECOND)], held(""), false],
  ];
  for (const [lines, of, is] of rows) {
    await t.step(`${lines} ${of.etag} ${of.lastModifiedMs}`, () => {
      assertEquals(isNotModified(headWith(...lines).fields, of, NOW_MS), is);
    });
  }
});

Deno.test("§13.1.5: whether If-Range lets a range be served", async (t) => {
  const ifDate = `If-Range: ${date(MODIFIED_MS)}`;
  const rows: [lines: string[], held: Validators, is: boolean][] = [
    [[], held(""), true],
    [['If-Range: "a"'], held('"a"'), true],
    [['If-Range: "b"'], held('"a"'), false],
    [['If-Range: W/"a"'], held('W/"a"'), false],
    [['If-Range: W/"a"'], held('"a"'), false],
    [["If-Range: a"], held("a"), false],
    [[ifDate], held("", MODIFIED_MS), true],
    [[ifDate], held("", MODIFIED_MS + SECOND), false],
    [[ifDate], held("", MODIFIED_MS - SECOND), false],
    [[ifDate], held(""), false],
    [["If-Range: x"], held(""), false],
    // §8.8.2.2: a second older than its response, or weak.
    [[ifDate], held("", MODIFIED_MS, MODIFIED_MS + SECOND), true],
    [[ifDate], held("", MODIFIED_MS, MODIFIED_MS + SECOND - 1), false],
  ];
  for (const [lines, of, is] of rows) {
    await t.step(
      `${lines} ${of.etag} ${of.lastModifiedMs} ${of.dateMs}`,
      () => {
        assertEquals(allowsRange(headWith(...lines).fields, of, NOW_MS), is);
      },
    );
  }
});
