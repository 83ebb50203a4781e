/** What is read of names that origins read in more than one way: cookies, parameters, tags. */

import { cookiesCalled } from "../../../lib/cache/policy/cookies.ts";
import { looseName } from "../../../lib/cache/policy/parameter_name.ts";
import { queryOf, sortedQuery } from "../../../lib/cache/policy/query.ts";
import { readTags, tagsOf } from "../../../lib/cache/policy/tags.ts";
import { assertEquals } from "../../support/assert.ts";
import { headWith } from "../../support/metadata.ts";

Deno.test("names that any origin may read as the same one agree", async (t) => {
  const rows: [name: string, loose: string][] = [
    ["abc09", "abc09"],
    ["ABC", "abc"],
    ["a[]", "a"],
    ["a[0]", "a"],
    ["a%5B0%5D", "a"],
    ["a%00b", "a"],
    ["a.b c_d", "abcd"],
    ["%61%2e%62", "ab"],
    ["%6", "6"],
    ["a%zz", "azz"],
    ["\xe4\xf6a", "\x80a"],
    ["%ff%FEa", "\x80a"],
    ["[", ""],
    ["a[b", "ab"],
    ["a%5Bb", "ab"],
    ["a]b[c", "abc"],
    ["a%00[]", "a"],
    ["", ""],
  ];
  for (const [name, loose] of rows) {
    await t.step(JSON.stringify(name), () => {
      assertEquals(looseName(name), loose);
    });
  }
});

Deno.test("the parameters of a query in order", async (t) => {
  const rows: [query: string, sorted: string][] = [
    ["b=1&a=2", "a=2&b=1"],
    ["a=2&b=1", "a=2&b=1"],
    ["b&a", "a&b"],
    ["c=1&b=2&a=3", "a=3&b=2&c=1"],
    ["a=2&b=1&a=1", "a=2&a=1&b=1"], // those of one name keep their order
    ["b=1&A=2&a[]=1", "A=2&a[]=1&b=1"],
    ["ab=1&a=2", "a=2&ab=1"],
    ["b=a=1&a=b", "a=b&b=a=1"],
    ["b;a", "b;a"],
    ["b=1&a=%", "b=1&a=%"],
    ["b=1&a=%4", "b=1&a=%4"],
    ["b=1&a=%41", "a=%41&b=1"],
    ["b=1&a[x][]=2", "a[x][]=2&b=1"],
    ["b=[1&a=2]", "a=2]&b=[1"],
    ["b=1&[a]=2", "b=1&[a]=2"], // is it a, or nothing?
    ["b=1&a[c=2", "b=1&a[c=2"],
    ["b=1&a%5bc=2", "b=1&a%5bc=2"],
    ["b=1&a]c=2", "b=1&a]c=2"],
    ["b=1&a[c]d=2", "b=1&a[c]d=2"],
    ["", ""],
  ];
  for (const [query, sorted] of rows) {
    await t.step(query, () => assertEquals(sortedQuery(query), sorted));
  }
});

Deno.test("the parameters that count", async (t) => {
  const rows: [query: string, counted: string][] = [
    ["b=1&a=2&c=3", "a=2"],
    ["a[]=1&A=2&b", "a[]=1&A=2"],
    ["a=1&[a]=2", "a=1&[a]=2"], // qs and Rack find another a
    ["a=1&b[=2", "a=1&b[=2"],
    ["a=1;b", "a=1;b"],
    ["b", ""],
  ];
  const names = new Set(["a"]);
  for (const [query, counted] of rows) {
    await t.step(query, () => assertEquals(queryOf(query, names), counted));
  }
});

Deno.test("the cookies of a name", async (t) => {
  const rows: [name: string, lines: string[], found: string | undefined][] = [
    ["a", [], undefined],
    ["a", ["b=1"], undefined],
    ["a", ["a=1"], "=1"],
    ["a", ["b=0; a=1 ;c=2"], "=1"],
    ["a", ["a=1; b=2", "a=3"], "=1;=3"],
    ["a", ["a= x = y "], "=x = y"],
    ["a", ["a="], "="],
    ["a", ["a"], ""],
    ["a", ["A=1; a[0]=2"], "A=1;a[0]=2"], // another spelling, which is told
    ["a", ["ab=1"], undefined],
    // A quoted string may hold a semicolon, for some.
    ["a", ['a="1"; b=2'], '="1"'],
    ["a", ['a="1; b=2"'], 'a="1; b=2"'],
    ["a", ['b="1; c=2"', "d=3"], 'b="1; c=2"; d=3'],
  ];
  for (const [name, lines, found] of rows) {
    await t.step(JSON.stringify(lines), () => {
      assertEquals(cookiesCalled(name, lines), found);
    });
  }
});

Deno.test("tags, from both fields, parted by commas or whitespace, each once", () => {
  const tags = (...lines: string[]): readonly string[] =>
    tagsOf(headWith(...lines));
  assertEquals(tags(), []);
  assertEquals(tags("Cache-Tag: a,b , c\td"), ["a", "b", "c", "d"]);
  assertEquals(tags("Surrogate-Key: a b"), ["a", "b"]);
  assertEquals(tags("Surrogate-Key: c a", "Cache-Tag: a", "Cache-Tag: b"), [
    "a",
    "b",
    "c",
  ]);
});

Deno.test("a tag has 256 characters at most; all of them are read", () => {
  const longest = "x".repeat(256);
  assertEquals(readTags(`${longest} ${longest}x a`), [longest, "a"]);
  const many = Array.from({ length: 2000 }, (_, i) => `t${i}`);
  assertEquals(readTags(many.join()), many);
});
