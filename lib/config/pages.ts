/** The pages of the documentation, and which of them explains a part of a configuration. */

import type { ValuePath } from "./file/place.ts";

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

/**
 * Where to read about what is wrong.
 *
 * @returns One line.
 */
export function readingHint(paths: readonly ValuePath[]): string {
  const [first] = paths;
  const page = first === undefined ? "configuration" : pageOf(first);
  return `sluice: see docs/${page}.md, or run: sluice help ${page}`;
}
