/**
 * Reading the values of flags.
 *
 * Each function throws a {@linkcode SyntaxError} that says what is accepted.
 */

import { type Coding, CODINGS } from "../coding/negotiate.ts";
import { isToken, octetsOf } from "../http/octets.ts";
import { isAuthority } from "../http/target.ts";
import type { Route } from "./config.ts";
import { parseCount } from "./units.ts";

/** One of these words. */
export function choice<Word extends string>(
  words: readonly Word[],
): (text: string) => Word {
  return (text) => {
    const word = words.find((word) => word === text);
    if (word === undefined) {
      throw new SyntaxError(`"${text}" is not one of ${words.join(", ")}`);
    }
    return word;
  };
}

/** A count or size with a ceiling, which is also what `off` means. */
export function upTo(
  parse: (text: string) => number,
  ceiling: number,
): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (value > ceiling) {
      throw new SyntaxError(`"${text}" is too much: at most ${ceiling}`);
    }
    return value === 0 ? ceiling : value;
  };
}

/** A count or size for which `off` means no limit at all. */
export function unlimited(
  parse: (text: string) => number,
): (text: string) => number {
  return (text) => parse(text) || Infinity;
}

/** A count above 0. */
export function atLeastOne(text: string): number {
  const count = parseCount(text);
  if (count === 0) throw new SyntaxError(`"${text}" is too little: at least 1`);
  return count;
}

/** Threads are not free, and bounds are divided among them. */
const WORKERS_MAX = 64;

/** A count of threads, or `auto` for as many as there are cores. */
export function parseWorkers(text: string): number {
  const count = text === "auto"
    ? Math.min(navigator.hardwareConcurrency, WORKERS_MAX)
    : atLeastOne(text);
  if (count > WORKERS_MAX) {
    throw new SyntaxError(`"${text}" is too much: at most ${WORKERS_MAX}`);
  }
  return count;
}

/** `client`, `upstream`, or a host name. */
export function parseHostHeader(text: string): Route["hostHeader"] {
  if (text === "client" || text === "upstream") return { from: text, text: "" };
  if (!/^[!-~]*$/.test(text) || !isAuthority(octetsOf(text), 0, text.length)) {
    throw new SyntaxError(`"${text}" is not client, upstream or a host name`);
  }
  return { from: "text", text };
}

/** A value that must not be smaller than `floor`. */
export function atLeast(
  parse: (text: string) => number,
  floor: number,
): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (value < floor) {
      throw new SyntaxError(`"${text}" is too little: at least ${floor}`);
    }
    return value;
  };
}

/** The name of a field, in lower case; empty for none. */
export function parseFieldName(text: string): string {
  if (text !== "" && !isToken(text)) {
    throw new SyntaxError(`"${text}" is not the name of a field`);
  }
  return text.toLowerCase();
}

/** One part of the key, besides host, path and query. */
export interface KeyPart {
  readonly kind: "header" | "cookie" | "no-query" | "sort-query";
  /** The name of a field, in lower case, or of a cookie. */
  readonly name: string;
}

/** `header:NAME`, `cookie:NAME`, `no-query` or `sort-query`. */
export function parseKeyPart(text: string): KeyPart {
  if (text === "no-query" || text === "sort-query") {
    return { kind: text, name: "" };
  }
  const [, kind, name = ""] = /^(header|cookie):(.+)$/.exec(text) ?? [];
  if (!isToken(name)) {
    throw new SyntaxError(
      `"${text}" is not header:NAME, cookie:NAME, no-query or sort-query`,
    );
  }
  return kind === "header"
    ? { kind, name: name.toLowerCase() }
    : { kind: "cookie", name };
}

/** Codings, the preferred first; none for `off`. */
export function parseCodings(text: string): Coding[] {
  return text === "off"
    ? []
    : text.split(",").map((name) => choice(CODINGS)(name.trim()));
}

/** Media types in lower case. */
export function parseTypes(text: string): string[] {
  const types = text === ""
    ? []
    : text.toLowerCase().split(",").map((type) => type.trim());
  for (const type of types) {
    if (!/^[^/\s]+\/[^/\s]*$/.test(type)) {
      throw new SyntaxError(
        `"${type}" is not a media type like text/html, or text/`,
      );
    }
  }
  return types;
}
