/** The documents say what the source says, and lead to what is there. */

import { parseCommand } from "../lib/config/command.ts";
import { ERROR_CODES } from "../lib/http/error.ts";
import { typesText } from "../lib/commands/config_file.ts";
import { assert, assertEquals } from "./support/assert.ts";
import { configReference } from "./support/config_reference.ts";
import { linesOf } from "./support/memory_disk.ts";
import { AUTHORITY_PEM } from "./support/certificate.ts";
import {
  documents,
  flagTable,
  forwardingTable,
  metricTable,
  reasonTable,
  section,
} from "./support/docs.ts";
import { canRecord, record } from "./support/recording.ts";

const ROOT = new URL("../", import.meta.url);
const DOCUMENTS = documents();
/** A newcomer reads it to the end. */
const README_LINES_MAX = 220;

/** The text of a document. */
function page(path: string): string {
  const text = DOCUMENTS.get(path);
  assert(text !== undefined, `${path} is missing`);
  return text;
}

/** A table as its cells: the formatter aligns columns as it likes. */
function cells(markdown: string): string[] {
  return markdown.split("\n").filter((line) => line !== "").map((line) =>
    line.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/^-+$/, "---"))
      .join("|")
  );
}

Deno.test("the documents' table of flags is the program's", () => {
  assertEquals(
    cells(section(page("docs/flags.md"), "flags")),
    cells(flagTable()),
  );
});

Deno.test("the documents' reference of the configuration file is its schema's", () => {
  assertEquals(
    cells(section(page("docs/configuration.md"), "reference")).join(" "),
    cells(configReference()).join(" "), // whatever the formatter made of lines
  );
});

Deno.test("the types of a configuration are its schema's: deno task docs makes them", async () => {
  const path = new URL("lib/config/types.ts", ROOT);
  assertEquals(await Deno.readTextFile(path), await typesText());
});

Deno.test("the documents' table of forwarding fields is the program's", () => {
  assertEquals(
    cells(section(page("docs/behaviour.md"), "forwarding")),
    cells(forwardingTable()),
  );
});

Deno.test("the documents' table of reasons is the program's", () => {
  assertEquals(
    cells(section(page("docs/reasons.md"), "reasons")),
    cells(reasonTable()),
  );
});

Deno.test("the documents' table of metrics is the program's", () => {
  assertEquals(
    cells(section(page("docs/metrics.md"), "metrics")),
    cells(metricTable()),
  );
});

Deno.test({
  name: "the README's recording is what a run shows, but for numbers and dates",
  ignore: !await canRecord(), // it needs a shell, curl and grep
  async fn(): Promise<void> {
    const timeless = (text: string): string =>
      text.replaceAll(/\[\d+\/\w+\/[^\]]*\]/g, "[]")
        .replaceAll(/curl\/[\d.]+/g, "curl").replaceAll(/\d+/g, "0");
    assertEquals(
      timeless(section(page("README.md"), "recording")),
      timeless(await record()),
    );
  },
});

Deno.test("the README is short enough to be read", () => {
  const count = page("README.md").split("\n").length - 1;
  assert(count <= README_LINES_MAX, `the README has ${count} lines`);
});

Deno.test("the documents' table of errors has every code", () => {
  const [, table = ""] = page("docs/behaviour.md").split(/^\| code .*\n/m);
  const rows = table.split("\n\n")[0]!.split("\n").map((row) =>
    row.split("|")[1] ?? ""
  );
  const codes = rows.flatMap((cell) => cell.match(/(?<=`)\w+(?=`)/g) ?? []);
  assertEquals(codes.toSorted(), ERROR_CODES.toSorted());
});

Deno.test("the files that the documents name are there", () => {
  const missing = [...DOCUMENTS].flatMap(([path, text]) => {
    const named = text.match(
      /(?<=`)(?:lib|tests|deploy|docs|examples)\/[\w./-]*(?=`)/g,
    ) ?? [];
    return named.filter((name) => !exists(name))
      .map((name) => `${path}: ${name}`);
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

/** The text without its blocks of code. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^( *)```[^]*?^\1```$/gm, "");
}

/** What a forge calls the headings of a page, to link to them. */
function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  return [...prose(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const slug = heading!.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

Deno.test("anchorsOf() names headings as forges do", () => {
  const markdown = "# A, `b` and C-d\n\n```sh\n# none\n```\n\n## E\n\n## E\n";
  assertEquals(anchorsOf(markdown), ["a-b-and-c-d", "e", "e-1"]);
});

/** The target of every link of a page that leads to a file or a heading of the source. */
function linksOf(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));
}

Deno.test("every link of the documents leads somewhere", () => {
  const broken: string[] = [];
  let count = 0;
  for (const [path, text] of DOCUMENTS) {
    for (const link of linksOf(text)) {
      count++;
      const url = new URL(link, new URL(path, ROOT));
      const target = url.pathname.slice(ROOT.pathname.length);
      const anchor = decodeURIComponent(url.hash.slice(1));
      const isThere = exists(target) &&
        (anchor === "" || anchorsOf(page(target)).includes(anchor));
      if (!isThere) broken.push(`${path}: ${link}`);
    }
  }
  assertEquals(broken, []);
  assert(count > 20, "there are links to look at");
});

Deno.test("every page of the documentation is in its index and in the README", () => {
  const pages = [...DOCUMENTS.keys()].filter((path) =>
    path.startsWith("docs/") && path !== "docs/README.md"
  ).map((path) => path.slice("docs/".length));
  const index = linksOf(page("docs/README.md"));
  const readme = linksOf(page("README.md"));
  assertEquals(pages.filter((name) => !index.includes(name)), []);
  assertEquals(pages.filter((name) => !readme.includes(`docs/${name}`)), []);
});

/** The command lines of the program in a page's blocks for a shell, as their words. */
function commandsOf(markdown: string): string[][] {
  const blocks = [...markdown.matchAll(/^```(?:sh|console)\n([^]*?)^```$/gm)];
  return blocks.flatMap(([, block]) =>
    block!.replaceAll(/\\\n/g, " ").split("\n")
      .map((line) => /^(?:\$ )?(?:sluice|deno task start) (.*)/.exec(line)?.[1])
      .filter((words) => words !== undefined)
      .map(wordsOf)
  );
}

/** The words of a simple command, without quotes and comment. */
function wordsOf(line: string): string[] {
  return [...line.replace(/ +#.*/, "").matchAll(/'([^']*)'|[^\s']+/g)]
    .map(([word, quoted]) => quoted ?? word);
}

Deno.test("the program takes every command line of the documents", () => {
  const commands = [...DOCUMENTS].flatMap(([path, text]) =>
    commandsOf(text).map((words) => [path, words] as const)
  );
  assert(commands.length > 20, "there are command lines to look at");
  for (const [path, words] of commands) {
    try {
      parseCommand(words, () => AUTHORITY_PEM);
    } catch (error) {
      throw new Error(`${path}: ${words.join(" ")}`, { cause: error });
    }
  }
});

Deno.test("the configuration files of the documents are right", async () => {
  const blocks = [...DOCUMENTS].flatMap(([path, text]) =>
    [...text.matchAll(/^```jsonc?\n([^]*?)^```$/gm)].map(([, block]) =>
      [path, block!] as const
    )
  ).filter(([, block]) => block.includes('"hosts"'));
  assert(blocks.length > 5, "there are files to look at");
  for (const [path, block] of blocks) {
    assertEquals(await linesOf(block), [], `${path}: ${block}`);
  }
});
