/** The pages of the documentation, and which of them explains a part of a configuration. */

import type { ValuePath } from "./file/place.ts";
import { FLAG_NAMES } from "./flags.ts";
import { WORD_NAMES, type WordName } from "./words.ts";

/** The pages, as `docs/NAME.md` and as topics of `sluice help`. */
export const PAGE_NAMES = [
  "start",
  "flags",
  "configuration",
  "routing",
  "servers",
  "access",
  "tls",
  "files",
  "caching",
  "reasons",
  "compression",
  "operating",
  "admin",
  "metrics",
  "fleet",
  "scale",
  "recipes",
  "moving",
  "behaviour",
  "security",
  "performance",
  "comparison",
  "design",
  "library",
  "contributing",
] as const;

/** The name of a page. */
export type PageName = typeof PAGE_NAMES[number];

/** By the name of a key, wherever it stands: the page that explains it. */
const PAGE_OF_KEY: Readonly<Record<string, PageName>> = {
  tls: "tls",
  upstreams: "servers",
  cache: "caching",
  shared: "fleet",
  compress: "compression",
  log: "operating",
  admin: "admin",
  allow: "access",
  deny: "access",
  auth: "access",
  limit: "access",
  satisfy: "access",
  cors: "access",
  security: "access",
  clientAddress: "access",
  files: "files",
  rewrite: "routing",
  when: "routing",
};

/**
 * The page that explains a value of a configuration: that of the innermost key that
 * has one of its own.
 */
export function pageOf(path: ValuePath): PageName {
  const known = path.findLast((part) =>
    typeof part === "string" && Object.hasOwn(PAGE_OF_KEY, part)
  );
  return known === undefined ? "configuration" : PAGE_OF_KEY[known]!;
}

/** The page that explains a command; `help` says itself what there is to read. */
const PAGE_OF_WORD: Readonly<Record<WordName, PageName | undefined>> = {
  "init": "start",
  "print-config": "configuration",
  "route": "routing",
  "explain": "caching",
  "top": "admin",
  "reload": "admin",
  "purge": "admin",
  "upstreams": "servers",
  "permissions": "operating",
  "schema": "configuration",
  "types": "configuration",
  "completions": "start",
  "help": undefined,
};

/**
 * Where to read about what is wrong with a configuration.
 *
 * @returns One line.
 */
export function readingHint(paths: readonly ValuePath[]): string {
  const [first] = paths;
  const page = first === undefined ? "configuration" : pageOf(first);
  return `sluice: ${hint(page, page)}`;
}

/**
 * Where to read about what is wrong with a command line.
 *
 * @param args As in `Deno.args`.
 * @param complaint What is wrong; the first flag in it is the one to read about.
 * @returns One line without the name of the program; undefined if the complaint says it.
 */
export function usageHint(
  args: readonly string[],
  complaint: string,
): string | undefined {
  const word = WORD_NAMES.find((name) => name === args[0]);
  if (word !== undefined) {
    const page = PAGE_OF_WORD[word];
    return page === undefined ? undefined : hint(page, word);
  }
  const named = complaint.match(/--[a-z]+(?:-[a-z]+)*/g) ?? [];
  const flag = named.find((flag) => isFlag(flag.slice(2)));
  return hint("flags", flag ?? "flags");
}

/** Whether it is a flag to read about: `--help` is only where to read. */
function isFlag(name: string): boolean {
  return name !== "help" && FLAG_NAMES.some((known) => known === name);
}

function hint(page: PageName, topic: string): string {
  return `see docs/${page}.md, or run: sluice help ${topic}`;
}
