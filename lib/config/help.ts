/** The text of `--help`, made from the table of flags. */

import { FLAG_NAMES, FLAGS } from "./flags.ts";

/** The text of `--help`. */
export function helpText(): string {
  const lines = [
    "sluice: an HTTP/1.1 reverse proxy in one file",
    "",
    "Usage: sluice [--listen ADDRESS] [--upstream URL] [flags]",
    "       sluice --demo",
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
    "Sizes are written 16KiB, 1M or 1G (powers of 1024) or 10MB (of 1000), durations",
    "500ms, 10s, 5m or 1d; 0 or off means none.",
  );
  return lines.join("\n");
}
