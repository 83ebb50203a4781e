/** The cookies of a request, as origins read them (RFC 6265 §5.4, pure). */

import { trimmed } from "../../http/list.ts";
import { looseName } from "./parameter_name.ts";

/**
 * The cookies called `name` in the values of `Cookie` lines: all of them, in order,
 * with everything that an origin may read as a part of one.
 *
 * Only `;` parts cookies, but some origins let a quoted string hold one: where that
 * would make a difference, all that was sent counts.
 *
 * @returns Undefined if there is none.
 */
export function cookiesCalled(
  name: string,
  lines: readonly string[],
): string | undefined {
  const text = lines.join("; ");
  const loose = looseName(name);
  const found: string[] = [];
  for (const part of text.split(";")) {
    if (!isQuoteWhole(part)) return text;
    const equals = part.indexOf("=");
    const own = trimmed(equals < 0 ? part : part.slice(0, equals));
    if (looseName(own) !== loose) continue;
    const value = equals < 0 ? "" : "=" + trimmed(part.slice(equals + 1));
    found.push(own === name ? value : own + value);
  }
  return found.length === 0 ? undefined : found.join(";");
}

function isQuoteWhole(part: string): boolean {
  return part.split('"').length % 2 === 1;
}
