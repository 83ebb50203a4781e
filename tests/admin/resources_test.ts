/** The documents know every resource of the admin listener, and what can be done with it. */

import { assertEquals } from "../support/assert.ts";
import { RESOURCES } from "../../lib/admin/resources.ts";

const PAGE = new URL("../../docs/admin.md", import.meta.url);

Deno.test("docs/admin.md has every resource with its methods", async () => {
  const rows = (await Deno.readTextFile(PAGE)).split("\n")
    .filter((line) => /^\| `\//.test(line));
  const said = new Map<string, Set<string>>();
  for (const row of rows) {
    const [, paths = "", methods = ""] = row.split("|");
    for (const [, path] of paths.matchAll(/`(\/[a-z]*)/g)) {
      const known = said.get(path!) ?? new Set();
      for (const [method] of methods.matchAll(/[A-Z]+/g)) known.add(method);
      said.set(path!, known);
    }
  }
  const missing = [...RESOURCES].flatMap(([path, { read, change }]) => {
    const wanted = [
      ...(read === undefined ? [] : ["GET"]),
      ...(change === undefined ? [] : ["POST"]),
    ];
    const found = said.get(path) ?? new Set();
    return wanted.filter((method) => !found.has(method))
      .map((method) => `${method} ${path}`);
  });
  assertEquals(missing, []);
});
