/** What counts as one token, and is therefore left alone or changed as a whole. */

import { assertEquals } from "../support/assert.ts";
import { tokensOf } from "./tokens.ts";

const ROWS: readonly [source: string, tokens: readonly string[]][] = [
  ["a === b && !c", ["a", "===", "b", "&&", "!", "c"]],
  ["x?.y ?? 0x7f", ["x", "?.", "y", "??", "0x7f"]],
  ["1_000 + 0.5 - 1e-3", ["1_000", "+", "0.5", "-", "1e-3"]],
  ["a >>> 0 >= b", ["a", ">>>", "0", ">=", "b"]],
  ["this.#at++;", ["this", ".", "#at", "++", ";"]],
  ['f("a // b", \'"\')', ["f", "(", '"a // b"', ",", "'\"'", ")"]],
  ['"\\\\" + "\\""', ['"\\\\"', "+", '"\\""']],
  ["a; // b && c\nd", ["a", ";", "d"]],
  ['a /* && ` */ /** " */ b', ["a", "b"]],
  ['return /[/"]\\/`/gi.test(a);', [
    ...'return,/[/"]\\/`/gi,.,test,(,a,),;'.split(","),
  ]],
  ["(a + b) / c / d", ["(", "a", "+", "b", ")", "/", "c", "/", "d"]],
  ["a[0] / 2", ["a", "[", "0", "]", "/", "2"]],
  ['`a ${b ? `c${d}` : "}"} // e` + f', [
    '`a ${b ? `c${d}` : "}"} // e`',
    "+",
    "f",
  ]],
  ["`\\`${a.replace(/[`}]/g, /* } */ x)}`;", [
    "`\\`${a.replace(/[`}]/g, /* } */ x)}`",
    ";",
  ]],
];

for (const [source, expected] of ROWS) {
  Deno.test(`tokens: ${source}`, () => {
    const tokens = tokensOf(source);
    assertEquals(tokens.map(({ text }) => text), expected);
    for (const { text, start, end } of tokens) {
      assertEquals(source.slice(start, end), text);
    }
  });
}
