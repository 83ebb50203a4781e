/** The text of `--help`, made from the table of flags. */

import { FLAG_NAMES, FLAGS } from "./flags.ts";
import { WORD_NAMES, type WordName, WORDS } from "./words.ts";

/** Where the explanations of commands begin. */
const COLUMN = 38;

/** The text of `--help`. */
export function helpText(): string {
  const lines = [
    "sluice: an HTTP/1.1 reverse proxy with a cache",
    "",
    "Usage: sluice [--listen ADDRESS] [--upstream URL] [flags]",
    "       sluice --config FILE [--check]",
    usageLine("--demo", "several hosts to try, and their configuration"),
    ...WORD_NAMES.map(wordLine),
  ];
  let group = "";
  for (const name of FLAG_NAMES) {
    const flag = FLAGS[name];
    if (flag.group !== group) lines.push("", `${flag.group}:`);
    group = flag.group;
    lines.push(`  --${name}${flag.placeholder && " " + flag.placeholder}`);
    const notes = [
      flag.repeatable ? "repeatable" : "",
      flag.fallback === undefined ? "" : `default ${flag.fallback}`,
    ].filter((note) => note !== "");
    lines.push(
      `      ${flag.help}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`,
    );
  }
  lines.push(
    "",
    "Sizes: 512, 16KiB, 1M, 1G (powers of 1024) or 10MB (powers of 1000).",
    "Durations: 500ms, 10s, 5m, 1h, 1d. 0 or off means none.",
  );
  return lines.join("\n");
}

function wordLine(name: WordName): string {
  const { usage, help } = WORDS[name];
  return usageLine(`${name} ${usage}`.trimEnd(), help);
}

function usageLine(command: string, help: string): string {
  return `       sluice ${command}`.padEnd(COLUMN + 7) + help;
}
