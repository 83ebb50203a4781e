/** Recent errors: the latest first, what repeats is one, and there is an end to them. */

import { RecentErrors } from "../../../lib/observe/metrics/recent_errors.ts";
import { assertEquals } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";

Deno.test("recent errors: what repeats is counted, and is the latest", () => {
  const clock = new TestClock();
  const errors = new RecentErrors(clock);
  errors.note("info", "reloaded");
  errors.note("warn", "one");
  errors.note("error", "two");
  errors.note("warn", "one");
  assertEquals(
    errors.all.map(({ level, text, count }) => [level, text, count]),
    [["warn", "one", 2], ["error", "two", 1]],
  );
  assertEquals(errors.all[0]!.atMs, clock.now());
});

Deno.test("recent errors: only so many, each only so long", () => {
  const errors = new RecentErrors(new TestClock());
  for (let i = 0; i < 60; i++) errors.note("warn", `number ${i}`);
  assertEquals(errors.all.length, 50);
  assertEquals(errors.all[0]!.text, "number 59");
  errors.note("error", "x".repeat(1000));
  assertEquals(errors.all[0]!.text.length, 403);
});
