/**
 * Request methods and their properties (RFC 9110 §9.2).
 *
 * Names are case-sensitive. A method that is not registered here passes through and
 * counts as neither safe nor idempotent nor cacheable; one that is, but for the case of
 * its letters, does not.
 */

import { equalsText, equalsToken } from "./bytes.ts";

/** The small numbers by which the program knows methods; `Other` is every unregistered one. */
export const METHOD = {
  Other: 0,
  Get: 1,
  Head: 2,
  Post: 3,
  Put: 4,
  Delete: 5,
  Connect: 6,
  Options: 7,
  Trace: 8,
  Patch: 9,
  Query: 10,
  Propfind: 11,
  Report: 12,
  Search: 13,
  Purge: 14,
} as const;

interface MethodRow {
  readonly name: string;
  readonly safe: boolean;
  readonly idempotent: boolean;
}

/** By number: the entries of the IANA registry for the methods above. */
const METHODS: readonly MethodRow[] = [
  { name: "", safe: false, idempotent: false },
  { name: "GET", safe: true, idempotent: true },
  { name: "HEAD", safe: true, idempotent: true },
  { name: "POST", safe: false, idempotent: false },
  { name: "PUT", safe: false, idempotent: true },
  { name: "DELETE", safe: false, idempotent: true },
  { name: "CONNECT", safe: false, idempotent: false },
  { name: "OPTIONS", safe: true, idempotent: true },
  { name: "TRACE", safe: true, idempotent: true },
  { name: "PATCH", safe: false, idempotent: false },
  { name: "QUERY", safe: true, idempotent: true },
  { name: "PROPFIND", safe: true, idempotent: true },
  { name: "REPORT", safe: true, idempotent: true },
  { name: "SEARCH", safe: true, idempotent: true },
  { name: "PURGE", safe: false, idempotent: true },
];

const LOWER_CASE = METHODS.map(({ name }) => name.toLowerCase());

/** The number of the method `bytes[start, end)`. */
export function identifyMethod(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  for (let method = 1; method < METHODS.length; method++) {
    if (equalsText(bytes, start, end, METHODS[method]!.name)) return method;
  }
  return METHOD.Other;
}

/**
 * Whether the method, which is not registered, is one in other letters: `post`. RFC 9110
 * §9.1 tells the two apart, but there are frameworks that do not.
 */
export function isMiswritten(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  return start < end &&
    LOWER_CASE.some((name) => equalsToken(bytes, start, end, name));
}

/** The name of a method by its number; empty for an unregistered one. */
export function methodName(method: number): string {
  return METHODS[method]!.name;
}

/** Whether the method only reads (RFC 9110 §9.2.1). */
export function isSafe(method: number): boolean {
  return METHODS[method]!.safe;
}

/** Whether sending the request twice is like sending it once (RFC 9110 §9.2.2). */
export function isIdempotent(method: number): boolean {
  return METHODS[method]!.idempotent;
}
