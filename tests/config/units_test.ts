import { assertEquals, assertThrows } from "../support/assert.ts";
import {
  formatDuration,
  parseCount,
  parseDuration,
  parseSize,
} from "../../lib/config/units.ts";

Deno.test("formatDuration() uses the largest unit that makes it whole", () => {
  const rows: [number, string][] = [
    [1, "1ms"],
    [1500, "1500ms"],
    [30_000, "30s"],
    [90_000, "90s"],
    [120_000, "2m"],
    [86_400_000, "24h"],
  ];
  for (const [ms, text] of rows) assertEquals(formatDuration(ms), text);
});

Deno.test("sizes, durations and counts as people write them", () => {
  const sizes: [string, number][] = [
    ["0", 0],
    ["off", 0],
    ["512", 512],
    ["512B", 512],
    ["16KiB", 16384],
    ["16kib", 16384],
    ["1.5MiB", 1572864],
    ["1 GiB", 2 ** 30],
    ["1k", 1024],
    ["10M", 10 * 2 ** 20],
    ["1G", 2 ** 30],
    ["1T", 2 ** 40],
    ["1kB", 1000],
    ["10MB", 10_000_000],
    ["1GB", 1_000_000_000],
  ];
  for (const [text, bytes] of sizes) assertEquals(parseSize(text), bytes, text);
  const durations: [string, number][] = [
    ["0", 0],
    ["off", 0],
    ["0s", 0],
    ["500ms", 500],
    ["10s", 10_000],
    ["1.5m", 90_000],
    ["24h", 86_400_000],
    ["1d", 86_400_000],
    ["2w", 14 * 86_400_000],
    ["1y", 365 * 86_400_000],
  ];
  for (const [text, ms] of durations) {
    assertEquals(parseDuration(text), ms, text);
  }
  assertEquals([parseCount("0"), parseCount("off"), parseCount("12")], [
    0,
    0,
    12,
  ]);
  for (
    const text of [
      "",
      "-1",
      "KiB",
      "1KBB",
      "1kk",
      "1e3",
      "1,5MiB",
      "99999999999999999",
      "NaN",
    ]
  ) {
    assertThrows(() => parseSize(text), SyntaxError, undefined, text);
  }
  for (const text of ["", "10", "-1s", "1 d d", "s", "1 s s"]) {
    assertThrows(() => parseDuration(text), SyntaxError, undefined, text);
  }
  for (const [text, meant] of [["1h30m", "90m"], ["1d 12h", "36h"]] as const) {
    assertThrows(
      () => parseDuration(text),
      SyntaxError,
      `did you mean ${meant}?`,
    );
  }
  for (const text of ["", "-1", "1.5", "x", "1s"]) {
    assertThrows(() => parseCount(text), SyntaxError, undefined, text);
  }
});
