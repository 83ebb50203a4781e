/**
 * Names of hosts as a configuration has them and as requests ask for them (pure).
 *
 * Ports, the case of letters and one trailing dot do not count (RFC 3986 §3.2.2,
 * RFC 9110 §4.2.3). What is no name (empty labels, percent-encoding, more than 253
 * bytes) is refused in a configuration, and in a request only `*` matches it.
 */

import { DOT } from "../http/bytes.ts";
import { FIELD } from "../http/field.ts";
import type { RequestHead } from "../http/request_head.ts";
import { endOfHost } from "../http/target.ts";

/** RFC 1035 §2.3.4, without the length of the root. */
export const NAME_BYTES_MAX = 253;

/** How a name of a configuration names hosts. */
export interface HostName {
  /** `exact`; `wildcard`: whatever stands before `text`; `any`: every host. */
  readonly kind: "exact" | "wildcard" | "any";
  /** The name in lower case, in ASCII; of a wildcard `.name`; empty for `any`. */
  readonly text: string;
}

/**
 * Reads a name: `acme.example`, `*.acme.example`, `*`, an IP address (IPv6 in
 * brackets). One with letters beyond ASCII becomes its ASCII form (RFC 5890 §2.3.2.1).
 *
 * @throws {SyntaxError} if it is none of these.
 */
export function parseHostName(name: string): HostName {
  if (name === "*") return { kind: "any", text: "" };
  const isWildcard = name.startsWith("*.");
  const text = asciiName(isWildcard ? name.slice(2) : name);
  if (text === undefined) {
    throw new SyntaxError(`Cannot read the host "${name}": ${faultOf(name)}`);
  }
  if (!isWildcard) return { kind: "exact", text };
  if (text.startsWith("[") || /^[\d.]+$/.test(text)) {
    throw new SyntaxError(
      `Cannot read the host "${name}": an address has no names below it`,
    );
  }
  return { kind: "wildcard", text: `.${text}` };
}

function faultOf(name: string): string {
  if (name === "") return "it is empty";
  if (name.includes("://")) return "a host is a name without a scheme";
  if (name.includes("/")) return "a host is a name without a path";
  if (name.startsWith("[") ? name.includes("]:") : name.includes(":")) {
    return "ports do not count; leave it out";
  }
  if (name.includes(",")) return "write each name by itself, without a comma";
  if (name.includes("*")) return '"*" stands alone, or first: "*.name"';
  return 'expected "name", "*.name", "*" or an IP address (IPv6 in brackets)';
}

/** The name in lower case and ASCII, without a trailing dot; undefined if it is none. */
function asciiName(name: string): string | undefined {
  if (name.startsWith("[")) {
    // The platform knows the grammar and writes addresses in their canonical form.
    return /^\[[\d:.A-Fa-f]+\]$/.test(name)
      ? URL.parse(`http://${name}/`)?.hostname
      : undefined;
  }
  const whole = name.replace(/\.$/, "").toLowerCase();
  const isAscii = /^[\w.-]*$/.test(whole);
  if (!isAscii && /[\0-,/:-@[-^`{-\x7f]/.test(whole)) return undefined;
  const text = isAscii ? whole : URL.parse(`http://${whole}/`)?.hostname;
  const isName = text !== undefined && text.length <= NAME_BYTES_MAX &&
    text.split(".").every((label) =>
      label.length > 0 && label.length <= 63 && /^[\w-]+$/.test(label)
    );
  return isName ? text : undefined;
}

/** Where the host that a request asks for stands in its bytes; see {@linkcode locateHost}. */
export interface HostRange {
  start: number;
  end: number;
}

/**
 * Finds the host that a request asks for, without port and without a trailing dot:
 * that of the target, if it has one, before that of `Host` (RFC 9112 §3.2.2).
 *
 * @param range Where the result is written; empty if the request names no host.
 */
export function locateHost(request: RequestHead, range: HostRange): void {
  const { bytes, target, fields } = request;
  let start = target.authorityStart;
  let end = target.authorityEnd;
  if (end === start) {
    const line = fields.first(FIELD.Host);
    if (line < 0) {
      range.start = range.end = 0;
      return;
    }
    start = fields.valueStart(line);
    end = fields.valueEnd(line);
  }
  end = endOfHost(bytes, start, end);
  if (end > start && bytes[end - 1] === DOT) end--;
  range.start = start;
  range.end = end;
}
