/** The common parts of request heads and response heads: their limits and the grammar of the version. */

import type { SectionLimits } from "./section.ts";

/** The bounds of one head. */
export interface HeadLimits extends SectionLimits {
  /** Bytes of the whole head, start line and empty line included. */
  readonly headBytesMax: number;
  /** Bytes of the request target. */
  readonly targetBytesMax: number;
}

const VERSION = "HTTP/";

/** How many bytes `HTTP/1.1` has. */
export const VERSION_LENGTH = 8;

/** Whether `byte` can stand at `index` of `HTTP/DIGIT.DIGIT` (RFC 9112 §2.3). */
export function isVersionByte(byte: number, index: number): boolean {
  if (index < VERSION.length) return byte === VERSION.charCodeAt(index);
  if (index === 6) return byte === 0x2e;
  return byte >= 0x30 && byte <= 0x39;
}

/** Whether `HTTP/1.1` stands at `at`, all of it before `stop`. */
export function isVersion11(
  bytes: Uint8Array,
  at: number,
  stop: number,
): boolean {
  return at + VERSION_LENGTH <= stop &&
    bytes[at] === 0x48 && bytes[at + 1] === 0x54 && bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 && bytes[at + 4] === 0x2f &&
    bytes[at + 5] === 0x31 && bytes[at + 6] === 0x2e && bytes[at + 7] === 0x31;
}
