/**
 * The target that a handler gets in place of the one that was asked for (pure).
 *
 * A rewriting sees the canonical path: `%2e%2e` is resolved, bytes above 127 are %XX.
 * The query stays. A path that it does not change is not touched: then the handler
 * gets the target as the client sent it.
 */

import { CanonicalPath } from "../http/canonical_path.ts";
import { bytesOf, textOf } from "../http/bytes.ts";
import type { RequestHead } from "../http/request_head.ts";
import { growthOf } from "./regex_growth.ts";

/** How paths are rewritten, as it is configured: by prefix, or by a regular expression. */
export type RewriteSpec =
  | { readonly strip?: string; readonly prepend?: string }
  | { readonly match: string; readonly to: string };

/** A rewriting, ready to be used many times. */
export interface Rewrite {
  /** The prefix that is taken off: canonical, without a slash at its end; empty for none. */
  readonly strip: string;
  /** The one that is put before what is left; likewise. */
  readonly prepend: string;
  /** What the whole path is replaced by where it matches; undefined for nothing. */
  readonly replacement: Replacement | undefined;
}

/** The replacement of a path that matches. */
export interface Replacement {
  readonly match: RegExp;
  /** Text, and the numbers or names of groups. */
  readonly path: readonly ToPart[];
  /** The same for what comes before the query that stays; undefined for nothing. */
  readonly query: readonly ToPart[] | undefined;
}

/** A run of text, or a group of the match. */
export type ToPart =
  | { readonly text: string }
  | { readonly group: string };

/** Characters of a regular expression. */
const SOURCE_LENGTH_MAX = 500;
/** States that are looked at to prove that it takes linear time. */
const STATES_MAX = 200;
/** Groups that a replacement may name, so that a target grows by no more than that. */
const GROUPS_MAX = 16;

/**
 * Reads a rewriting.
 *
 * @throws {SyntaxError} if a prefix is no path, the regular expression cannot be read
 *   or is not proven to take linear time, or the replacement does not begin with `/`
 *   or names a group that there is not.
 */
export function compileRewrite(spec: RewriteSpec): Rewrite {
  if ("match" in spec) {
    const { match, to } = spec;
    return { strip: "", prepend: "", replacement: readReplacement(match, to) };
  }
  const { strip, prepend } = spec;
  if (strip === undefined && prepend === undefined) {
    throw new SyntaxError("A rewrite needs strip, prepend, or match and to");
  }
  return {
    strip: prefixOf("strip", strip),
    prepend: prefixOf("prepend", prepend),
    replacement: undefined,
  };
}

