/** The text of `--help`, made from the table of flags. */

import { FLAG_NAMES, FLAGS } from "./flags.ts";

/** The text of `--help`. */
export function helpText(): string {
  const lines = [
    "sluice: an HTTP/1.1 reverse proxy with a cache",
    "",
    "Usage: sluice [--listen ADDRESS] [--upstream URL] [flags]",
    "       sluice --config FILE [--check]",
    "       sluice --demo                         several hosts to try, and their configuration",
    "       sluice print-config [--config FILE]   the configuration in force, as JSON",
    "       sluice route METHOD URL --config FILE which route takes a request, and why",
    "       sluice explain URL --config FILE      what becomes of a request, and why; --offline, --live, --json",
    "       sluice top --config FILE              what it does, second by second; --once",
    "       sluice reload --config FILE           the running sluice reads its file again",
    "       sluice purge URL… --config FILE       take URLs out of its cache; --prefix, --tag, --host, --all, --soft",
    "       sluice upstreams --config FILE        how its servers stand; NAME HOST:PORT drain: and say so",
    "       sluice permissions --config FILE      what Deno must allow a run from source",
    "       sluice schema                         the JSON Schema of a configuration file",
    "       sluice types                          the same as types: sluice.d.ts",
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
