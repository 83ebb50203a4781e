/** The simulation of fleets says what anybody would expect where that is known. */

import { assert, assertEquals } from "../../support/assert.ts";
import { random } from "../../support/random.ts";
import { type Layout, purgeDelay, simulate, zipf } from "./simulation.ts";

function originOf(layout: Layout, nodes: number): number {
  const next = random(1);
  const { hits, behind, origin } = simulate({
    layout,
    nodes,
    capacity: 100,
    lifetime: 1e6,
    requests: 20_000,
    trace: zipf(1000, 0.9, next),
    random: next,
  });
  assertEquals(hits + behind + origin, 20_000);
  return origin;
}

Deno.test("with one store, each key is fetched once, however many nodes there are", () => {
  assert(originOf("shared store", 1) <= 1000);
  assertEquals(originOf("shared store", 100) <= 1000, true);
});

Deno.test("without one, more nodes ask for more", () => {
  assert(originOf("alone", 100) > originOf("alone", 1));
});

Deno.test("shields keep most of it from the origin", () => {
  assert(originOf("shields", 100) < originOf("alone", 100) / 2);
});

Deno.test("a purge is heard of later by more nodes", () => {
  const costs = { numberMs: 1, wakeMs: 1, syncMs: 1, tripMs: 1 };
  assertEquals(purgeDelay(10, costs), 0.5 + 1 + 20 + 1.5);
});