function prefixOf(key: string, text: string | undefined): string {
  if (text === undefined) return "";
  if (!text.startsWith("/") || /[\0- ?#\\\x7f]/.test(text)) {
    throw new SyntaxError(
      `Cannot use "${text}" as ${key}: a prefix begins with "/" and has no ` +
        "query, fragment, spaces or controls",
    );
  }
  return canonicalOf(encoded(text)).replace(/\/$/, "");
}

/** The canonical form of a path. */
function canonicalOf(path: string): string {
  const bytes = bytesOf(path);
  const canonical = new CanonicalPath();
  canonical.read(bytes, 0, bytes.length);
  return canonical.text;
}

/** A text with its characters beyond ASCII percent-encoded. */
function encoded(text: string): string {
  return text.toWellFormed().replaceAll(/[^\0-\x7f]+/g, encodeURIComponent);
}

function readReplacement(source: string, to: string): Replacement {
  const match = readRegex(source);
  if (!to.startsWith("/") || /[\0- #\\\x7f]/.test(to)) {
    throw new SyntaxError(
      `Cannot rewrite to "${to}": a target begins with "/" and has no ` +
        "fragment, spaces or controls",
    );
  }
  const [path = "", ...more] = to.split("?");
  const groups = groupsOf(source);
  const parts = partsOf(path, groups);
  const query = more.length === 0 ? undefined : partsOf(more.join("?"), groups);
  const count = [...parts, ...query ?? []].filter((part) => "group" in part);
  if (count.length > GROUPS_MAX) {
    throw new SyntaxError(
      `Cannot rewrite to "${to}": more than ${GROUPS_MAX} groups`,
    );
  }
  return { match, path: parts, query };
}

function readRegex(source: string): RegExp {
  const refuse = (why: string): SyntaxError =>
    new SyntaxError(`Cannot use the regular expression "${source}": ${why}`);
  if (source.length > SOURCE_LENGTH_MAX) {
    throw refuse(`more than ${SOURCE_LENGTH_MAX} characters`);
  }
  if (/\(\?<?[=!]/.test(source)) throw refuse("it looks ahead or behind");
  if (/\)\{/.test(source)) throw refuse("it counts repetitions of a group");
  let growth: string | undefined;
  let match: RegExp;
  try {
    match = new RegExp(source);
    growth = growthOf(match, STATES_MAX);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) {
      throw refuse(error.message);
    }
    throw error;
  }
  if (growth === undefined) return match;
  const hint = source.startsWith("^")
    ? ""
    : "; it may begin anywhere: begin it with ^";
  throw refuse(`some paths would take more than linear time${hint}`);
}

/** The numbers and names of the groups of a regular expression. */
function groupsOf(source: string): ReadonlySet<string> {
  const { groups = {}, length } = new RegExp(`${source}|`).exec("")!;
  return new Set([
    ...Array.from({ length }, (_, number) => String(number)),
    ...Object.keys(groups),
  ]);
}

/** The parts of a replacement: `$1`, `$<name>`, `$&` or `$0` for all, `$$` for `$`. */
function partsOf(to: string, groups: ReadonlySet<string>): ToPart[] {
  const parts: ToPart[] = [];
  let end = 0;
  for (const { 0: whole, 1: name, index } of to.matchAll(GROUP)) {
    parts.push({ text: encoded(to.slice(end, index)) });
    end = index + whole.length;
    const group = name?.replace(/^<(.*)>$/, "$1").replace("&", "0");
    if (group === "$") parts.push({ text: "$" });
    else if (group !== undefined && groups.has(group)) parts.push({ group });
    else {
      throw new SyntaxError(
        `Cannot rewrite to "${to}": there is no group ${whole}; write $$ for $`,
      );
    }
  }
  parts.push({ text: encoded(to.slice(end)) });
  return parts;
}

const GROUP = /\$([$&]|\d|<\w+>)?/g;

/**
 * The target that a path becomes.
 *
 * @param path The canonical path.
 * @param query The query as it came, with its `?`; empty if there is none.
 * @returns The whole target, its path canonical; undefined if it stays as it came.
 */
export function rewriteTarget(
  rewrite: Rewrite,
  path: string,
  query: string,
): string | undefined {
  const { strip, prepend, replacement } = rewrite;
  if (replacement !== undefined) return replaced(replacement, path, query);
  const rest = withoutPrefix(path, strip);
  const target = prepend + (rest ?? path);
  return target === path ? undefined : withOneSlash(target) + query;
}

/**
 * A path that was changed. At its beginning are no more slashes than one: behind two of
 * them, origins read a host (RFC 3986 §4.2), and then another path than ours.
 */
function withOneSlash(path: string): string {
  return path.replace(/^\/{2,}/, "/");
}

/**
 * The target that the handler of a request gets.
 *
 * @returns The whole target, its path canonical; undefined if it stays as it came, as
 *   it does where it is no path.
 */
export function rewriteRequest(
  rewrite: Rewrite,
  request: RequestHead,
): string | undefined {
  const { bytes, target, targetEnd } = request;
  if (target.form === "asterisk" || target.form === "authority") {
    return undefined;
  }
  const path = new CanonicalPath();
  path.read(bytes, target.pathStart, targetEnd);
  const query = textOf(bytes, path.queryStart, targetEnd);
  return rewriteTarget(rewrite, path.text, query);
}

/** What is left of a path without a prefix of whole segments; undefined if it does not have it. */
function withoutPrefix(
  path: string,
  prefix: string,
): string | undefined {
  if (!path.startsWith(prefix)) return undefined;
  if (path.length === prefix.length) return "/";
  return path[prefix.length] === "/" ? path.slice(prefix.length) : undefined;
}

function replaced(
  { match, path: to, query: before }: Replacement,
  path: string,
  query: string,
): string | undefined {
  const found = match.exec(path);
  if (found === null) return undefined;
  // Made canonical again: what was taken apart can be put together as "..".
  const changed = canonicalOf(filled(to, found).replaceAll("?", "%3F"));
  if (before === undefined) {
    return changed === path ? undefined : withOneSlash(changed) + query;
  }
  const more = query.length > 1 ? `&${query.slice(1)}` : "";
  return `${withOneSlash(changed)}?${filled(before, found)}${more}`;
}

function filled(parts: readonly ToPart[], found: RegExpExecArray): string {
  let text = "";
  for (const part of parts) {
    if ("text" in part) text += part.text;
    else text += found[Number(part.group)] ?? found.groups?.[part.group] ?? "";
  }
  return text;
}
