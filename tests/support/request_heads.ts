/** Request heads from lines, and whether they are read as expected. */

import { assertEquals } from "./assert.ts";
import { firstDifference, type Outcome, requestHead, whole } from "./splits.ts";
import { bytesOf } from "../../lib/http/bytes.ts";

/** A head with these lines and the empty line. */
export function head(...lines: readonly string[]): Uint8Array {
  return bytesOf(`${lines.join("\r\n")}\r\n\r\n`);
}

/** Reads a message whole, and in all ways in which it may arrive. */
export function check(message: Uint8Array, expected: Outcome): void {
  assertEquals(whole(requestHead(), message), expected);
  assertEquals(firstDifference(requestHead(), message, expected), undefined);
}
