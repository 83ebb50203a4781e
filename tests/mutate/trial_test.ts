/** Which tests are asked about a fault, and how it is shown. */

import { assertEquals } from "../support/assert.ts";
import { type Coverage, linesNow, readLcov } from "./coverage.ts";
import { placed, testsFor } from "./trial.ts";

Deno.test("the tests that run a line are asked, those of its name first, the small ones next", () => {
  const path = "lib/cache/policy/vary.ts";
  const runs = (...lines: number[]): Coverage => ({
    ms: 1,
    lines: { [path]: lines },
  });
  const coverage = new Map<string, Coverage>([
    ["tests/e2e/large_test.ts", runs(1, 2, 3, 4, 5)],
    ["tests/e2e/other_test.ts", runs(9, 10)],
    ["tests/e2e/small_test.ts", runs(2, 3)],
    ["tests/e2e/broken_test.ts", { ...runs(3), ms: undefined }],
    ["tests/e2e/older_test.ts", { ms: 1, lines: { [path]: "any" } }],
    ["tests/cache/policy/vary_test.ts", runs(1, 2, 3, 4)],
  ]);
  assertEquals(testsFor({ path, line: 3 }, coverage), [
    "tests/cache/policy/vary_test.ts",
    "tests/e2e/small_test.ts",
    "tests/e2e/older_test.ts",
    "tests/e2e/large_test.ts",
  ]);
  assertEquals(testsFor({ path, line: 20 }, coverage), [
    "tests/e2e/older_test.ts",
  ]);
  // A line that ran only in part is not reported, but its neighbours are.
  assertEquals(testsFor({ path, line: 6 }, coverage), [
    "tests/cache/policy/vary_test.ts",
    "tests/e2e/other_test.ts",
    "tests/e2e/small_test.ts",
    "tests/e2e/older_test.ts",
    "tests/e2e/large_test.ts",
  ]);
});

Deno.test("a fault is shown by its line, without and with it", () => {
  const source = "a;\n  b(1,\n    2);\nc;\n";
  const start = source.indexOf("b");
  const end = source.indexOf(";\nc") + 1;
  const fault = { kind: "statement", start, end, after: ";" };
  const { line, before, changed } = placed("x.ts", source, fault);
  assertEquals([line, before, changed], [2, "b(1,\n    2);", ";"]);
});

Deno.test("a return that is put in counts for the line behind it", () => {
  const source = "f(): void {\n  a();\n}\n";
  const at = source.indexOf("{") + 1;
  const fault = { kind: "return", start: at, end: at, after: " return;" };
  const { line, before, changed } = placed("x.ts", source, fault);
  assertEquals([line, before, changed], [
    2,
    "f(): void {",
    "f(): void { return;",
  ]);
});

Deno.test("of a file that has changed since its lines were seen to run, any may", () => {
  const lines = { same: [1], changed: [1], unused: [], gone: [1] };
  const digests = { same: "a", changed: "b", unused: "c", gone: "d" };
  const now = { same: "a", changed: "x", unused: "x", fresh: "x" };
  assertEquals(linesNow({ lines, digests }, now), {
    same: [1],
    changed: "any",
    fresh: "any",
  });
});

Deno.test("a report of lcov: the lines that run", () => {
  const report = [
    ..."SF:/tmp/x/lib/a.ts DA:1,2 DA:2,0 DA:13,10 end_of_record".split(" "),
    ..."SF:/tmp/x/lib/b.ts DA:1,0 end_of_record".split(" "),
  ].join("\n");
  assertEquals(readLcov(report, "/tmp/x/"), {
    "lib/a.ts": [1, 13],
    "lib/b.ts": [],
  });
});
