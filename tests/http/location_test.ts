/** What clients send never makes a `Location` something else. */

import { fieldText } from "../../lib/http/field_text.ts";
import { safeLocation } from "../../lib/http/location.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("a Location stays what it is, and no path becomes a host", () => {
  const rows = [
    ["https://a.example/x?y=//z", "https://a.example/x?y=//z"],
    ["/a/b?c", "/a/b?c"],
    ["/a//b", "/a//b"],
    ["//evil.example", "/evil.example"],
    ["///evil.example/", "/evil.example/"],
    ["/\\evil.example", "/evil.example"],
    ["/\\/\\evil.example", "/evil.example"],
    ["\\\\evil.example", "%5C%5Cevil.example"],
    ["/\t/evil.example", "/%09/evil.example"],
    ["/a\r\nSet-Cookie: b=c", "/a%0D%0ASet-Cookie:%20b=c"],
    ["/\u00e4", "/%E4"], // a byte as it came
    ["/\u20ac", "/%E2%82%AC"],
    ["/a\\b", "/a%5Cb"],
    ["", ""],
  ] as const;
  for (const [text, expected] of rows) {
    assertEquals(safeLocation(text), expected, text);
  }
});

Deno.test("a text in a field neither ends the line nor leaves its bytes", () => {
  const rows = [
    ["a b\tc", "a b\tc"],
    [" a ", "a"],
    ["a\r\nb: c", "a  b: c"],
    ["\x00\x7f", ""],
    ["\u00e4", "\u00e4"],
    ["\u20ac", "\u00e2\u0082\u00ac"],
  ] as const;
  for (const [text, expected] of rows) assertEquals(fieldText(text), expected);
});
