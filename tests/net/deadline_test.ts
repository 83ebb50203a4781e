import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { random } from "../support/random.ts";
import {
  Deadline,
  DeadlineWheel,
  STANDSTILL_MS,
  TICK_MS,
} from "../../lib/net/deadline.ts";

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

Deno.test("the earliest deadline is met at the next tick", () => {
  const time = new TestClock();
  const met: number[] = [];
  const deadline = new Deadline(new DeadlineWheel(time), {
    onDeadline: () => met.push(time.monotonic()),
  });
  deadline.set(1);
  time.pass(3 * TICK_MS);
  assertEquals(met, [TICK_MS]);
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

/** A clock whose time passes also while the loop stands still. */
class StandingClock extends TestClock {
  #stoodMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stoodMs;
  }

  /** Time passes, and nothing is called. */
  stand(ms: number): void {
    this.#stoodMs += ms;
  }
}

Deno.test("the time in which the loop stands still is not the peers'", () => {
  const time = new StandingClock();
  const wheel = new DeadlineWheel(time);
  const met: string[] = [];
  const named = (name: string): Deadline =>
    new Deadline(wheel, { onDeadline: () => met.push(name) });
  named("long").set(2000);
  named("short").set(STANDSTILL_MS);
  time.pass(TICK_MS);
  time.stand(60_000);
  named("set before the wheel knows").set(1000);
  time.pass(TICK_MS);
  assertEquals(met, ["short"]);
  time.pass(1000 - STANDSTILL_MS - 2 * TICK_MS);
  assertEquals(met, ["short"]);
  time.pass(4 * TICK_MS);
  assertEquals(met, ["short", "set before the wheel knows"]);
  assertEquals(wheel.now(), time.monotonic()); // for the age of connections, all time counts
  time.pass(2000 - 1000 - 4 * TICK_MS);
  assertEquals(met.length, 2);
  time.pass(6 * TICK_MS);
  assertEquals(met.at(-1), "long");
  assertEquals(time.timerCount, 0);
});

Deno.test("a loop that always stands still meets its deadlines all the same", () => {
  const time = new StandingClock();
  const wheel = new DeadlineWheel(time);
  let isMet = false;
  new Deadline(wheel, { onDeadline: () => isMet = true }).set(2000);
  for (let ticks = 2000 / STANDSTILL_MS; ticks > 0; ticks--) {
    assertEquals(isMet, false);
    time.stand(5000);
    time.pass(TICK_MS);
  }
  assertEquals(isMet, true);
});
