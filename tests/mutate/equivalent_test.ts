/** Which faults count as changing nothing. */

import { assertEquals } from "../support/assert.ts";
import { whyEquivalent } from "./equivalent.ts";

Deno.test("a fault that changes nothing is known by its line, and by what it becomes", () => {
  const path = "lib/a.ts";
  const all = [
    { path, before: "const MAX = 8;", why: "any constant" },
    {
      path,
      before: "if (a < b) c();",
      changed: "if (a <= b) c();",
      why: "this",
    },
  ];
  const why = (kind: string, before: string, changed: string) =>
    whyEquivalent({ path, kind, before, changed }, all);
  const constant = "const MAX = 8;";
  assertEquals(why("constant", constant, "const MAX = 9;"), "any constant");
  assertEquals(why("statement", constant, ";"), undefined);
  const condition = "if (a < b) c();";
  assertEquals(why("operator", condition, "if (a <= b) c();"), "this");
  assertEquals(why("statement", condition, "if (a < b) ;"), undefined);
  const elsewhere = { path: "lib/b.ts", kind: "constant", before: constant };
  assertEquals(whyEquivalent({ ...elsewhere, changed: "" }, all), undefined);
});
