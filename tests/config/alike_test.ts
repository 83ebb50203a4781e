/** What many routes have alike. */

import { assert, assertEquals } from "../support/assert.ts";
import { Alike } from "../../lib/config/alike.ts";

Deno.test("the same object is made of what is alike, and another of what is not", () => {
  let count = 0;
  const alike = new Alike(({ a, b }: { a: number; b?: readonly string[] }) => {
    count++;
    return { a, b };
  });
  const one = alike.of({ a: 1, b: ["x"] });
  assert(alike.of({ a: 1, b: ["x"] }) === one);
  assert(alike.of({ a: 1, b: ["y"] }) !== one);
  assertEquals(alike.of({ a: 2 }), { a: 2, b: undefined });
  assertEquals(count, 3);
});

Deno.test("it keeps no more than a bound", () => {
  let count = 0;
  const alike = new Alike((a: number) => (count++, { a }));
  const first = alike.of(0);
  for (let a = 0; a < 1000; a++) alike.of(a);
  assertEquals([count, alike.of(0) === first], [1000, true]);
  alike.of(1000);
  assertEquals([alike.of(0) === first, count], [false, 1002]);
});
