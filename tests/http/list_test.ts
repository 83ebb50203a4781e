/** Lists: RFC 9110 §5.6.1. */

import { assertEquals } from "../support/assert.ts";
import { compactList, listMembers, trimmed } from "../../lib/http/list.ts";

Deno.test("whitespace around a text: spaces and tabs alone", () => {
  assertEquals(trimmed(" \t a b \t"), "a b");
  assertEquals(trimmed("a"), "a");
  assertEquals(trimmed(" "), "");
  assertEquals(trimmed(""), "");
  assertEquals(trimmed("\xa0a\n"), "\xa0a\n");
});

Deno.test("members, and the list without whitespace around its commas", async (t) => {
  const rows: [text: string, members: string[], compact: string][] = [
    ["", [], ""],
    ["a", ["a"], "a"],
    [" a , b\t,c ", ["a", "b", "c"], "a,b,c"],
    ["a,b", ["a", "b"], "a,b"],
    [", a,, b ,", ["a", "b"], ",a,,b,"],
    ["a b , c d", ["a b", "c d"], "a b,c d"],
    ['"a , b" , c', ['"a , b"', "c"], '"a , b",c'],
    ['x="a, b" ,c', ['x="a, b"', "c"], 'x="a, b",c'],
    ['"a\\" , b" , c', ['"a\\" , b"', "c"], '"a\\" , b",c'],
    ['"a\\\\" , b', ['"a\\\\"', "b"], '"a\\\\",b'],
    ["a\\, b", ["a\\", "b"], "a\\,b"], // not in a quoted string
    ['a\\", b , c', ['a\\", b , c'], 'a\\", b , c'],
    // A quoted string without an end.
    ['a , "b , c ', ["a", '"b , c'], 'a , "b , c '],
    ['a , "b\\"', ["a", '"b\\"'], 'a , "b\\"'],
  ];
  for (const [text, members, compact] of rows) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(listMembers(text), members);
      assertEquals(compactList(text), compact);
    });
  }
});
