/** Routes take turns in a queue. */

import { FairTurns } from "../../lib/upstream/fair_turns.ts";
import { assertEquals } from "../support/assert.ts";

/** Who is served in which order: letters arrive, and a dot serves whoever is next. */
function orderOf(script: string): string {
  const turns = new FairTurns();
  const routes = new Map<string, object>();
  const waiting: { readonly letter: string; readonly turn: number }[] = [];
  let order = "";
  for (const letter of script) {
    if (letter !== ".") {
      const route = routes.get(letter) ?? {};
      routes.set(letter, route);
      waiting.push({ letter, turn: turns.take(route) });
      continue;
    }
    waiting.sort((a, b) => a.turn - b.turn); // stable
    const { letter: served, turn } = waiting.shift()!;
    turns.served(turn);
    order += served;
    if (waiting.length === 0) turns.reset();
  }
  return order;
}

Deno.test("one of each route in turn, in order of arrival within a route", () => {
  const rows: [script: string, order: string][] = [
    ["aaa...", "aaa"],
    ["aaab....", "abaa"],
    ["aaabbb......", "ababab"],
    ["aaaabc......", "abcaaa"],
    ["aaa..bbb....", "aababb"], // nobody is paid for time in which he did not ask
    ["aaaa.b.b...", "ababa"],
    ["a.b.a.", "aba"],
    ["bbbb..a.a...", "bbabab"],
  ];
  for (const [script, order] of rows) assertEquals(orderOf(script), order);
});
