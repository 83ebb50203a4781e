/**
 * Cache directives: `Cache-Control` of requests and responses (RFC 9111 §5.2) and
 * the targeted fields that speak the same language (RFC 9213).
 *
 * What is malformed never makes a response fresher: a directive that has an
 * argument it should not have still counts, and a number that is none reads as
 * invalid, which callers take for zero (RFC 9111 §4.2.1). Of a member that cannot be
 * read, such as `private; max-age=60`, the words count that keep a response from
 * others or from going stale unnoticed: it was meant to say one of them.
 */

import { isToken } from "../../http/bytes.ts";
import { listMembers } from "../../http/list.ts";
import { ReadValues } from "../../http/read_values.ts";
import { type BareItem, parseDictionary } from "../../http/structured.ts";

/** Directives by name in lower case, with their arguments; "" for none. */
export type Directives = ReadonlyMap<string, string>;

/** No directives. */
export const NO_DIRECTIVES: Directives = new Map();

/** The largest number of seconds that a directive means (RFC 9111 §1.2.2). */
export const SECONDS_MAX = 2 ** 31;

/** What may follow the name of a directive. */
const AFTER_NAME = /[\t ="]/;
const ARGUMENT = /^=(?:"((?:[^"\\]|\\.)*)"|([^\t "]*))[\t ]*$/;
/** Marks an argument that is not well-formed: no number, and no field name. */
const MALFORMED = "\0";

/** Directives that count wherever they stand in a member that cannot be read. */
const RESTRICTING: readonly string[] = [
  "must-revalidate",
  "no-cache",
  "no-store",
  "private",
  "proxy-revalidate",
];
/** What parts the words of such a member. */
const BETWEEN_WORDS = /[^0-9A-Za-z-]/;
/** Directives that can name fields. */
const NAMES_FIELDS: readonly string[] = ["no-cache", "private"];

/** A value longer than this is not remembered. */
const KNOWN_LENGTH_MAX = 256;
/** Origins use few values, and each response has one. */
const known = new ReadValues(readDirectives, 512, KNOWN_LENGTH_MAX);

/**
 * Reads a `Cache-Control` value.
 *
 * Of a directive that is given twice, the first counts (RFC 9111 §4.2.1); of
 * `no-cache` and `private`, which can name fields, all count, and one that names
 * none counts for the whole response.
 *
 * @param text The field value, its lines joined with commas.
 */
export function parseDirectives(text: string): Directives {
  return known.of(text);
}

/** Reads a `Cache-Control` value of one line, `bytes[start, end)`. */
export function parseDirectivesLine(
  bytes: Uint8Array,
  start: number,
  end: number,
): Directives {
  return known.ofRun(bytes, start, end);
}

/** The directives of a value that was not read before. */
function readDirectives(text: string): Directives {
  const directives = new Map<string, string>();
  for (const member of listMembers(text)) {
    const end = member.search(AFTER_NAME);
    const name = (end < 0 ? member : member.slice(0, end)).toLowerCase();
    const argument = end < 0 ? "" : argumentOf(name, member.slice(end));
    if (!isToken(name) || argument.includes(MALFORMED)) {
      for (const word of wordsIn(member)) directives.set(word, "");
    }
    if (name === "") continue;
    const known = directives.get(name);
    if (known === undefined) directives.set(name, argument);
    else if (NAMES_FIELDS.includes(name)) {
      const isWhole = known === "" || argument === "";
      directives.set(name, isWhole ? "" : `${known},${argument}`);
    }
  }
  return directives;
}

function argumentOf(name: string, rest: string): string {
  if (rest.trim() === "") return "";
  const match = ARGUMENT.exec(rest);
  if (match === null) return MALFORMED;
  const [, quoted, unquoted] = match;
  const argument = quoted?.replace(/\\(.)/g, "$1") ?? unquoted!;
  const isRead = quoted === undefined
    ? argument === "" || isToken(argument)
    : !NAMES_FIELDS.includes(name) || namesOnly(argument);
  return isRead ? argument : MALFORMED;
}

