/**
 * No origin, whatever its habits, finds a guarded path in what the router takes for
 * another: random paths, and origins that are as simple as they are lenient.
 */

import { compileRouter } from "../../lib/router/compile.ts";
import { routeRequest } from "../../lib/router/route_request.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { random } from "../support/random.ts";

const PATHS = 5000;
const PIECES_MAX = 11;
const PIECES = [
  ...["/", "/", "/", "admin", "admin", "x", "..", "..", ".", ";", "//"],
  ...["%2F", "%5C", "\\", "%3B", "%2e", "%252F", "%252e", "%253B", "%255C"],
  ...["%3F", "%2523"],
];

/** What an origin does to a path, in this order. */
interface Habits {
  readonly readsHost: boolean;
  readonly stripsBefore: boolean;
  readonly hasBackslashes: boolean;
  readonly stripsThen: boolean;
  readonly decodesTwice: boolean;
  readonly decodesSlashes: boolean;
  readonly decodesBackslashes: boolean;
  readonly endsDecoded: boolean;
  readonly stripsDecoded: boolean;
  readonly merges: "never" | "before" | "after";
}

/** In place of a slash or backslash that is none. */
const KEPT = "\u0001";

type Decoding = Pick<Habits, "decodesSlashes" | "decodesBackslashes">;

function decode(text: string, habits: Decoding): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits) => {
    const character = String.fromCharCode(parseInt(digits, 16));
    if (character === "/") return habits.decodesSlashes ? "/" : KEPT;
    if (character === "\\") return habits.decodesBackslashes ? "/" : KEPT;
    return character;
  });
}

function resolved(path: string): string {
  const out: string[] = [];
  const segments = path.slice(1).split("/");
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") out.pop();
    if (segment !== ".." && segment !== ".") out.push(segment);
    else if (isLast) out.push("");
  }
  return `/${out.join("/")}`;
}

function strip(text: string): string {
  return text.replaceAll(/;[^/]*/g, "");
}

function merge(text: string): string {
  return text.replaceAll(/\/+/g, "/");
}

function withoutHost(text: string, slash: "/" | "/\\"): string {
  return slash === "/"
    ? text.replace(/^\/{2,}[^/]*/, "")
    : text.replace(/^[/\\]{2,}[^/\\]*/, "");
}

function beforeQuery(text: string): string {
  return text.split(/[?#]/)[0]!;
}

function readBy(habits: Habits, path: string): string {
  const { hasBackslashes } = habits;
  let text = path;
  if (habits.readsHost) text = withoutHost(text, hasBackslashes ? "/\\" : "/");
  if (habits.stripsBefore) text = strip(text);
  if (habits.hasBackslashes) text = text.replaceAll("\\", "/");
  if (habits.stripsThen) text = strip(text);
  text = decode(text, habits);
  if (habits.decodesTwice) text = decode(text, habits);
  if (habits.endsDecoded) text = beforeQuery(text);
  if (habits.stripsDecoded) text = strip(text);
  if (habits.merges === "before") text = merge(text);
  text = resolved(text);
  return habits.merges === "after" ? merge(text) : text;
}

/**
 * What `readBy` makes of a path with all habits: step by step, since most habits change
 * nothing about most paths.
 */
function readByAny(path: string): Set<string> {
  const before = new Set<string>();
  const mayDo = (texts: Set<string>, step: (text: string) => string): void => {
    for (const text of [...texts]) texts.add(step(text));
  };
  for (const hasBackslashes of [false, true]) {
    const slash = hasBackslashes ? "/\\" : "/";
    const begun = new Set([path, withoutHost(path, slash)]);
    mayDo(begun, strip);
    for (const text of begun) {
      before.add(hasBackslashes ? text.replaceAll("\\", "/") : text);
    }
  }
  mayDo(before, strip);
  const read = new Set<string>();
  for (const decodesSlashes of [false, true]) {
    for (const decodesBackslashes of [false, true]) {
      const decoded = (text: string): string =>
        decode(text, { decodesSlashes, decodesBackslashes });
      const texts = new Set([...before].map(decoded));
      mayDo(texts, decoded);
      mayDo(texts, beforeQuery);
      mayDo(texts, strip);
      for (const text of texts) {
        read.add(resolved(text));
        read.add(resolved(merge(text)));
        read.add(merge(resolved(text)));
      }
    }
  }
  return read;
}

const GUARDED = /^\/admin(?:\/|$)/;

function* allHabits(): Generator<Habits> {
  for (let bits = 0; bits < 512; bits++) {
    const has = (bit: number): boolean => (bits & (1 << bit)) !== 0;
    for (const merges of ["never", "before", "after"] as const) {
      yield {
        stripsBefore: has(0),
        hasBackslashes: has(1),
        stripsThen: has(2),
        decodesTwice: has(3),
        decodesSlashes: has(4),
        decodesBackslashes: has(5),
        stripsDecoded: has(6),
        endsDecoded: has(7),
        readsHost: has(8),
        merges,
      };
    }
  }
}

Deno.test("no origin finds a guarded path in what goes another way", () => {
  const router = compileRouter([{
    names: ["*"],
    routes: [
      { pattern: "/", value: "open" },
      { pattern: "/x/*", value: "open" },
      { pattern: "/admin/*", value: "guarded", guards: [{}] },
    ],
  }]);
  const origins = [...allHabits()];
  const chance = random(5);
  const found: string[] = [];
  const results = new Map<string, number>();
  for (let round = 0; round < PATHS; round++) {
    const count = 2 + Math.floor(chance() * PIECES_MAX);
    const path = "/" +
      Array.from(
        { length: count },
        () => PIECES[Math.floor(chance() * PIECES.length)],
      ).join("");
    const { match, status } = routeRequest(router, "GET", path);
    const result = match?.value ?? String(status);
    results.set(result, (results.get(result) ?? 0) + 1);
    if (result !== "open") continue;
    const read = readByAny(path);
    if (round % 100 === 0) {
      assertEquals(read, new Set(origins.map((own) => readBy(own, path))));
    }
    if (![...read].some((path) => GUARDED.test(path))) continue;
    const origin = origins.find((own) => GUARDED.test(readBy(own, path)));
    if (origin !== undefined) {
      found.push(
        `${path} is ${readBy(origin, path)} to ${JSON.stringify(origin)}`,
      );
    }
  }
  assertEquals(found.slice(0, 5), [], `${found.length} ways`);
  // All of it was tried.
  for (const result of ["open", "guarded", "400"]) {
    assert(results.get(result)! > PATHS / 500, result);
  }
});
