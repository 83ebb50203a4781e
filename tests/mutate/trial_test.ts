/** Which tests are asked about a fault, and how it is shown. */

import { assertEquals } from "../support/assert.ts";
import { type Coverage, linesNow, readLcov } from "./coverage.ts";
import { placed, testsFor, turnsOf, unfinishedOf } from "./trial.ts";

Deno.test("the tests that run a line are asked: of its name, of its room, others; the quick ones first", () => {
  const path = "lib/cache/policy/vary.ts";
  const runs = (ms: number | undefined, ...lines: number[]): Coverage => ({
    ms,
    lines: { [path]: lines },
  });
  const coverage = new Map<string, Coverage>([
    ["tests/e2e/slow_test.ts", runs(900, 1, 2, 3, 4, 5)],
    ["tests/e2e/other_test.ts", runs(5, 9, 10)],
    ["tests/e2e/quick_test.ts", runs(10, 2, 3)],
    ["tests/e2e/broken_test.ts", runs(undefined, 3)],
    ["tests/e2e/older_test.ts", { ms: 20, lines: { [path]: "any" } }],
    ["tests/cache/policy/age_test.ts", runs(1000, 3)],
    ["tests/cache/policy/vary_test.ts", runs(2000, 1, 2, 3, 4)],
  ]);
  assertEquals(testsFor({ path, line: 3 }, coverage), [
    "tests/cache/policy/vary_test.ts",
    "tests/cache/policy/age_test.ts",
    "tests/e2e/quick_test.ts",
    "tests/e2e/older_test.ts",
    "tests/e2e/slow_test.ts",
  ]);
  assertEquals(testsFor({ path, line: 20 }, coverage), [
    "tests/e2e/older_test.ts",
  ]);
  // A line that ran only in part is not reported, but its neighbours are.
  assertEquals(testsFor({ path, line: 7 }, coverage), [
    "tests/cache/policy/vary_test.ts",
    "tests/e2e/other_test.ts",
    "tests/e2e/older_test.ts",
    "tests/e2e/slow_test.ts",
  ]);
});

Deno.test("tests are asked in turns, each longer than the one before", () => {
  const times = { a: 2000, b: 1000, c: 1, d: 11_000, e: 1000, f: 60_000 };
  const coverage = new Map(
    Object.entries(times).map(([test, ms]) => [test, { ms, lines: {} }]),
  );
  assertEquals(turnsOf(Object.keys(times), coverage), [
    ["a", "b"],
    ["c", "d"],
    ["e"],
    ["f"],
  ]);
  assertEquals(turnsOf(["f", "a"], coverage), [["f"], ["a"]]);
  assertEquals(turnsOf([], coverage), []);
});

Deno.test("of tests that were stopped, those are asked again that have not ended", () => {
  const coverage = new Map<string, Coverage>([
    ["tests/a_test.ts", { ms: 1, count: 2, lines: {} }],
    ["tests/b_test.ts", { ms: 1, count: 2, lines: {} }],
    ["tests/c_test.ts", { ms: 1, lines: {} }],
  ]);
  const output = [
    "./tests/a_test.ts => one ... ok (1ms)",
    "./tests/b_test.ts => one ... ok (1ms)",
    "./tests/a_test.ts => two ...",
    "------- output -------",
    "./tests/a_test.ts => two ... FAILED (1ms)",
    "./tests/b_test.ts => two ...",
  ].join("\n");
  const tests = [...coverage.keys()];
  assertEquals(unfinishedOf(tests, output, coverage), tests.slice(1));
  // If all have ended, and yet it was stopped: any of them.
  assertEquals(unfinishedOf(tests.slice(0, 1), output, coverage), [tests[0]]);
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
