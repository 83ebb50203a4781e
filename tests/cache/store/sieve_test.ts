/** What SIEVE takes. */

import { assertEquals } from "../../support/assert.ts";
import { type Evictable, Sieve } from "../../../lib/cache/store/sieve.ts";

Deno.test("SIEVE takes what has not been used since it was last looked at", () => {
  interface Item extends Evictable {
    readonly name: string;
  }
  const sieve = new Sieve<Item>();
  const items = [..."abcde"].map((name): Item => ({
    name,
    visited: false,
    younger: undefined,
    older: undefined,
  }));
  for (const item of items) sieve.add(item);
  items[0]!.visited = items[2]!.visited = true;
  let order = "";
  for (
    let victim = sieve.victim();
    victim !== undefined;
    victim = sieve.victim()
  ) {
    order += victim.name;
    sieve.remove(victim);
  }
  assertEquals(order, "bdeac");
});