/** Whether an argument is a list of names, or empty. */
function namesOnly(argument: string): boolean {
  return fieldNamesIn(argument).every(isToken);
}

/** The directives that count in a member that cannot be read. */
function wordsIn(member: string): string[] {
  const words = member.toLowerCase().split(BETWEEN_WORDS);
  return RESTRICTING.filter((name) => words.includes(name));
}

/**
 * What the values of a targeted field's members must be (RFC 9213 §2.1): seconds are
 * integers, a directive without an argument is a boolean, and one that can name
 * fields is that or text. Members without a row are extensions, of any type.
 */
const TARGETED_TYPES: Readonly<
  Record<string, "seconds" | "flag" | "flag-or-names">
> = {
  "max-age": "seconds",
  "s-maxage": "seconds",
  "stale-while-revalidate": "seconds",
  "stale-if-error": "seconds",
  "no-store": "flag",
  "must-revalidate": "flag",
  "proxy-revalidate": "flag",
  "must-understand": "flag",
  "no-transform": "flag",
  "public": "flag",
  "immutable": "flag",
  "no-cache": "flag-or-names",
  "private": "flag-or-names",
};

function hasTargetedType(name: string, item: BareItem): boolean {
  const type = Object.hasOwn(TARGETED_TYPES, name)
    ? TARGETED_TYPES[name]
    : undefined;
  switch (type) {
    case undefined:
      return true;
    case "seconds":
      return item.kind === "integer" && item.value >= 0;
    case "flag":
      return item.kind === "boolean";
    case "flag-or-names":
      return ["boolean", "string", "token"].includes(item.kind);
  }
}

/**
 * Reads a targeted field (RFC 9213 §2.1): a dictionary of structured fields.
 *
 * @returns Undefined if it is malformed or empty, or a member has a type that its
 *   directive does not have: then it is as if it were not there (RFC 9213 §2.2).
 */
export function parseTargeted(text: string): Directives | undefined {
  const members = parseDictionary(text);
  if (members === undefined || members.size === 0) return undefined;
  const directives = new Map<string, string>();
  for (const [name, item] of members) {
    if (!hasTargetedType(name, item)) return undefined;
    if (item.kind === "list") continue;
    if (item.kind === "boolean") {
      if (item.value) directives.set(name, "");
    } else {
      const isMalformed = NAMES_FIELDS.includes(name) &&
        !namesOnly(String(item.value));
      directives.set(name, isMalformed ? MALFORMED : String(item.value));
    }
  }
  return directives;
}

/**
 * The argument of a directive as seconds.
 *
 * @returns Undefined if there is no such directive, NaN if its argument is not
 *   `1*DIGIT`, at most {@linkcode SECONDS_MAX} otherwise.
 */
export function secondsOf(
  directives: Directives,
  name: string,
): number | undefined {
  const argument = directives.get(name);
  if (argument === undefined) return undefined;
  if (!/^\d+$/.test(argument)) return NaN;
  return Math.min(Number(argument), SECONDS_MAX);
}

/**
 * The fields that a directive names (`private="set-cookie"`), in lower case; none
 * if the directive is missing or concerns the whole response.
 */
export function namedFields(
  directives: Directives,
  name: string,
): readonly string[] {
  return fieldNamesIn(directives.get(name) ?? "");
}

function fieldNamesIn(argument: string): string[] {
  return argument.split(",").map((field) => field.trim().toLowerCase())
    .filter((field) => field !== "");
}

/** Whether a directive is there and concerns the whole response, not only some fields. */
export function isUnqualified(directives: Directives, name: string): boolean {
  const argument = directives.get(name);
  return argument !== undefined &&
    (argument.includes(MALFORMED) ||
      namedFields(directives, name).length === 0);
}
