/** Byte ranges: RFC 9110 §14. */

import { assertEquals } from "../support/assert.ts";
import {
  contentRange,
  isWholeRange,
  parseContentRange,
  parseRange,
  parseRangeWithin,
  rangeBegin,
} from "../../lib/http/range.ts";

/** As `start-end`, the end left out; or why there are none. */
function rangesOf(text: string, length: number): string {
  const ranges = parseRange(text, length);
  if (typeof ranges === "string") return ranges;
  return ranges.map(({ start, end }) => `${start}-${end}`).join();
}

Deno.test("§14.2: which ranges are asked for", async (t) => {
  const rows: [text: string, length: number, ranges: string][] = [
    ["bytes=0-0", 1000, "0-1"],
    ["bytes=0-499", 1000, "0-500"],
    ["bytes=500-", 1000, "500-1000"],
    ["bytes=999-", 1000, "999-1000"],
    ["bytes=1000-", 1000, "unsatisfiable"],
    ["bytes=500-5000", 1000, "500-1000"],
    ["bytes=5000-6000", 1000, "unsatisfiable"],
    ["bytes=-1", 1000, "999-1000"],
    ["bytes=-1000", 1000, "0-1000"],
    ["bytes=-2000", 1000, "0-1000"],
    ["bytes=-0", 1000, "unsatisfiable"],
    ["BYTES\t= 1-1 ", 1000, "1-2"],
    ["bytes=5-4", 1000, "ignore"],
    ["bytes=4-4", 1000, "4-5"],
    ["bytes=-", 1000, "ignore"],
    ["bytes=", 1000, "ignore"],
    ["bytes=,", 1000, "ignore"],
    ["bytes=a-b", 1000, "ignore"],
    ["bytes=1-2-3", 1000, "ignore"],
    ["items=0-1", 1000, "ignore"],
    ["bytes 0-1", 1000, "ignore"],
    ["bytes=0-0", 0, "ignore"],
    // Several: in order, those that overlap or nearly touch as one.
    ["bytes=500-501,0-1", 1000, "0-2,500-502"],
    ["bytes=,0-1, ,500-501,", 1000, "0-2,500-502"],
    ["bytes=0-1,2000-", 1000, "0-2"],
    ["bytes=0-1,x", 1000, "ignore"],
    ["bytes=0-9,5-20", 1000, "0-21"],
    ["bytes=0-99,5-20", 1000, "0-100"],
    ["bytes=0-9,90-99", 1000, "0-100"], // a gap of 80
    ["bytes=0-9,91-99", 1000, "0-10,91-100"],
    [`bytes=${"0-0,".repeat(16)}`, 1000, "0-1"],
    [`bytes=${"0-0,".repeat(17)}`, 1000, "ignore"],
  ];
  for (const [text, length, ranges] of rows) {
    await t.step(`${text.slice(0, 30)} of ${length}`, () => {
      assertEquals(rangesOf(text, length), ranges);
    });
  }
});

Deno.test("a range for everything", () => {
  for (const text of ["bytes=0-", "Bytes = 00- "]) {
    assertEquals(isWholeRange(text), true, text);
  }
  for (
    const text of ["bytes=1-", "bytes=0-5", "bytes=-0", "x=0-", "bytes=0-,1-"]
  ) {
    assertEquals(isWholeRange(text), false, text);
  }
});

Deno.test("one range that ends within what has arrived", async (t) => {
  const rows: [text: string, arrived: number, range: string | undefined][] = [
    ["bytes=0-9", 10, "0-10"],
    ["bytes=0-9", 9, undefined],
    ["bytes=9-9", 10, "9-10"],
    ["bytes=9-8", 10, undefined],
    ["bytes=9-7", 10, undefined],
    ["bytes=0-", 10, undefined],
    ["bytes=-5", 10, undefined],
    ["bytes=-", 10, undefined],
    ["bytes=0-1,3-4", 10, undefined],
    ["items=0-1", 10, undefined],
  ];
  for (const [text, arrived, range] of rows) {
    await t.step(`${text} of ${arrived}`, () => {
      const found = parseRangeWithin(text, arrived);
      assertEquals(found && `${found.start}-${found.end}`, range);
    });
  }
});

Deno.test("§14.4: Content-Range", () => {
  assertEquals(contentRange({ start: 0, end: 1 }, 5), "bytes 0-0/5");
  assertEquals(contentRange({ start: 2, end: 5 }, 0), "bytes 2-4/0");
  assertEquals(contentRange({ start: 2, end: 5 }, -1), "bytes 2-4/*");
});

Deno.test("§14.4: which part of which whole a response is", () => {
  const rows: [text: string, part: string | undefined][] = [
    ["bytes 0-0/1", "0-1/1"],
    ["bytes 5-9/10", "5-10/10"],
    [" BYTES  5-9/4294967296 ", "5-10/4294967296"],
    ["bytes 5-9/*", undefined],
    ["bytes */10", undefined],
    ["bytes 5-10/10", undefined],
    ["bytes 9-5/10", undefined],
    ["bytes=5-9/10", undefined],
    ["items 5-9/10", undefined],
    ["bytes 5-9/10, bytes 0-1/10", undefined],
    ["bytes 0-9999999999999999/99999999999999999", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of rows) {
    const part = parseContentRange(text);
    const shown = part && `${part.start}-${part.end}/${part.length}`;
    assertEquals(shown, expected, text);
  }
});

Deno.test("where ranges begin, whatever they are of", () => {
  const rows: [text: string, begin: number | undefined][] = [
    ["bytes=0-", 0],
    ["bytes=500-", 500],
    ["bytes = 500-600", 500],
    ["bytes=900-,500-600", 500],
    ["bytes=-5", 0],
    ["bytes=-5,-7", 0],
    ["bytes=-5,500-600", 500],
    ["bytes=-0", 0],
    ["bytes=5-4", undefined],
    ["lines=5-6", undefined],
  ];
  for (const [text, begin] of rows) {
    assertEquals(rangeBegin(text), begin, text);
  }
});
