/**
 * Conditions under which a route applies, other than host and path (pure): method,
 * header, query, cookie, the client's address.
 *
 * All of them must hold. Of several values one is enough. A value that ends with `*`
 * is a beginning, `true` means that there is one at all. Values are compared byte for
 * byte; names of headers in any case. The name of a cookie may end with `*`, too:
 * applications put a part that nobody knows into some (`wordpress_logged_in_*`).
 */

import { FIELD, fieldIdOf } from "../http/field.ts";
import { trimmed } from "../http/list.ts";
import { equalsText, HEX_VALUE, isToken, textOf } from "../http/bytes.ts";
import type { RequestHead } from "../http/request_head.ts";
import { type Cidr, isInBlocks, parseCidr } from "../net/cidr.ts";

/** A value, a beginning and `*`, or `true` for any. */
export type Value = string | true;

/** What is asked of something that has a name. */
export type Values = Value | readonly Value[];

/** Conditions; see the module's comment. */
export interface When {
  /** A method, or several; `*` at the end as for values. */
  readonly method?: string | readonly string[];
  /** By the name of a header. */
  readonly header?: Readonly<Record<string, Values>>;
  /** By the name of a parameter of the query, both as they are when decoded. */
  readonly query?: Readonly<Record<string, Values>>;
  /** By the name of a cookie, or the beginning of one and `*`. */
  readonly cookie?: Readonly<Record<string, Values>>;
  /** IP addresses and blocks. */
  readonly client?: readonly string[];
}

/** One condition, ready to be asked. */
interface Test {
  readonly subject: "method" | "header" | "query" | "cookie" | "client";
  /** The name of a header (in lower case), parameter or cookie; empty for the others. */
  readonly name: string;
  readonly values: readonly Value[];
  readonly blocks: readonly Cidr[];
  /** The registered number of a header; 0 for one that has none of its own. */
  readonly fieldId: number;
}

/** A condition that is ready to be asked many times. */
export class Condition {
  /** As a person would say it. */
  readonly text: string;
  readonly #tests: readonly Test[];

  /**
   * Reads a condition.
   *
   * @throws {SyntaxError} if a list is empty, a name is none, or an address cannot
   *   be read; the message names the key.
   */
  constructor(when: When) {
    this.#tests = testsOf(when);
    this.text = this.#tests.map(textOfTest).join(" and ");
  }

  /** Whether all of it holds for a request of the client at this IP address. */
  holds(request: RequestHead, client: string): boolean {
    for (const test of this.#tests) {
      if (!passes(test, request, client)) return false;
    }
    return true;
  }

  /** Whether this one holds wherever `other` does, as far as that can be seen from their values. */
  covers(other: Condition): boolean {
    return this.#tests.every((test) =>
      other.#tests.some((narrow) => coversTest(test, narrow))
    );
  }
}

function testsOf(when: When): Test[] {
  const { method, header, query, cookie, client } = when;
  const tests: Test[] = [];
  const add = (
    subject: Test["subject"],
    name: string,
    values: Values,
  ): void => {
    const list = typeof values === "object" ? values : [values];
    const key = name === "" ? subject : `${subject}["${name}"]`;
    if (list.length === 0) throw new SyntaxError(`when.${key}: an empty list`);
    const blocks = subject === "client"
      ? list.map((value) => parseCidr(String(value)))
      : [];
    const isHeader = subject === "header";
    const id = isHeader ? fieldIdOf(name) : 0;
    tests.push({
      subject,
      name: isHeader ? name.toLowerCase() : name,
      values: list.map((value) => value === true ? value : latin1(value)),
      blocks,
      fieldId: hasOwnNumber(id) ? id : 0,
    });
  };
  if (method !== undefined) add("method", "", method);
  for (const [name, values] of Object.entries(header ?? {})) {
    if (!isToken(name)) {
      throw new SyntaxError(`when.header: no name: "${name}"`);
    }
    add("header", name, values);
  }
  for (const [name, values] of Object.entries(query ?? {})) {
    add("query", latin1(name), values);
  }
  for (const [name, values] of Object.entries(cookie ?? {})) {
    if (!isToken(name)) {
      throw new SyntaxError(`when.cookie: no name: "${name}"`);
    }
    add("cookie", name, values);
  }
  if (client !== undefined) add("client", "", client);
  return tests;
}

/** Whether a field number stands for one name alone. */
function hasOwnNumber(id: number): boolean {
  return id !== FIELD.Other && id !== FIELD.Odd && id !== FIELD.Alias &&
    id !== FIELD.Forwarding && id !== FIELD.ForwardingAddress;
}

/** A text as its UTF-8 bytes, one character for each, as what peers send is read. */
function latin1(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return textOf(bytes, 0, bytes.length);
}

