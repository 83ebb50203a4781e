/** Values that were read before are found; what is remembered has bounds. */

import { assertEquals } from "../support/assert.ts";
import { ReadValues } from "../../lib/http/read_values.ts";

/** Two values of three characters at most, and which were read, in order. */
function small(): { readonly values: ReadValues<string>; read: string[] } {
  const read: string[] = [];
  const values = new ReadValues(
    (text) => {
      read.push(text);
      return text.toUpperCase();
    },
    2,
    3,
  );
  return { values, read };
}

const ROWS: readonly [asked: string, read: string][] = [
  ["a", "a"],
  ["a a b a b", "a b"],
  ["a b c c a b", "a b c c"], // the first two stay
  ["abc abc", "abc"],
  ["abcd abcd a b a b", "abcd abcd a b"], // takes no place
];

for (const [asked, expected] of ROWS) {
  Deno.test(`of ${asked}, these are read: ${expected}`, () => {
    const { values, read } = small();
    for (const text of asked.split(" ")) {
      assertEquals(values.of(text), text.toUpperCase());
    }
    assertEquals(read.join(" "), expected);
  });
}

Deno.test("that a value means nothing is remembered, too", () => {
  let count = 0;
  const values = new ReadValues<undefined>(() => void count++, 2, 3);
  assertEquals([values.of("a"), values.of("a"), count], [
    undefined,
    undefined,
    1,
  ]);
});
