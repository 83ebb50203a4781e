/**
 * Reading the values of flags.
 *
 * Each function throws a {@linkcode SyntaxError} that says what is accepted.
 */

import { type Coding, CODINGS } from "../coding/negotiate.ts";
import { bytesOf, isToken } from "../http/bytes.ts";
import { isAuthority } from "../http/target.ts";
import type { PerClientLimit } from "../client/client_bounds.ts";
import type { RouteOptions } from "../exchange/route.ts";
import { didYouMean, nearest } from "./nearest.ts";
import { formatSize, isNo, parseCount, parseSize } from "./units.ts";

/** The most edits between a mistyped word and the one that is suggested. */
const EDITS_MAX = 2;

/** One of these words. */
export function choice<Word extends string>(
  words: readonly Word[],
): (text: string) => Word {
  return (text) => {
    const word = words.find((word) => word === text);
    if (word === undefined) {
      throw new SyntaxError(
        `"${text}" is not one of ${words.join(", ")}` +
          didYouMean(wordMeant(text, words)),
      );
    }
    return word;
  };
}

function wordMeant(
  text: string,
  words: readonly string[],
): string | undefined {
  if (isNo(text) && words.includes("off")) return "off";
  if (/^(?:yes|true|1)$/i.test(text) && words.includes("on")) return "on";
  return nearest(text, words, EDITS_MAX);
}

/** A count or size with a ceiling, which is also what `off` means. */
export function upTo(
  parse: (text: string) => number,
  ceiling: number,
  format: (value: number) => string = String,
): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (value > ceiling) {
      throw new SyntaxError(
        `"${text}" is too large: at most ${format(ceiling)}`,
      );
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
  if (count === 0) throw new SyntaxError(`"${text}" is too small: at least 1`);
  return count;
}

/** Threads cost memory, and limits are divided among them. */
const WORKERS_MAX = 64;

/** A count of threads, or `auto` for as many as there are cores. */
export function parseWorkers(text: string): number {
  if (!/^(?:auto|\d{1,9})$/.test(text)) {
    throw new SyntaxError(
      `"${text}" is not a number of threads: write a whole number, or auto` +
        didYouMean(nearest(text, ["auto"], EDITS_MAX)),
    );
  }
  const count = text === "auto"
    ? Math.min(navigator.hardwareConcurrency, WORKERS_MAX)
    : atLeastOne(text);
  if (count > WORKERS_MAX) {
    throw new SyntaxError(`"${text}" is too large: at most ${WORKERS_MAX}`);
  }
  return count;
}

/** `client`, `upstream`, or a host name. */
export function parseHostHeader(text: string): RouteOptions["hostHeader"] {
  if (text === "client" || text === "upstream") return { from: text, text: "" };
  const meant = hostHeaderMeant(text);
  if (meant !== undefined || !isHost(text)) {
    throw new SyntaxError(
      `"${text}" is not client, upstream or a host name` + didYouMean(meant),
    );
  }
  return { from: "text", text };
}

function isHost(text: string): boolean {
  return /^[!-z~]+$/.test(text) && !text.includes("$") &&
    isAuthority(bytesOf(text), 0, text.length);
}

/** The value that was probably meant by a URL, or by another word for one of the two. */
function hostHeaderMeant(text: string): string | undefined {
  const [, host] = /^\w+:\/\/([^/?#]*)/.exec(text) ?? [];
  if (host !== undefined) return isHost(host) ? host : undefined;
  if (/^(?:origin|target)$/i.test(text)) return "upstream";
  if (/^(?:host|original|preserve|[${]+(?:http_)?host\}?)$/i.test(text)) {
    return "client";
  }
  return nearest(text, ["client", "upstream"], EDITS_MAX);
}

/** Less than this is no cache. */
const CACHE_BYTES_FLOOR = 64 * 1024;

/** The size of the cache; 0 for none. */
export function parseCacheSize(text: string): number {
  return parseSize(text) === 0
    ? 0
    : atLeast(parseSize, CACHE_BYTES_FLOOR, formatSize)(text);
}

/**
 * The size of an object that is stored.
 *
 * @param otherwise What to do in order to store nothing.
 */
export function parseObjectSize(
  text: string,
  otherwise = "use --no-cache",
): number {
  const size = parseSize(text);
  if (size > 0) return size;
  throw new SyntaxError(
    `"${text}" is not the size of an object: write it like 512, 16KiB, 10MB; to store nothing, ${otherwise}`,
  );
}

/** Bytes of the least slice: of smaller ones, each would cost more than it holds. */
const SLICE_BYTES_MIN = 16 * 1024;

/** The size of slices; `off` is 0. */
export function parseSliceSize(text: string): number {
  if (text === "off") return 0;
  const size = parseSize(text);
  if (size >= SLICE_BYTES_MIN) return size;
  throw new SyntaxError(
    `"${text}" is not the size of a slice: off, or at least 16KiB`,
  );
}

/** A value that must not be smaller than `floor`. */
function atLeast(
  parse: (text: string) => number,
  floor: number,
  format: (value: number) => string = String,
): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (value < floor) {
      throw new SyntaxError(
        `"${text}" is too small: at least ${format(floor)}`,
      );
    }
    return value;
  };
}

/** The name of a field, in lower case; empty for none. */
export function parseFieldName(text: string): string {
  if (text !== "" && !isToken(text)) {
    throw new SyntaxError(`"${text}" is not the name of a header`);
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
  if (text === "off") return [];
  return text.split(",").map((part) => {
    const name = part.trim();
    const coding = CODINGS.find((coding) => coding === name);
    if (coding !== undefined) return coding;
    const meant = /^brotli$/i.test(name)
      ? "br"
      : wordMeant(name, [...CODINGS, "off"]);
    throw new SyntaxError(
      `"${name}" is not one of ${CODINGS.join(", ")}, or off` +
        didYouMean(meant),
    );
  });
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

/** The bound of one client address; this machine's own have it only if it is given. */
export function parsePerClient(
  texts: readonly string[],
  fallback: string,
): PerClientLimit {
  return {
    connectionsMax: unlimited(parseCount)(texts.at(-1) ?? fallback),
    holdsForLoopback: texts.length > 0,
  };
}
