/**
 * Which route takes a request, without a socket (pure): for `sluice route` and for
 * tests of a configuration.
 *
 * The request goes through the same parser and the same router as those that arrive,
 * so that the answer is theirs: also that a request is refused, and why.
 */

import { bytesOf, textOf } from "../http/bytes.ts";
import { HttpError } from "../http/error.ts";
import type { HeadLimits } from "../http/head.ts";
import { RequestHead } from "../http/request_head.ts";
import type { RouteReason } from "../reasons/reason.ts";
import { type HostName, parseHostName } from "./host_name.ts";
import type { Match, Router } from "./router.ts";

/** The program's default bounds. */
const LIMITS: HeadLimits = {
  headBytesMax: 32 * 1024,
  targetBytesMax: 8 * 1024,
  fieldCountMax: 100,
};

/** What a request has besides method and URL. */
export interface RequestOptions {
  /** Names and values; a `Host` among them is sent in place of the URL's. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** The client's IP address; 127.0.0.1 unless given. */
  readonly client?: string;
  /** The bounds of its head; the program's defaults unless given. */
  readonly limits?: HeadLimits;
}

/** Where a request goes, and why. */
export interface RouteAnswer<T> {
  /** The status of the refusal; null if a route takes the request. */
  readonly status: number | null;
  /** The name that matched the host, as it was configured; null if none did. */
  readonly host: string | null;
  /** The pattern that matched the path, as it was configured; null if none did. */
  readonly pattern: string | null;
  /** What holds besides; null for nothing. */
  readonly when: string | null;
  /** The canonical path; null if the request is for none. */
  readonly path: string | null;
  /** Why, in words. */
  readonly reason: string;
  /** The route; undefined if none takes the request. */
  readonly match: Match<T> | undefined;
}

/**
 * Says which route takes a request.
 *
 * @param url As a client would be given it: `http://host/path?query`, or a path alone
 *   (then the host is that of a `Host` among the headers). It is sent as it is
 *   written, `..` and all.
 * @throws {SyntaxError} if the URL is neither.
 */
export function routeRequest<T>(
  router: Router<T>,
  method: string,
  url: string,
  options: RequestOptions = {},
): RouteAnswer<T> {
  const { client = "127.0.0.1" } = options;
  let request: RequestHead;
  try {
    request = requestOf(method, url, options);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return {
      ...{ status: error.status, host: null, pattern: null, when: null },
      ...{ path: null, match: undefined },
      reason: `${error.code}: ${error.message}`,
    };
  }
  const { result, host, hostKind, path } = router.explain(request, client);
  const found = { host: host ?? null, path: path ?? null };
  if (result.kind === "none") {
    const { status, reason, detail } = result;
    return {
      ...{ ...found, status, pattern: null, when: null, match: undefined },
      reason: `${reason}: ${detail}`,
    };
  }
  const { pattern, condition } = result;
  const when = condition?.text ?? null;
  const ending = when === null ? "" : `, when ${when}`;
  return {
    ...{ ...found, status: null, pattern, when, match: result },
    reason: `${ROUTE_REASON_OF[hostKind!]}, path ${pattern}${ending}`,
  };
}

/** The table's reason for a host, by the kind of its name. */
export const ROUTE_REASON_OF: Readonly<Record<HostName["kind"], RouteReason>> =
  {
    exact: "host-exact",
    wildcard: "host-wildcard",
    any: "host-any",
  };

/** The head that a client would send. */
function requestOf(
  method: string,
  url: string,
  { headers = [], limits = LIMITS }: RequestOptions,
): RequestHead {
  const bytes = requestBytes(method, url, headers);
  const request = new RequestHead();
  request.begin(0, limits);
  parseWhole(request, bytes);
  return request;
}

/**
 * Parses a head that is all of these bytes.
 *
 * @param request Has begun at 0.
 * @throws {HttpError} What is wrong with it.
 */
export function parseWhole(request: RequestHead, bytes: Uint8Array): void {
  if (!request.parse(bytes, bytes.length) || request.end < bytes.length) {
    throw new HttpError("bad_request_line", "The request is not one head");
  }
}

/**
 * The bytes of the head that a client would send.
 *
 * @throws {HttpError} `bad_request_line` if something in it would end its line.
 * @throws {SyntaxError} if the URL is none.
 */
export function requestBytes(
  method: string,
  url: string,
  headers: readonly (readonly [name: string, value: string])[],
): Uint8Array {
  if (endsLine(method)) {
    throw new HttpError("bad_request_line", "Request line: method");
  }
  if ([url, ...headers.flat()].some(endsLine)) {
    throw new HttpError("bad_request_line", "The request is not one head");
  }
  const { authority, target } = splitUrl(url);
  const hasHost = headers.some(([name]) => name.toLowerCase() === "host");
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  if (!hasHost && authority !== "") lines.unshift(`Host: ${authority}\r\n`);
  const version = hasHost || authority !== "" ? "1.1" : "1.0";
  const utf8 = new TextEncoder().encode(
    `${method} ${target} HTTP/${version}\r\n${lines.join("")}\r\n`,
  );
  return bytesOf(textOf(utf8, 0, utf8.length));
}

/** Whether a text would end the line that it is written on, and so begin another one. */
export function endsLine(text: string): boolean {
  return /[\0\r\n]/.test(text);
}

/** The parts of a URL that a client sends: its authority without credentials, its target without fragment. */
export function splitUrl(url: string): { authority: string; target: string } {
  const whole = url.split("#", 1)[0]!;
  if (whole.startsWith("/") || whole === "*") {
    return { authority: "", target: whole };
  }
  if (!/^https?:\/\//i.test(whole)) {
    throw new SyntaxError(
      `Cannot read the URL "${url}": expected http://host/path or /path`,
    );
  }
  const rest = whole.slice(whole.indexOf("//") + 2);
  const end = rest.search(/[/?]/);
  const before = end < 0 ? rest : rest.slice(0, end);
  if (before === "") throw new SyntaxError(`The URL "${url}" has no host`);
  const target = end < 0 ? "" : rest.slice(end);
  return {
    authority: asciiAuthority(before.slice(before.lastIndexOf("@") + 1)),
    target: target.startsWith("/") ? target : `/${target}`,
  };
}

/** The authority with its name in ASCII, as clients send it. */
function asciiAuthority(authority: string): string {
  if (/^[\0-\x7f]*$/.test(authority)) return authority;
  const [name = "", port] = authority.split(":", 2);
  const { text } = parseHostName(name);
  return port === undefined ? text : `${text}:${port}`;
}
