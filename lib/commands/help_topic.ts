/** `sluice help TOPIC`: a page of the documentation, or what one word of it means. */

import { nearest } from "../config/nearest.ts";
import { PAGE_NAMES, type PageName } from "../config/pages.ts";
import { UsageError } from "../config/usage_error.ts";
import { WORD_NAMES, WORDS } from "../config/words.ts";

/** The most edits between a mistyped topic and the one that is suggested. */
const EDITS_MAX = 3;

type Text = Promise<{ readonly default: string }>;

/** The pages. They are a part of the executable, and read only here. */
const PAGES: Readonly<Record<PageName, () => Text>> = {
  start: () => import("../../docs/start.md", { with: { type: "text" } }),
  flags: () => import("../../docs/flags.md", { with: { type: "text" } }),
  configuration: () =>
    import("../../docs/configuration.md", { with: { type: "text" } }),
  routing: () => import("../../docs/routing.md", { with: { type: "text" } }),
  servers: () => import("../../docs/servers.md", { with: { type: "text" } }),
  access: () => import("../../docs/access.md", { with: { type: "text" } }),
  tls: () => import("../../docs/tls.md", { with: { type: "text" } }),
  files: () => import("../../docs/files.md", { with: { type: "text" } }),
  caching: () => import("../../docs/caching.md", { with: { type: "text" } }),
  reasons: () => import("../../docs/reasons.md", { with: { type: "text" } }),
  compression: () =>
    import("../../docs/compression.md", { with: { type: "text" } }),
  operating: () =>
    import("../../docs/operating.md", { with: { type: "text" } }),
  admin: () => import("../../docs/admin.md", { with: { type: "text" } }),
  metrics: () => import("../../docs/metrics.md", { with: { type: "text" } }),
  fleet: () => import("../../docs/fleet.md", { with: { type: "text" } }),
  scale: () => import("../../docs/scale.md", { with: { type: "text" } }),
  recipes: () => import("../../docs/recipes.md", { with: { type: "text" } }),
  moving: () => import("../../docs/moving.md", { with: { type: "text" } }),
  behaviour: () =>
    import("../../docs/behaviour.md", { with: { type: "text" } }),
  security: () => import("../../docs/security.md", { with: { type: "text" } }),
  performance: () =>
    import("../../docs/performance.md", { with: { type: "text" } }),
  comparison: () =>
    import("../../docs/comparison.md", { with: { type: "text" } }),
  design: () => import("../../docs/design.md", { with: { type: "text" } }),
  library: () => import("../../docs/library.md", { with: { type: "text" } }),
  contributing: () =>
    import("../../docs/contributing.md", { with: { type: "text" } }),
};

/**
 * The text about a topic: a page, a command, or a word that a table of the pages
 * begins a row with, such as a flag, a key, a reason or a metric.
 *
 * @throws {UsageError} if nothing is said about it.
 */
export async function topicText(topic: string): Promise<string> {
  const word = WORD_NAMES.find((name) => name === topic);
  if (word !== undefined) return wordText(word);
  const page = PAGE_NAMES.find((name) => name === topic);
  if (page !== undefined) return shown((await PAGES[page]()).default);
  const rows = await rowsAbout(topic);
  if (rows.length > 0) return rows.join("\n\n");
  const meant = nearest(topic, [...PAGE_NAMES, ...WORD_NAMES], EDITS_MAX);
  const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
  throw new UsageError(
    `nothing is known about "${topic}".${hint} Topics: ${
      PAGE_NAMES.join(", ")
    }; a command, flag, key, reason or metric`,
  );
}

function wordText(name: keyof typeof WORDS): string {
  const { usage, help, flags } = WORDS[name];
  const lines = [`sluice ${name} ${usage}`.trimEnd(), `  ${help}`];
  if (flags.length > 0) lines.push(`  flags: ${flags.join(" ")}`);
  return lines.join("\n");
}

/** A page without the marks that are for programs. */
function shown(markdown: string): string {
  return markdown.split("\n").filter((line) => !line.startsWith("<!-- "))
    .join("\n").trimEnd();
}

/** The rows of all tables whose first cell has the word (of `cache.ttl`, the last part), each with where it stands. */
async function rowsAbout(word: string): Promise<string[]> {
  const name = word.replace(/^-+/, "").replace(/^[^]*\./, "");
  const found: string[] = [];
  for (const page of PAGE_NAMES) {
    let heading = "";
    for (const line of (await PAGES[page]()).default.split("\n")) {
      if (line.startsWith("#")) heading = line.replace(/^#+ /, "");
      if (!line.startsWith("| ")) continue;
      const [first = "", ...cells] = cellsOf(line);
      if (!wordsOf(first).includes(name)) continue;
      const rest = cells.filter((cell) => cell !== "").join("\n  ");
      found.push(
        `${first.replaceAll("`", "")} (${page}: ${heading})\n  ${rest}`,
      );
    }
  }
  return found;
}

function cellsOf(line: string): string[] {
  return line.split(/(?<!\\)\|/).slice(1, -1).map((cell) =>
    cell.trim().replaceAll("\\|", "|")
  );
}

/** What a cell has as code: `--max-head SIZE` is about max-head. */
function wordsOf(cell: string): string[] {
  return cell.split("`").filter((_, at) => at % 2 === 1)
    .map((code) => code.split(" ")[0]!.replace(/^--/, ""));
}
