/** What workers share of an upstream: sums, slots, the budget of retries. */

import { RetryBudget } from "../../lib/upstream/retry_budget.ts";
import {
  createUpstreamMemory,
  OWN,
  SERVER,
  SharedState,
  SLOTS_MAX,
} from "../../lib/upstream/shared_state.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";

const clock = new TestClock();

function workers(count: number): {
  states: SharedState[];
  memory: SharedArrayBuffer;
} {
  const memory = createUpstreamMemory(count);
  const states = Array.from(
    { length: count },
    (_, worker) => new SharedState(memory, worker, clock),
  );
  return { states, memory };
}

Deno.test("workers find the same slot, and see each other's counts", () => {
  const { states, memory } = workers(2);
  const [one, two] = states;
  const slot = one!.enter(7);
  assertEquals([two!.enter(9), two!.enter(7)], [1, slot]);
  one!.addOwn(slot, OWN.Load, 3);
  two!.addOwn(slot, OWN.Load, 4);
  assertEquals(one!.sum(slot, OWN.Load), 7);
  SharedState.forget(memory, 1, clock);
  assertEquals(one!.sum(slot, OWN.Load), 3, "those of a crashed worker go");
  two!.addWaiting(1);
  assertEquals([one!.othersWait, two!.othersWait], [true, false]);
});

Deno.test("a slot is free when the last worker has left it, with nothing in it", () => {
  const { states: [one, two] } = workers(2);
  const slot = one!.enter(7);
  two!.enter(7);
  one!.set(slot, SERVER.Down, 1);
  one!.leave(slot);
  assertEquals(two!.get(slot, SERVER.Down), 1);
  two!.leave(slot);
  assertEquals([one!.enter(8), one!.get(slot, SERVER.Down)], [slot, 0]);
});

Deno.test("a slot stays as long as the watch has it, whose place is behind the last worker", () => {
  const { states: [one], memory } = workers(1);
  const watch = new SharedState(memory, 1, clock);
  const slot = watch.enter(7);
  assertEquals(one!.enter(7), slot);
  one!.set(slot, SERVER.Down, 1);
  one!.leave(slot);
  assertEquals(watch.get(slot, SERVER.Down), 1);
  watch.leave(slot);
  assertEquals(watch.get(slot, SERVER.Down), 0);
});

Deno.test("there is a bound to the slots", () => {
  const { states: [one] } = workers(1);
  for (let key = 1; key <= SLOTS_MAX; key++) assert(one!.enter(key) >= 0);
  assertEquals([one!.enter(SLOTS_MAX + 1), one!.enter(1)], [-1, 0]);
});

Deno.test("times are told apart when their counter wraps around", () => {
  const rows: [from: number, to: number, ms: number][] = [
    [0, 100, 1000],
    [100, 0, -1000],
    [0x7fffffff, -0x80000000, 10],
    [-0x80000000, 0x7fffffff, -10],
  ];
  for (const [from, to, ms] of rows) {
    assertEquals(SharedState.between(from, to), ms);
  }
});

Deno.test("a fifth of the requests of ten seconds may be sent once more, three in any case", () => {
  const clock = new TestClock();
  const state = new SharedState(createUpstreamMemory(1), 0, clock);
  const budget = new RetryBudget(state.budget, 20, clock);
  const taken = (): number => {
    let count = 0;
    while (budget.take()) count++;
    return count;
  };
  assertEquals(taken(), 3);
  for (let i = 0; i < 50; i++) budget.noteRequest();
  assertEquals(taken(), 7);
  clock.pass(5000);
  for (let i = 0; i < 50; i++) budget.noteRequest();
  assertEquals(taken(), 10);
  clock.pass(5000); // the first second does not count any more
  assertEquals(taken(), 0);
  clock.pass(5000);
  assertEquals(taken(), 3);
  clock.pass(100_000);
  assertEquals(taken(), 3);
});
