/**
 * What is fuzzed, and what each target promises of any bytes:
 *
 * 1. Nothing but `HttpError` escapes; from what reads strings, nothing at all.
 * 2. Whole equals byte by byte, and in pieces of any size, in a buffer that moves.
 * 3. Nothing behind the end is read: it may be garbage.
 * 4. What was accepted, serialised and read again is equal.
 */

import { CacheKey, type QueryUse } from "../../lib/cache/policy/cache_key.ts";
import {
  type Directives,
  isUnqualified,
  namedFields,
  parseDirectives,
  SECONDS_MAX,
  secondsOf,
} from "../../lib/cache/policy/directives.ts";
import { type Coding, CODINGS, negotiate } from "../../lib/coding/negotiate.ts";
import { formatHttpDate, parseHttpDate } from "../../lib/http/date.ts";
import { listMembers, trimmed } from "../../lib/http/list.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import {
  contentRange,
  parseRange,
  parseRangeWithin,
} from "../../lib/http/range.ts";
import { type BareItem, parseDictionary } from "../../lib/http/structured.ts";
import { ACCEPT_ENCODINGS } from "./corpus/accept_encoding.ts";
import { CACHE_CONTROLS } from "./corpus/cache_control.ts";
import { CACHE_KEYS } from "./corpus/cache_key.ts";
import { CHUNKED_BODIES, CHUNKED_RESPONSES } from "./corpus/chunked_body.ts";
import { HTTP_DATES } from "./corpus/http_date.ts";
import { LISTS } from "./corpus/list.ts";
import { RANGES } from "./corpus/range.ts";
import { REQUEST_HEADS } from "./corpus/request_head.ts";
import { RESPONSE_HEADS } from "./corpus/response_head.ts";
import { DICTIONARIES } from "./corpus/structured_dictionary.ts";
import {
  CHUNKED_BODY,
  CHUNKED_RESPONSE,
  REQUEST_HEAD,
  RESPONSE_HEAD,
} from "./messages.ts";
import type { Seed } from "./seed.ts";

/** One target: what it starts from, what it makes of an input, and how it is tried. */
export interface Target {
  readonly name: string;
  readonly corpus: readonly Seed[];
  /** What is made of an input, as {@linkcode Seed.expect} has it. */
  describe(input: Uint8Array): string;
  /**
   * @param next Random numbers.
   * @throws {Error} If a promise is broken.
   */
  attempt(input: Uint8Array, next: () => number): void;
}

/** Fails if something read again is not what it was. */
function assertSame(what: string, first: string, second: string): void {
  if (first !== second) {
    throw new Error(`${what}: first ${first}, then ${second}`);
  }
}

/** A target that reads strings. */
function ofText(
  name: string,
  corpus: readonly Seed[],
  describe: (text: string) => string,
  attempt: (text: string) => void,
): Target {
  return {
    name,
    corpus,
    describe: (input) => describe(textOf(input, 0, input.length)),
    attempt: (input) => attempt(textOf(input, 0, input.length)),
  };
}

function describeDirectives(directives: Directives): string {
  return [...directives].map(([name, argument]) => {
    const visible = JSON.stringify(name).slice(1, -1);
    return argument === "" ? visible : `${visible}=${JSON.stringify(argument)}`;
  }).join("; ");
}

function attemptDirectives(text: string): void {
  const directives = parseDirectives(text);
  const members: string[] = [];
  for (const [name, argument] of directives) {
    members.push(
      argument === ""
        ? name
        : `${name}="${argument.replaceAll(/["\\]/g, "\\$&")}"`,
    );
    const seconds = secondsOf(directives, name)!;
    if (seconds < 0 || seconds > SECONDS_MAX) {
      throw new Error(`${name} is ${seconds} seconds`);
    }
    if (argument !== "" && !isUnqualified(directives, name)) {
      assertSame(
        "fields",
        `${namedFields(directives, name).length > 0}`,
        "true",
      );
    }
  }
  assertSame(
    "directives",
    describeDirectives(directives),
    describeDirectives(parseDirectives(members.join(", "))),
  );
}

function describeDictionary(text: string): string {
  const members = parseDictionary(text);
  if (members === undefined) return "malformed";
  return JSON.stringify(Object.fromEntries(
    [...members].map(([key, item]) => [
      key,
      item.kind === "list" ? "list" : `${item.kind} ${item.value}`,
    ]),
  ));
}

function attemptDictionary(text: string): void {
  const members = parseDictionary(text);
  if (members === undefined) return;
  const again = [...members].map(([key, item]) => `${key}=${itemText(item)}`);
  assertSame(
    "dictionary",
    describeDictionary(text),
    describeDictionary(again.join(", ")),
  );
}

/** A bare item as RFC 9651 §4.1.3.1 serialises it. */
function itemText(item: BareItem): string {
  switch (item.kind) {
    case "list":
      return "()";
    case "boolean":
      return item.value ? "?1" : "?0";
    case "decimal":
      return Number.isInteger(item.value) ? `${item.value}.0` : `${item.value}`;
    case "integer":
      return `${item.value}`;
    case "date":
      return `@${item.value}`;
    case "token":
      return item.value;
    case "bytes":
      return `:${item.value}:`;
    case "string":
      return `"${item.value.replaceAll(/["\\]/g, "\\$&")}"`;
    case "display":
      return `%"${item.value}"`;
  }
}

