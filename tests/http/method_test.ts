/** Methods: RFC 9110 §9.2, and the IANA registry. */

import { assertEquals } from "../support/assert.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import {
  identifyMethod,
  isIdempotent,
  isSafe,
  METHOD,
} from "../../lib/http/method.ts";

const ROWS: readonly [name: string, safe: boolean, idempotent: boolean][] = [
  ["GET", true, true],
  ["HEAD", true, true],
  ["POST", false, false],
  ["PUT", false, true],
  ["DELETE", false, true],
  ["CONNECT", false, false],
  ["OPTIONS", true, true],
  ["TRACE", true, true],
  ["PATCH", false, false],
  ["QUERY", true, true],
  ["PROPFIND", true, true],
  ["REPORT", true, true],
  ["SEARCH", true, true],
  ["PURGE", false, true],
];

for (const [name, safe, idempotent] of ROWS) {
  Deno.test(`${name}: safe ${safe}, idempotent ${idempotent}`, () => {
    const key = name[0]! + name.slice(1).toLowerCase() as keyof typeof METHOD;
    const bytes = bytesOf(`x${name}x`);
    const method = identifyMethod(bytes, 1, 1 + name.length);
    assertEquals(method, METHOD[key]);
    assertEquals([isSafe(method), isIdempotent(method)], [safe, idempotent]);
  });
}

Deno.test("other methods are neither, in whatever case", () => {
  assertEquals(ROWS.length, Object.keys(METHOD).length - 1);
  for (const name of ["get", "GETX", "GE", "XET", "GEX", "MERGE", "x"]) {
    const method = identifyMethod(bytesOf(name), 0, name.length);
    assertEquals(method, METHOD.Other, name);
    assertEquals([isSafe(method), isIdempotent(method)], [false, false]);
  }
});