function textOfTest({ subject, name, values }: Test): string {
  const text = values.map((value) => value === true ? "any" : value);
  return `${subject}${name === "" ? "" : ` ${name}`} ${text.join(" or ")}`;
}

function passes(test: Test, request: RequestHead, client: string): boolean {
  switch (test.subject) {
    case "method":
      return test.values.some((value) => isMethod(request, value));
    case "header":
      return hasHeader(test, request);
    case "query":
      return hasParameter(test, request);
    case "cookie":
      return hasCookie(test, request);
    case "client":
      return isInBlocks(client, test.blocks);
  }
}

function isMethod(request: RequestHead, value: Value): boolean {
  const { bytes, start, methodEnd } = request;
  if (value === true) return true;
  return value.endsWith("*")
    ? matches(request.methodText, [value])
    : equalsText(bytes, start, methodEnd, value);
}

function matches(text: string, values: readonly Value[]): boolean {
  for (const value of values) {
    if (
      value === true ||
      (value.endsWith("*")
        ? text.startsWith(value.slice(0, -1))
        : text === value)
    ) return true;
  }
  return false;
}

function hasHeader(
  { fieldId, name, values }: Test,
  request: RequestHead,
): boolean {
  const { fields } = request;
  if (fieldId !== 0) {
    let line = fields.first(fieldId);
    for (; line >= 0; line = fields.next(fieldId, line)) {
      if (matches(fields.valueText(line), values)) return true;
    }
    return false;
  }
  for (let line = 0; line < fields.count; line++) {
    if (
      fields.nameIs(line, name) && matches(fields.valueText(line), values)
    ) return true;
  }
  return false;
}

function hasCookie({ name, values }: Test, { fields }: RequestHead): boolean {
  let line = fields.first(FIELD.Cookie);
  for (; line >= 0; line = fields.next(FIELD.Cookie, line)) {
    for (const part of fields.valueText(line).split(";")) {
      const equals = part.indexOf("=");
      if (equals < 0 || !isNamed(trimmed(part.slice(0, equals)), name)) {
        continue;
      }
      if (matches(trimmed(part.slice(equals + 1)), values)) return true;
    }
  }
  return false;
}

/** Whether a cookie's name is the one that is meant. */
function isNamed(own: string, name: string): boolean {
  return name.endsWith("*") ? own.startsWith(name.slice(0, -1)) : own === name;
}

function hasParameter(
  { name, values }: Test,
  { bytes, target, targetEnd }: RequestHead,
): boolean {
  const text = textOf(bytes, target.pathStart, targetEnd);
  const mark = text.indexOf("?");
  if (mark < 0) return false;
  for (const part of text.slice(mark + 1).split("&")) {
    const equals = part.indexOf("=");
    const own = equals < 0 ? part : part.slice(0, equals);
    if (decoded(own) !== name) continue;
    const value = equals < 0 ? "" : part.slice(equals + 1);
    if (matches(decoded(value), values)) return true;
  }
  return false;
}

/** A part of a query as forms write it, decoded byte by byte; a `%` without digits stays. */
function decoded(text: string): string {
  if (!/[%+]/.test(text)) return text;
  let out = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const high = HEX_VALUE[text.charCodeAt(at + 1) & 255]!;
    const low = HEX_VALUE[text.charCodeAt(at + 2) & 255]!;
    if (character === "+") out += " ";
    else if (
      character === "%" && at + 2 < text.length && high !== 255 && low !== 255
    ) {
      out += String.fromCharCode(high * 16 + low);
      at += 2;
    } else out += character;
  }
  return out;
}

/** Whether `wide` holds wherever `narrow` does. */
function coversTest(wide: Test, narrow: Test): boolean {
  if (wide.subject !== narrow.subject || wide.name !== narrow.name) {
    return false;
  }
  if (wide.subject === "client") {
    return narrow.blocks.every((block) =>
      wide.blocks.some((other) => containsBlock(other, block))
    );
  }
  return narrow.values.every((value) =>
    wide.values.some((other) =>
      other === true || value !== true && (other === value ||
          other.endsWith("*") && value.startsWith(other.slice(0, -1)))
    )
  );
}

function containsBlock(wide: Cidr, narrow: Cidr): boolean {
  if (
    wide.bytes.length !== narrow.bytes.length ||
    wide.prefixBits > narrow.prefixBits
  ) return false;
  for (let bit = 0; bit < wide.prefixBits; bit++) {
    const mask = 0x80 >> (bit & 7);
    const byte = bit >> 3;
    if (((wide.bytes[byte]! ^ narrow.bytes[byte]!) & mask) !== 0) return false;
  }
  return true;
}
