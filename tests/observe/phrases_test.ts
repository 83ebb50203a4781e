/** Parts of log lines that are made once. */

import { assert, assertEquals } from "../support/assert.ts";
import { textOf } from "../../lib/http/bytes.ts";
import { Phrases } from "../../lib/observe/phrases.ts";

Deno.test("a phrase is made once for each text", () => {
  const asked: string[] = [];
  const phrases = new Phrases((text) => {
    asked.push(text);
    return `<${text}>`;
  });
  const bytes = phrases.of("a");
  assertEquals(textOf(bytes, 0, bytes.length), "<a>");
  phrases.of("b");
  assert(phrases.of("a") === bytes);
  assertEquals(asked, ["a", "b"]);
});

Deno.test("no more phrases are kept than a bound", () => {
  let count = 0;
  const phrases = new Phrases((text) => (count++, text));
  for (let i = 0; i < 40_000; i++) phrases.of(String(i));
  phrases.of("39999");
  assertEquals(count, 40_000);
  phrases.of("0");
  assertEquals(count, 40_001);
});
