/**
 * Cross-origin requests (the Fetch standard, §3.2): pages of which origins may read
 * what a route answers, and the preflight that a browser sends first.
 */

import { deliver, ownReply } from "../deliver/deliver.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { ownResponse } from "../head/own_response.ts";
import { METHOD } from "../http/method.ts";
import { hasNamed, singleValue } from "../http/named_field.ts";
import { type AccessPhase, explained, finding } from "./passage.ts";

/** Who may do what: plain data. */
export interface CorsOptions {
  /** `https://app.example`, `https://*.app.example` or `*`. */
  readonly origins: readonly string[];
  /** Besides those that no browser asks about: GET, HEAD and POST. */
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly credentials: boolean;
  /** How long browsers remember the answer to a preflight, in ms; 0 for their own time. */
  readonly maxAgeMs: number;
}

const SIMPLE_METHODS = ["GET", "HEAD", "POST"];
/** What may stand in place of a `*`: labels, and nothing that ends a host. */
const LABELS = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/;

/** Compiles the question whether pages of an origin may read: the origin is as browsers send it. */
export function originsOf(
  patterns: readonly string[],
): (origin: string) => boolean {
  const exact = new Set(patterns.map((pattern) => pattern.toLowerCase()));
  const wild = [...exact].filter((pattern) => pattern.includes("//*."))
    .map((pattern) => pattern.split("*", 2) as [string, string]);
  return (origin) => {
    const name = origin.toLowerCase();
    return exact.has(name) ||
      wild.some(([scheme, rest]) =>
        name.startsWith(scheme) && name.endsWith(rest) &&
        LABELS.test(name.slice(scheme.length, -rest.length))
      );
  };
}

/**
 * Compiles a phase that gives responses the headers by which pages of other origins may
 * read them, unless the origin server gives its own.
 */
export function corsPhase(options: CorsOptions): AccessPhase {
  const { origins, credentials } = options;
  const isForAll = origins.includes("*");
  const mayRead = originsOf(origins);
  const more = credentials ? "Access-Control-Allow-Credentials: true\r\n" : "";
  const name = "access-control-allow-origin";
  const label = "Access-Control-Allow-Origin: ";
  const forAll = { name, lines: `${label}*\r\n` };
  return (x) => {
    if (isForAll) return x.addDefault(forAll);
    x.addLines("Vary: Origin\r\n");
    const origin = singleValue(x.request.fields, "origin");
    if (origin === undefined || !mayRead(origin)) return;
    const lines = `${label}${origin}\r\n${more}`;
    x.addDefault({ name, lines });
  };
}

/** Compiles a phase that answers preflights: what a browser asks before a request that no form could send. */
export function preflightPhase(options: CorsOptions): AccessPhase {
  const { methods, headers, maxAgeMs } = options;
  const allowed = new Set([...SIMPLE_METHODS, ...methods]);
  let lines = "Vary: Access-Control-Request-Method, " +
    "Access-Control-Request-Headers\r\n" +
    `Access-Control-Allow-Methods: ${[...allowed].join(", ")}\r\n`;
  if (headers.length > 0) {
    lines += `Access-Control-Allow-Headers: ${headers.join(", ")}\r\n`;
  }
  if (maxAgeMs > 0) {
    lines += `Access-Control-Max-Age: ${Math.ceil(maxAgeMs / 1000)}\r\n`;
  }
  return explained(
    (x) => isPreflight(x) ? answer(x, lines) : undefined,
    (x) =>
      isPreflight(x)
        ? finding("cors", "answer", "a preflight request")
        : finding("cors", "pass", "not a preflight request"),
  );
}

/** Whether the request is a preflight (Fetch, §3.2.2). */
function isPreflight(
  { request: { method, fields } }: Exchange,
): boolean {
  return method === METHOD.Options && hasNamed(fields, "origin") &&
    hasNamed(fields, "access-control-request-method");
}

async function answer(x: Exchange, lines: string): Promise<"answered"> {
  await deliver(x, ownReply(ownResponse(204, lines, "")));
  return "answered";
}
