import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { random } from "../support/random.ts";
import { Deadline, DeadlineWheel, TICK_MS } from "../../lib/net/deadline.ts";

Deno.test("a deadline is met up to two ticks late, never early", () => {
  const time = new TestClock();
  const wheel = new DeadlineWheel(time);
  const next = random(7);
  const late: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const afterMs = 1 + Math.floor(next() * 100_000); // several turns of the wheel
    const deadline = new Deadline(wheel, {
      onDeadline: () => late.push(time.monotonic() - afterMs),
    });
    deadline.set(afterMs);
  }
  time.pass(101_000);
  assertEquals(late.length, 2000);
  assertEquals(late.filter((ms) => ms < 0 || ms > 2 * TICK_MS), []);
  assertEquals(time.timerCount, 0);
});

Deno.test("a deadline can be set later, earlier, and cleared", () => {
  const time = new TestClock();
  const wheel = new DeadlineWheel(time);
  const met: string[] = [];
  const named = (name: string): Deadline =>
    new Deadline(wheel, {
      onDeadline: () => met.push(`${name} ${time.monotonic()}`),
    });
  const later = named("later");
  const earlier = named("earlier");
  const cleared = named("cleared");
  const disposed = named("disposed");
  for (const deadline of [later, earlier, cleared, disposed]) {
    deadline.set(1000);
  }
  later.set(2000);
  earlier.set(500);
  cleared.clear();
  disposed.dispose();
  time.pass(3000);
  assertEquals(met, ["earlier 500", "later 2000"]);
  earlier.set(100); // again, after the wheel has stopped
  time.pass(500);
  assertEquals(met.at(-1), "earlier 3100");
});

Deno.test("an owner that is called may set, clear and dispose others", () => {
  const time = new TestClock();
  const wheel = new DeadlineWheel(time);
  const met: string[] = [];
  const second = new Deadline(wheel, { onDeadline: () => met.push("second") });
  const first = new Deadline(wheel, {
    onDeadline(): void {
      met.push("first");
      second.set(1000);
    },
  });
  second.set(100);
  first.set(100);
  second.set(100);
  time.pass(150);
  time.pass(400);
  assertEquals(met.includes("first"), true);
  time.pass(2000);
  assertEquals(time.timerCount, 0);
});
