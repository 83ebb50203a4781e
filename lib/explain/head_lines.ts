/** The lines of a head, as people are shown them (pure): without what is secret. */

import { isSecretHeader } from "../http/secret_header.ts";

const MASK = "***";

/** The lines of a head, its first line included. */
export function linesIn(head: string): string[] {
  const [first = "", ...lines] = head.split("\r\n").filter((line) =>
    line !== ""
  );
  return [first, ...lines.map(shown)];
}

function shown(line: string): string {
  const [name = ""] = line.split(":", 1);
  return isSecretHeader(name) ? `${name}: ${MASK}` : line;
}
