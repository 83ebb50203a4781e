/** Readers of content: in runs, and in ranges of what another one reads. */

import { assertEquals, assertThrows } from "../support/assert.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { HttpError } from "../../lib/http/error.ts";
import { BytesReader, RangeReader } from "../../lib/deliver/content_reader.ts";
import type { ContentReader } from "../../lib/deliver/reply.ts";

/** All that a reader gives, in runs of so many bytes at most. */
function runsOf(reader: ContentReader, bytesMax?: number): string[] {
  const runs: string[] = [];
  for (;;) {
    const run = reader.take(bytesMax);
    if (run === undefined) return runs;
    runs.push(textOf(run, 0, run.length));
  }
}

Deno.test("BytesReader: all of it, in runs no longer than is asked for", () => {
  const reader = new BytesReader(bytesOf("abcde"));
  assertEquals(reader.done, false);
  assertEquals(runsOf(reader, 2), ["ab", "cd", "e"]);
  assertEquals([reader.done, reader.contentBytes], [true, 5]);
  assertEquals(new BytesReader(bytesOf("")).done, true);
  const large = new Uint8Array(300_000);
  assertEquals(new BytesReader(large).take()?.length, 256 * 1024);
});

Deno.test("RangeReader: ranges one after the other, each to its end and no further", () => {
  const whole = new BytesReader(bytesOf("abcdefgh"));
  const rows: [start: number, end: number, bytesMax: number, runs: string[]][] =
    [
      [0, 1, 9, ["a"]],
      [1, 4, 2, ["bc", "d"]],
      [6, 8, 9, ["gh"]],
    ];
  for (const [start, end, bytesMax, runs] of rows) {
    const range = new RangeReader(whole, { start, end });
    assertEquals(range.done, false);
    assertEquals(runsOf(range, bytesMax), runs);
    assertEquals([range.done, range.contentBytes], [true, end - start]);
  }
});

Deno.test("RangeReader: content that ends before the range does has broken off", () => {
  const range = new RangeReader(new BytesReader(bytesOf("abc")), {
    start: 1,
    end: 9,
  });
  assertEquals(range.take()?.length, 2);
  assertThrows(() => range.take(), HttpError, "The range is not there");
  assertEquals(range.done, false);
});
