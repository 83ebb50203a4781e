/**
 * Structured fields (RFC 9651): dictionaries, which is the form of targeted cache
 * fields (RFC 9213).
 *
 * Parsing is strict, as the RFC demands: one byte out of place, and the whole
 * field is as if it had not been sent.
 */

import { trimmed } from "./list.ts";

/** A bare item; tokens, strings, dates and byte sequences keep their kind apart. */
export type BareItem =
  | { readonly kind: "integer" | "decimal" | "date"; readonly value: number }
  | {
    readonly kind: "string" | "token" | "bytes" | "display";
    readonly value: string;
  }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "list" };

const TRUE: BareItem = { kind: "boolean", value: true };
const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const NUMBER = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const STRING = /"(?:[ !#-[\]-~]|\\["\\])*"/y;
const BYTES = /:[A-Za-z0-9+/=]*:/y;
const DATE = /@-?\d{1,15}(?![\d.])/y;
const DISPLAY = /%"(?:[ !#$&-~]|%[0-9a-f]{2})*"/y;
const SPACES = / */y;
const COMMA = /[ \t]*,[ \t]*/y;

/**
 * Reads a dictionary; parameters are checked and dropped.
 *
 * @param text The field value, its lines joined with `", "`.
 * @returns Members by key, of a repeated key the last (RFC 9651 §4.2.2); undefined
 *   if the field is malformed.
 */
export function parseDictionary(
  text: string,
): ReadonlyMap<string, BareItem> | undefined {
  const members = new Map<string, BareItem>();
  const cursor = new Cursor(trimmed(text));
  while (!cursor.isAtEnd) {
    const key = cursor.take(KEY);
    if (key === undefined) return undefined;
    const item = cursor.takes("=") ? memberValue(cursor) : TRUE;
    if (item === undefined || !skipParameters(cursor)) return undefined;
    members.delete(key); // a repeated key stands where it came last
    members.set(key, item);
    if (cursor.isAtEnd) break;
    if (cursor.take(COMMA) === undefined || cursor.isAtEnd) return undefined;
  }
  return members;
}

class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** What `pattern`, a sticky one, matches here; undefined if it does not. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  /** Whether `character` is next; it is taken. */
  takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

function memberValue(cursor: Cursor): BareItem | undefined {
  if (!cursor.takes("(")) return bareItem(cursor);
  for (;;) {
    cursor.take(SPACES);
    if (cursor.takes(")")) return { kind: "list" };
    if (bareItem(cursor) === undefined || !skipParameters(cursor)) {
      return undefined;
    }
  }
}

function bareItem(cursor: Cursor): BareItem | undefined {
  let text: string | undefined;
  if ((text = cursor.take(NUMBER)) !== undefined) {
    const kind = text.includes(".") ? "decimal" : "integer";
    return { kind, value: Number(text) };
  }
  if ((text = cursor.take(STRING)) !== undefined) {
    return {
      kind: "string",
      value: text.slice(1, -1).replace(/\\(.)/g, "$1"),
    };
  }
  if ((text = cursor.take(TOKEN)) !== undefined) {
    return { kind: "token", value: text };
  }
  if ((text = cursor.take(BYTES)) !== undefined) {
    return { kind: "bytes", value: text.slice(1, -1) };
  }
  if ((text = cursor.take(DATE)) !== undefined) {
    return { kind: "date", value: Number(text.slice(1)) };
  }
  if ((text = cursor.take(DISPLAY)) !== undefined) {
    return { kind: "display", value: text.slice(2, -1) };
  }
  if (!cursor.takes("?")) return undefined;
  if (cursor.takes("1")) return TRUE;
  return cursor.takes("0") ? { kind: "boolean", value: false } : undefined;
}

function skipParameters(cursor: Cursor): boolean {
  while (cursor.takes(";")) {
    cursor.take(SPACES);
    if (cursor.take(KEY) === undefined) return false;
    if (cursor.takes("=") && bareItem(cursor) === undefined) return false;
  }
  return true;
}
