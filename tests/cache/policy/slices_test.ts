/** Slices: which parts are of one version, and which range a slice is. */

import { assert, assertEquals } from "../../support/assert.ts";
import { headOf, metadataOf } from "../../support/metadata.ts";
import type { Metadata } from "../../../lib/cache/policy/metadata.ts";
import {
  hasStrongValidator,
  isSliceable,
  partIn,
  rangeOfSlice,
  sliceCount,
  versionOf,
} from "../../../lib/cache/policy/slices.ts";

function metadataWith(values: Partial<Metadata>): Metadata {
  return { ...metadataOf(""), etag: "", lastModified: "", ...values };
}

Deno.test("a slice is a range, and the last one ends with the whole", () => {
  const rows: [length: number, index: number, start: number, end: number][] = [
    [1, 0, 0, 1],
    [10, 0, 0, 10],
    [11, 1, 10, 11],
    [25, 1, 10, 20],
    [4 * 2 ** 30, 429_496_729, 4_294_967_290, 4 * 2 ** 30],
  ];
  for (const [length, index, start, end] of rows) {
    const slices = { bytes: 10, length };
    assertEquals(rangeOfSlice(slices, index), { start, end });
    assertEquals(sliceCount(slices), Math.ceil(length / 10));
  }
  assert(isSliceable(2 ** 40, 2 ** 20));
  assert(!isSliceable(2 ** 40 + 1, 2 ** 20));
  assert(!isSliceable(0, 10));
});

Deno.test("parts are put together by strong validators only (RFC 9110 §8.8.1)", () => {
  const rows: [etag: string, lastModifiedMs: number | undefined, boolean][] = [
    ['"a"', undefined, true],
    ['W/"a"', undefined, false],
    ['W/"a"', 0, false],
    ["", undefined, false],
    ["", 9000, true],
    ["", 9001, false],
    ["", 20_000, false],
  ];
  for (const [etag, lastModifiedMs, isStrong] of rows) {
    const metadata = metadataWith({ etag, lastModifiedMs, dateMs: 10_000 });
    assertEquals(hasStrongValidator(metadata), isStrong, etag);
  }
});

Deno.test("a response is a slice if it is all of the range that was asked for", () => {
  const rows: [status: number, lines: readonly string[], isIt: boolean][] = [
    [206, ["Content-Range: bytes 10-19/25", "Content-Length: 10"], true],
    [200, ["Content-Range: bytes 10-19/25", "Content-Length: 10"], false],
    [206, ["Content-Length: 10"], false],
    [206, ["Content-Range: bytes 10-19/x", "Content-Length: 10"], false],
    [206, ["Content-Range: bytes 9-19/25", "Content-Length: 11"], false],
    [206, ["Content-Range: bytes 10-20/25", "Content-Length: 11"], false],
    [206, ["Content-Range: bytes 10-18/25", "Content-Length: 9"], false],
    [206, ["Content-Range: bytes 10-19/25", "Content-Length: 9"], false],
    [206, ["Content-Range: bytes 10-19/25"], false],
    // The last one ends with the whole.
    [206, ["Content-Range: bytes 10-14/15", "Content-Length: 5"], true],
  ];
  for (const [status, lines, isIt] of rows) {
    const part = partIn(headOf(status, ...lines), 1, 10);
    assertEquals(part !== undefined, isIt, lines.join());
  }
});

Deno.test("whatever tells versions apart makes another one", () => {
  const validators = metadataWith({ etag: '"a"', lastModified: "x" });
  const slices = { bytes: 10, length: 100 };
  const versions = [
    versionOf(validators, slices, "v", 1),
    versionOf({ ...validators, etag: '"b"' }, slices, "v", 1),
    versionOf({ ...validators, lastModified: "y" }, slices, "v", 1),
    versionOf(validators, { ...slices, length: 101 }, "v", 1),
    versionOf(validators, { ...slices, bytes: 11 }, "v", 1),
    versionOf(validators, slices, "w", 1),
    versionOf(validators, slices, "v", 2),
  ];
  assertEquals(new Set(versions).size, versions.length);
  assertEquals(versionOf(validators, slices, "v", 1), versions[0]);
});
