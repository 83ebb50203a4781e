/** Fields that are looked for by a name: their lines, one by one and as one value. */

import { assertEquals } from "../support/assert.ts";
import { headWith } from "../support/metadata.ts";
import { namedLines, namedText } from "../../lib/http/named_field.ts";

Deno.test("the value of a field, by its name", () => {
  const { fields } = headWith("A: 1", "B: 2", "a: 3", "Via: x");
  assertEquals(namedText(fields, "a"), "1, 3");
  assertEquals(namedText(fields, "b"), "2");
  assertEquals(namedText(fields, "via"), "x");
  assertEquals(namedText(fields, "c"), undefined);
  assertEquals(namedLines(fields, "a"), ["1", "3"]);
  assertEquals(namedLines(fields, "c"), []);
});
