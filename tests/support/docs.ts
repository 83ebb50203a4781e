/** The documents: which there are, and the parts of them that are made from the source. */

import { typesText } from "../../lib/commands/config_file.ts";
import { configReference } from "./config_reference.ts";
import { record } from "./recording.ts";
import { FLAG_NAMES, FLAGS } from "../../lib/config/flags.ts";
import {
  CLIENT_ADDRESS,
  FIELD_ROWS,
  fieldIdOf,
  FORWARDING,
} from "../../lib/http/field.ts";
import {
  FORWARDING_NAMES,
  FORWARDING_PREFIXES,
} from "../../lib/http/forwarding_fields.ts";
import { METRICS } from "../../lib/observe/metrics/table.ts";
import type { CloseRow } from "../../lib/reasons/close.ts";
import { REASONS } from "../../lib/reasons/reason.ts";
import type { ReasonGroup, ReasonRow } from "../../lib/reasons/row.ts";

const ROOT = new URL("../../", import.meta.url);

/** The documents by path: those at the top, and every page of `docs/`. */
export function documents(): Map<string, string> {
  const pages = [...Deno.readDirSync(new URL("docs/", ROOT))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => `docs/${name}`).toSorted();
  const paths = ["README.md", "CHANGELOG.md", ".github/SECURITY.md", ...pages];
  return new Map(
    paths.map((path) => [path, Deno.readTextFileSync(new URL(path, ROOT))]),
  );
}

/** The table of all flags, in Markdown. */
export function flagTable(): string {
  const lines: string[] = [];
  let group = "";
  for (const name of FLAG_NAMES) {
    const { placeholder, fallback, help, repeatable, group: own } = FLAGS[name];
    if (own !== group) {
      lines.push(
        "",
        `**${own}**`,
        "",
        "| flag | default | |",
        "| --- | --- | --- |",
      );
      group = own;
    }
    const flag = `\`--${name}${placeholder && " " + placeholder}\``;
    const what = escapeCell(help) + (repeatable ? " (repeatable)" : "");
    lines.push(
      `| ${flag} | ${
        fallback === undefined ? "" : `\`${fallback}\``
      } | ${what} |`,
    );
  }
  return lines.slice(1).join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** The table of the fields that only trusted proxies may send, in Markdown. */
export function forwardingTable(): string {
  const names = [...FIELD_ROWS, ...FORWARDING_NAMES]
    .map(({ name }) => name).filter((name) => name !== "");
  const flagsOf = (name: string): number => FIELD_ROWS[fieldIdOf(name)]!.flags;
  const cell = (of: readonly string[]): string =>
    of.toSorted().map((name) => `\`${name}\``).join(" ");
  const isAddress = (name: string): boolean =>
    (flagsOf(name) & CLIENT_ADDRESS) !== 0;
  const known = names.filter((name) => (flagsOf(name) & FORWARDING) !== 0);
  const request = known.filter((name) =>
    !isAddress(name) &&
    !FORWARDING_PREFIXES.some((prefix) => name.startsWith(prefix))
  );
  return [
    "| about | names |",
    "| --- | --- |",
    `| the client address | ${cell(known.filter(isAddress))} |`,
    `| the scheme, host or path that the client asked for | ${
      cell([
        ...FORWARDING_PREFIXES.map((prefix) => `${prefix}*`),
        ...request,
      ])
    } |`,
  ].join("\n");
}

/** The headings of the groups of reasons, in the order of the table. */
const REASON_HEADINGS: Readonly<Record<ReasonGroup, string>> = {
  forward: "Why the origin was asked",
  bypass: "Why the cache was bypassed",
  reuse: "What became of a stored response",
  share: "Why a request was not shared",
  store: "Why a response was stored, or was not",
  coding: "Why content was compressed, or was not",
  retry: "Why a request was sent once more, or was not",
  route: "Which route took a request, or why none did",
  access: "Why a route refused a client",
  server: "Which server a request goes to (explain)",
  close: "How an exchange ended, or why a connection was closed",
};

/** The table of all reasons, in Markdown. */
export function reasonTable(): string {
  const lines: string[] = [];
  for (const [group, heading] of Object.entries(REASON_HEADINGS)) {
    const isClose = group === "close";
    lines.push("", `## ${heading}`, "");
    lines.push(`| word | | ${isClose ? "fault | " : ""}rule |`);
    lines.push(`| --- | --- | ${isClose ? "--- | " : ""}--- |`);
    for (const row of Object.values<ReasonRow | CloseRow>(REASONS)) {
      if (row.group !== group) continue;
      const rule = row.source === "" ? "" : `RFC ${row.source}`;
      const fault = "fault" in row ? ` ${row.fault} |` : "";
      lines.push(
        `| \`${row.token}\` | ${escapeCell(row.words)} |${fault} ${rule} |`,
      );
    }
  }
  return lines.slice(1).join("\n");
}

/** The table of all metrics, in Markdown. */
export function metricTable(): string {
  return [
    "| name | type | labels | |",
    "| --- | --- | --- | --- |",
    ...METRICS.map(({ name, type, labels, help }) => {
      const kind = type === "info" ? "gauge" : type;
      const names = labels.map((label) => `\`${label}\``).join(" ");
      return `| \`${name}\` | ${kind} | ${names} | ${escapeCell(help)} |`;
    }),
  ].join("\n");
}

/** The part of a Markdown text between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function section(text: string, name: string): string {
  const [, rest] = text.split(`<!-- ${name} -->\n`);
  if (rest === undefined) throw new Error(`No <!-- ${name} -->`);
  return rest.split(`<!-- /${name} -->`)[0]!.trim();
}

/** The text with that part replaced. */
export function withSection(text: string, name: string, part: string): string {
  const [before, rest] = text.split(`<!-- ${name} -->\n`);
  if (rest === undefined) throw new Error(`No <!-- ${name} -->`);
  const after = rest.slice(rest.indexOf(`<!-- /${name} -->`));
  return `${before}<!-- ${name} -->\n\n${part}\n\n${after}`;
}

/** By page and name of the part: what makes it. */
const MADE: readonly (readonly [
  page: string,
  name: string,
  make: () => string | Promise<string>,
])[] = [
  ["docs/flags.md", "flags", flagTable],
  ["docs/configuration.md", "reference", configReference],
  ["docs/behaviour.md", "forwarding", forwardingTable],
  ["docs/reasons.md", "reasons", reasonTable],
  ["docs/metrics.md", "metrics", metricTable],
  ["README.md", "recording", record],
];

if (import.meta.main) {
  for (const [page, name, make] of MADE) {
    const path = new URL(page, ROOT);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, withSection(text, name, await make()));
  }
  const types = new URL("lib/config/types.ts", ROOT);
  await Deno.writeTextFile(types, await typesText());
}
