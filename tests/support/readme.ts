/** The parts of the README that are made from the source. */

import { record } from "./recording.ts";
import { FLAG_NAMES, FLAGS } from "../../lib/config/flags.ts";

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

if (import.meta.main) {
  const path = new URL("../../README.md", import.meta.url);
  let text = await Deno.readTextFile(path);
  text = withSection(text, "flags", flagTable());
  text = withSection(text, "recording", await record());
  await Deno.writeTextFile(path, text);
}
