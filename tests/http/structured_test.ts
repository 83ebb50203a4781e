import { assertEquals } from "../support/assert.ts";
import { parseDictionary } from "../../lib/http/structured.ts";

function seen(text: string): unknown {
  const members = parseDictionary(text);
  if (members === undefined) return "malformed";
  return Object.fromEntries(
    [...members].map(([key, item]) => [
      key,
      item.kind === "list" ? "list" : `${item.kind} ${item.value}`,
    ]),
  );
}

Deno.test("dictionaries of structured fields (RFC 9651 §4.2.2)", async (t) => {
  const rows: [text: string, expected: unknown][] = [
    ["", {}],
    ["max-age=60", { "max-age": "integer 60" }],
    ["a, b=?0,c=?1", {
      a: "boolean true",
      b: "boolean false",
      c: "boolean true",
    }],
    ["a=1 ,\tb=2", { a: "integer 1", b: "integer 2" }],
    ["a=1, b, a=2", { b: "boolean true", a: "integer 2" }],
    ["a=-1.5", { a: "decimal -1.5" }],
    ['a="x\\"y\\\\"', { a: 'string x"y\\' }],
    ["a=tok/en:*", { a: "token tok/en:*" }],
    ["a=:aGk=:", { a: "bytes aGk=" }],
    ["a=@1659578233", { a: "date 1659578233" }],
    ['a=%"f%c3%bc"', { a: "display f%c3%bc" }],
    ['a=(1 "x";y b), c', { a: "list", c: "boolean true" }],
    ["a=1;x=2; y;z=?0, b;q", { a: "integer 1", b: "boolean true" }],
    ["  a=1  ", { a: "integer 1" }],
    ["*a=1", { "*a": "integer 1" }],
    ["a=1,", "malformed"],
    ["a=1,,b", "malformed"],
    [",a", "malformed"],
    ["A=1", "malformed"],
    ["a=", "malformed"],
    ["a =1", "malformed"],
    ["a= 1", "malformed"],
    ["a=1 b=2", "malformed"],
    ['a="x', "malformed"],
    ['a="\\n"', "malformed"],
    ["a=1.", "malformed"],
    ["a=1.2345", "malformed"],
    ["a=1000000000000000", "malformed"],
    ["a=?2", "malformed"],
    ["a=(1", "malformed"],
    ["a=(1,2)", "malformed"],
    ["a=1;X=2", "malformed"],
    ["a=\xe9", "malformed"],
  ];
  for (const [text, expected] of rows) {
    await t.step(
      JSON.stringify(text),
      () => assertEquals(seen(text), expected),
    );
  }
});
