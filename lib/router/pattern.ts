/**
 * Patterns of paths as a configuration has them (pure).
 *
 * `/` is every path. `/a/*` is `/a`, `/a/` and everything below. Any other `*` is one
 * or more characters without `/`. Everything else is the path itself, in its
 * canonical form.
 */

import { CanonicalPath } from "../http/canonical_path.ts";

/** In {@linkcode Pattern.elements}: a `*` that stands for one or more bytes without `/`. */
export const STAR = -1;

/** A pattern, read. */
export interface Pattern {
  /** As it was written. */
  readonly text: string;
  /** As it would be written in canonical form: the same for patterns that are the same. */
  readonly key: string;
  /** Bytes, and {@linkcode STAR}; without the `/*` at its end. */
  readonly elements: readonly number[];
  /** Whether everything below matches, too: it ends in `/*`, or is `/`. */
  readonly hasBelow: boolean;
  /** Characters before the first `*`. */
  readonly before: number;
  /** Characters other than `*`. */
  readonly total: number;
}

/** Whether the pattern is one path. */
export function isExact({ elements, hasBelow }: Pattern): boolean {
  return !hasBelow && !elements.includes(STAR);
}

/** Whether every path matches the pattern. */
export function isEverything({ elements }: Pattern): boolean {
  return elements.length === 0;
}

/** Whether there is a `*` in the pattern other than that of `/*` at its end. */
export function isMixed({ elements }: Pattern): boolean {
  return elements.includes(STAR);
}

/**
 * Compares two patterns: a negative number if `a` is the more specific one, 0 if they
 * are equal in that.
 */
export function compareSpecificity(a: Pattern, b: Pattern): number {
  return Number(isExact(b)) - Number(isExact(a)) || b.before - a.before ||
    b.total - a.total;
}

/**
 * Reads a pattern.
 *
 * @throws {SyntaxError} if it does not begin with `/`, has a query or a fragment,
 *   `**`, dot segments, a `%` without two digits, or a character written as `%XX`
 *   that can stand there itself; the message says what to write.
 */
export function parsePattern(text: string): Pattern {
  const fault = faultOf(text);
  if (fault !== undefined) {
    throw new SyntaxError(`Cannot use the path "${text}": ${fault}`);
  }
  const hasBelow = text === "/" || text.endsWith("/*");
  const path = text === "/" ? "" : hasBelow ? text.slice(0, -2) : text;
  const canonical = path.split("*").map(canonicalLiteral).join("*");
  const elements = Array.from(
    { length: canonical.length },
    (_, at) => canonical[at] === "*" ? STAR : canonical.charCodeAt(at),
  );
  const star = elements.indexOf(STAR);
  const slash = hasBelow ? 1 : 0;
  return {
    text,
    key: canonical + (hasBelow ? "/*" : ""),
    elements,
    hasBelow,
    before: star < 0 ? elements.length + slash : star,
    total: elements.filter((element) => element !== STAR).length + slash,
  };
}

/** What is wrong with the text of a pattern. */
function faultOf(text: string): string | undefined {
  if (!text.startsWith("/")) return 'a path begins with "/"';
  if (text.includes("**")) {
    return '"**" means nothing; "/a/*" is everything below /a';
  }
  if (/[?#]/.test(text)) {
    return "a path has no query and no fragment; see when.query";
  }
  if (/[\0- \x7f\\]/.test(text)) {
    return "spaces, controls and \\ are written %XX";
  }
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) {
    return "% without two digits; write %25";
  }
  if (/\/\.{1,2}(?:\/|$)/.test(text.replaceAll(/%2e/gi, "."))) {
    return 'no request has "." or ".." as a segment when it is compared';
  }
  for (const [escape] of text.matchAll(/%[0-9A-Fa-f]{2}/g)) {
    const character = String.fromCharCode(parseInt(escape.slice(1), 16));
    if (character === "\0") return "a path with %00 is always refused";
    if ("!$&'()+,;=:@".includes(character)) {
      return `write ${character} in place of ${escape}`;
    }
    if (character === "*") return "there is no way to match a literal *";
  }
  return undefined;
}

/** What is canonical as it stands. */
const PLAIN = /^[\w.~!$&'()+,;=:@/-]*$/;

/** A run of the path without `*`, as it stands in a canonical path. */
function canonicalLiteral(literal: string): string {
  if (PLAIN.test(literal)) return literal;
  // Letters around it: at its edges "." or ".." is a part of a longer segment.
  const bytes = new TextEncoder().encode(`/x${literal}x`);
  const path = new CanonicalPath();
  path.read(bytes, 0, bytes.length);
  return path.text.slice(2, -1);
}

/** The key of a pattern without mixed `*`: its path, without `/*`. */
export function literalBytes({ elements }: Pattern): Uint8Array {
  return Uint8Array.from(elements);
}
