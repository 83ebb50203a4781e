/**
 * What happens to the server itself, for its operator: one line each, on standard
 * error, apart from the access log.
 */

import { octetsOf } from "../http/octets.ts";

/** How much an event matters. */
export type Level = "info" | "warn" | "error";

/** Writes one line; control characters in `text` are replaced. */
export function logEvent(level: Level, text: string): void {
  // deno-lint-ignore no-control-regex -- it is what must not reach a terminal
  const line = `sluice: ${text.replaceAll(/[\x00-\x1f\x7f-\uffff]/g, "?")}\n`;
  try {
    Deno.stderr.writeSync(
      octetsOf(level === "info" ? line : line.replace(": ", `: ${level}: `)),
    );
  } catch {
    // Nobody reads standard error: there is nowhere left to say so.
  }
}