function attemptNegotiation(text: string): void {
  const chosen = negotiate(text, CODINGS);
  const shouted = text.replaceAll(/[a-z]+/g, (word) => word.toUpperCase());
  assertSame("in upper case", `${chosen}`, `${negotiate(shouted, CODINGS)}`);
  if (chosen === undefined) return;
  if (!CODINGS.includes(chosen)) throw new Error(`${chosen} was not offered`);
  const others = CODINGS.filter((coding) => coding !== chosen);
  const left = negotiate(`${text}, ${chosen};q=0`, CODINGS);
  if (left !== undefined && !(others as Coding[]).includes(left)) {
    throw new Error(`${chosen} is sent although it is refused`);
  }
}

function describeList(text: string): string {
  return JSON.stringify(listMembers(text));
}

function attemptList(text: string): void {
  const members = listMembers(text);
  for (const member of members) {
    if (member === "" || member !== trimmed(member)) {
      throw new Error(`Not a member: ${JSON.stringify(member)}`);
    }
  }
  assertSame("list", describeList(text), describeList(members.join(" ,\t")));
}

/** Bytes of what ranges are asked of. */
const LENGTH = 1000;

function describeRanges(text: string): string {
  const ranges = parseRange(text, LENGTH);
  return typeof ranges === "string"
    ? ranges
    : ranges.map((range) => contentRange(range, LENGTH).split(/[ /]/)[1])
      .join();
}

function attemptRanges(text: string): void {
  const ranges = parseRange(text, LENGTH);
  const within = parseRangeWithin(text, LENGTH);
  if (within !== undefined) {
    assertSame(
      "a range within",
      contentRange(within, LENGTH),
      `bytes ${describeRanges(text)}/${LENGTH}`,
    );
  }
  if (typeof ranges === "string") return;
  let before = -1;
  for (const { start, end } of ranges) {
    if (!(start > before && start < end && end <= LENGTH)) {
      throw new Error(`Ranges out of order or bounds: ${start}-${end}`);
    }
    before = end;
  }
  const described = describeRanges(text);
  assertSame("ranges", described, describeRanges(`bytes=${described}`));
}

const NOW_MS = Date.UTC(2026, 10, 24);
/** The last second that an IMF-fixdate has room for. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

function describeDate(text: string): string {
  const ms = parseHttpDate(text, NOW_MS);
  return ms === undefined ? "invalid" : new Date(ms).toISOString();
}

function attemptDate(text: string): void {
  const ms = parseHttpDate(text, NOW_MS);
  if (ms === undefined || ms > LAST_MS) return;
  assertSame("date", describeDate(text), describeDate(formatHttpDate(ms)));
}

/** The part of a key that comes of a target. */
function keyOf(target: string, queryUse: QueryUse): string {
  const key = new CacheKey(queryUse, 1);
  const bytes = bytesOf(target);
  key.make(bytes, 0, 0, bytes, 0, bytes.length);
  if (!key.equals(key.written.view())) throw new Error("Not equal to itself");
  return textOf(key.written.bytes, 1, key.written.length); // behind the separator
}

function attemptKey(text: string): void {
  const uses: QueryUse[] = ["keep", "sort", "drop"];
  for (const queryUse of uses) {
    const once = keyOf(text, queryUse);
    if (!once.startsWith("/")) throw new Error(`Not a path: ${once}`);
    assertSame("normal form", once, keyOf(once, queryUse));
  }
}

/** Every target. */
export const TARGETS: readonly Target[] = [
  { name: "request head", corpus: REQUEST_HEADS, ...REQUEST_HEAD },
  { name: "response head", corpus: RESPONSE_HEADS, ...RESPONSE_HEAD },
  { name: "chunked body", corpus: CHUNKED_BODIES, ...CHUNKED_BODY },
  {
    name: "chunked response",
    corpus: CHUNKED_RESPONSES,
    ...CHUNKED_RESPONSE,
  },
  ofText("list", LISTS, describeList, attemptList),
  ofText(
    "Cache-Control",
    CACHE_CONTROLS,
    (text) => describeDirectives(parseDirectives(text)),
    attemptDirectives,
  ),
  ofText(
    "structured dictionary",
    DICTIONARIES,
    describeDictionary,
    attemptDictionary,
  ),
  ofText(
    "Accept-Encoding",
    ACCEPT_ENCODINGS,
    (text) => negotiate(text, CODINGS) ?? "none",
    attemptNegotiation,
  ),
  ofText("Range", RANGES, describeRanges, attemptRanges),
  ofText("HTTP-date", HTTP_DATES, describeDate, attemptDate),
  ofText("cache key", CACHE_KEYS, (text) => keyOf(text, "keep"), attemptKey),
];
