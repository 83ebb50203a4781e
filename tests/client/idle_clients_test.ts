/** Which of the idle connections has to go. */

import { assertEquals } from "../support/assert.ts";
import { IdleClients, IdlePlace } from "../../lib/client/idle_clients.ts";

/** Places by name; each that is evicted is noted. */
function placesOf(
  names: string,
): { places: Record<string, IdlePlace>; evicted: string[] } {
  const evicted: string[] = [];
  const places = Object.fromEntries(
    [...names].map((name) => [
      name,
      new IdlePlace({ evict: () => evicted.push(name) }),
    ]),
  );
  return { places, evicted };
}

/** What is done, in order: `+a` enters, `-a` leaves; and who goes, when all have to. */
const ROWS: readonly [actions: string, order: string][] = [
  ["", ""],
  ["+a", "a"],
  ["+a +b +c", "abc"],
  ["+a +b +c -a", "bc"],
  ["+a +b +c -b", "ac"],
  ["+a +b +c -c", "ab"],
  ["+a +b +c -c +c", "abc"],
  ["+a +b +c +a", "bca"],
  ["+a +b +c +b", "acb"],
  ["+a +b +c +c", "abc"],
  ["+a -a", ""],
  ["+a -a -a +b", "b"],
  ["-a +b -a", "b"],
  ["+a +b +c -b -a", "c"],
  ["+a +b +c -b -c +b", "ab"],
];

for (const [actions, order] of ROWS) {
  Deno.test(`who has been idle the longest goes first: ${actions}`, () => {
    const { places, evicted } = placesOf("abc");
    const idle = new IdleClients();
    for (const action of actions.split(" ").filter((text) => text !== "")) {
      const place = places[action[1]!]!;
      if (action[0] === "+") idle.add(place);
      else idle.remove(place);
      assertEquals(place.isListed, action[0] === "+");
    }
    for (let i = 0; i < order.length; i++) assertEquals(idle.evict(), true);
    assertEquals(idle.evict(), false);
    assertEquals(evicted.join(""), order);
    for (const place of Object.values(places)) {
      assertEquals(place.isListed, false);
    }
  });
}

Deno.test("whether all are new: none has been there for a turn", () => {
  const { places: { a, b } } = placesOf("ab");
  const idle = new IdleClients();
  assertEquals(idle.areAllNew, false);
  idle.add(a!);
  assertEquals(idle.areAllNew, true);
  idle.passTurn();
  assertEquals(idle.areAllNew, false);
  idle.add(b!);
  assertEquals(idle.areAllNew, false);
  idle.add(a!);
  assertEquals(idle.areAllNew, true);
});
