/** The documents say what the source says. */

import { ERROR_CODES } from "../lib/http/error.ts";
import { assertEquals } from "./support/assert.ts";
import { flagTable, forwardingTable, section } from "./support/readme.ts";
import { canRecord, record } from "./support/recording.ts";

const ROOT = new URL("../", import.meta.url);
const README = await Deno.readTextFile(new URL("README.md", ROOT));

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

Deno.test("the README's table of forwarding fields is the program's", () => {
  assertEquals(cells(section(README, "forwarding")), cells(forwardingTable()));
});

Deno.test({
  name: "the README's recording is what a run shows, but for numbers and dates",
  ignore: !await canRecord(), // it needs a shell, curl and grep
  async fn(): Promise<void> {
    const timeless = (text: string): string =>
      text.replaceAll(/\[\d+\/\w+\/[^\]]*\]/g, "[]")
        .replaceAll(/curl\/[\d.]+/g, "curl").replaceAll(/\d+/g, "0");
    assertEquals(
      timeless(section(README, "recording")),
      timeless(await record()),
    );
  },
});

Deno.test("the README's table of errors has every code", () => {
  const [, table = ""] = README.split(/^\| code .*\n/m);
  const rows = table.split("\n\n")[0]!.split("\n").map((row) =>
    row.split("|")[1] ?? ""
  );
  const codes = rows.flatMap((cell) => cell.match(/(?<=`)\w+(?=`)/g) ?? []);
  assertEquals(codes.toSorted(), ERROR_CODES.toSorted());
});

Deno.test("the files that the documents name are there", () => {
  const missing = ["README.md", ".github/SECURITY.md"].flatMap((document) => {
    const text = Deno.readTextFileSync(new URL(document, ROOT));
    const paths = text.match(/(?<=`)(?:lib|tests|deploy)\/[\w./]*(?=`)/g) ?? [];
    return paths.filter((path) => !exists(path))
      .map((path) => `${document}: ${path}`);
  });
  assertEquals(missing, []);
});

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch {
    return false;
  }
}
