/** Directives of a line in a buffer: what was read last is remembered, and never taken for another. */

import { assertEquals } from "../../support/assert.ts";
import {
  parseDirectives,
  parseDirectivesLine,
} from "../../../lib/cache/policy/directives.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

Deno.test("a line of a buffer reads as its text does, whatever was read before", () => {
  const lines = [
    "no-store",
    "no-cache", // as long
    "max-age=1, must-reval=1", // as long but for 16
    "no-store",
    "",
    `private="${"x".repeat(300)}"`, // too long to be remembered
    "no-store",
    "No-Store",
  ];
  for (const line of [...lines, ...lines]) {
    const bytes = bytesOf(`: ${line}\r\n`);
    assertEquals(
      parseDirectivesLine(bytes, 2, 2 + line.length),
      parseDirectives(line),
    );
  }
});

Deno.test("directives of a text (RFC 9111 §5.2), names in lower case", async (t) => {
  const rows: [text: string, directives: Record<string, string>][] = [
    ["", {}],
    ["No-Store", { "no-store": "" }],
    ["max-age=5 , public", { "max-age": "5", "public": "" }],
    ['max-age="5"', { "max-age": "5" }],
    ['x="a, \\"b\\\\"', { x: 'a, "b\\' }],
    ["=5, a", { a: "" }],
    // Of one that is there twice the first counts …
    ["max-age=5, max-age=7", { "max-age": "5" }],
    ["max-age, max-age=7", { "max-age": "" }],
    // … but of those that name fields: all of them, or everything.
    ['private="a", private="b"', { private: "a,b" }],
    ['no-cache="a", no-cache=b', { "no-cache": "a,b" }],
    ['no-cache="a", no-cache', { "no-cache": "" }],
    ['no-cache, no-cache="a"', { "no-cache": "" }],
    // Of a member that cannot be read, the words that restrict count.
    ["private; max-age=60", { "private": "", "private;": "\0" }],
    ["Private;max-age=60", { "private": "", "private;max-age": "60" }],
    ["max-age=60 private", { "max-age": "\0", "private": "" }],
    ["max-age=60;no-store", { "max-age": "\0", "no-store": "" }],
    ['"no-store"', { "no-store": "" }],
    ['x="a, no-store', { x: "\0", "no-store": "" }],
    ['max-age="60, must-revalidate', {
      "max-age": "\0",
      "must-revalidate": "",
    }],
    // What makes fresher does not, and no part of a word is one.
    ["public; max-age=60", { "public;": "\0" }],
    ["no-store-here; x", { "no-store-here;": "\0" }],
    // Well-formed text means nothing but what its directive says.
    ['x="no-store, private", y=private', {
      x: "no-store, private",
      y: "private",
    }],
    // Where names of fields should be, what is none makes it count for everything.
    ['private="a b", no-cache="/"', { private: "", "no-cache": "" }],
    ['private="a, ,b"', { private: "a, ,b" }],
  ];
  for (const [text, directives] of rows) {
    await t.step(text, () => {
      assertEquals(Object.fromEntries(parseDirectives(text)), directives);
    });
  }
});
