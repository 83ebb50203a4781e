/**
 * What happens to the server itself, for its operator: one line each, on standard
 * error, apart from the access log.
 */

import { octetsOf } from "../http/octets.ts";

/** How much an event matters. */
export type Level = "info" | "warn" | "error";

const RED = "\x1b[31m";
const YELLOW = "\x1b[33m";
const PLAIN = "\x1b[0m";

/** Writes one line; control characters in `text` are replaced. */
export function logEvent(level: Level, text: string): void {
  // deno-lint-ignore no-control-regex -- it is what must not reach a terminal
  const safe = text.replaceAll(/[\x00-\x1f\x7f-\uffff]/g, "?");
  const line = `sluice: ${level === "info" ? "" : `${level}: `}${safe}`;
  try {
    Deno.stderr.writeSync(octetsOf(`${coloured(level, line)}\n`));
  } catch {
    // Nobody reads standard error: there is nowhere left to say so.
  }
}

/** Colour is for people: on a terminal, unless `NO_COLOR` is set. */
function coloured(level: Level, line: string): string {
  if (level === "info" || Deno.noColor || !Deno.stderr.isTerminal()) {
    return line;
  }
  return (level === "error" ? RED : YELLOW) + line + PLAIN;
}
