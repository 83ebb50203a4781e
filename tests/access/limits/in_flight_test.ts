/** Requests that are under way, counted by key for all workers. */

import { InFlight } from "../../../lib/access/limits/in_flight.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const KEY = { low: 5, high: 6 };
const OTHER = { low: 5, high: 7 };

function workers(count: number): {
  readonly memory: SharedArrayBuffer;
  readonly all: readonly InFlight[];
} {
  const memory = new SharedArrayBuffer(InFlight.bytesOf(count));
  const all = Array.from(
    { length: count },
    (_, worker) => new InFlight(memory, 0, count, worker),
  );
  return { memory, all };
}

Deno.test("so many of a key are under way, in all workers together", () => {
  const { all: [one, two] } = workers(2);
  const slot = one!.enter(KEY, 2);
  assert(slot >= 0);
  assertEquals(two!.enter(KEY, 2), slot);
  assertEquals([one!.enter(KEY, 2), two!.enter(KEY, 2)], [-1, -1]);
  assert(two!.enter(OTHER, 1) >= 0, "another key has a count of its own");
  one!.leave(slot);
  assertEquals(two!.enter(KEY, 2), slot);
  assertEquals(one!.enter(KEY, 2), -1);
});

Deno.test("nothing stays locked, whether it was counted or not", () => {
  const { memory, all: [one] } = workers(1);
  const used = (): number =>
    new Int32Array(memory).filter((word) => word !== 0).length;
  one!.enter(KEY, 1);
  assertEquals(used(), 3, "two words of the key, and its count");
  one!.enter(KEY, 1);
  assertEquals(used(), 3);
});
