/** The README says what the source says. */

import { ERROR_CODES } from "../lib/http/error.ts";
import { assertEquals } from "./support/assert.ts";
import { flagTable, section } from "./support/readme.ts";

const README = await Deno.readTextFile(
  new URL("../README.md", import.meta.url),
);

/** A table as its cells: the formatter aligns columns as it likes. */
function cells(markdown: string): string[] {
  return markdown.split("\n").filter((line) => line !== "").map((line) =>
    line.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/^-+$/, "---"))
      .join("|")
  );
}

Deno.test("the README's table of flags is the program's", () => {
  assertEquals(cells(section(README, "flags")), cells(flagTable()));
});

Deno.test("the README's table of errors has every code", () => {
  const [, table = ""] = README.split(/^\| code .*\n/m);
  const rows = table.split("\n\n")[0]!.split("\n").map((row) =>
    row.split("|")[1] ?? ""
  );
  const codes = rows.flatMap((cell) => cell.match(/(?<=`)\w+(?=`)/g) ?? []);
  assertEquals(codes.toSorted(), ERROR_CODES.toSorted());
});
