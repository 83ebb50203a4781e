/** Which certificate is chosen by a name. */

import { NameTable } from "../../lib/certificates/names.ts";
import { coversName } from "../../lib/net/certificate_names.ts";
import { assertEquals } from "../support/assert.ts";

const ROWS: readonly [name: string, host: string, covers: boolean][] = [
  ["acme.test", "acme.test", true],
  ["acme.test", "www.acme.test", false],
  ["*.acme.test", "www.acme.test", true],
  ["*.acme.test", "acme.test", false],
  ["*.acme.test", "a.www.acme.test", false],
  ["*.acme.test", ".acme.test", false],
  ["*.test", "acme.test", true],
  ["*", "acme.test", false],
  ["w*.acme.test", "www.acme.test", false],
  ["127.0.0.1", "127.0.0.1", true],
  ["*.0.0.1", "127.0.0.1", true], // which no authority signs
];

Deno.test("a certificate is for its names, and a star for one label", () => {
  for (const [name, host, covers] of ROWS) {
    assertEquals(coversName([name], host), covers, `${name} for ${host}`);
  }
});

Deno.test("an exact name is chosen before a wildcard, the first before others", () => {
  const table = new NameTable<string>();
  table.add(["*.acme.test"], "wildcard");
  table.add(["www.acme.test", "acme.test"], "exact");
  table.add(["www.acme.test", "other.test"], "second");
  assertEquals(
    ["www", "api", "a.b"].map((label) => table.find(`${label}.acme.test`)),
    ["exact", "wildcard", undefined],
  );
  assertEquals(
    ["acme.test", "other.test", "", "test"].map((name) => table.find(name)),
    ["exact", "second", undefined, undefined],
  );
});
