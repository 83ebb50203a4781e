/** The common parts of request heads and response heads: their limits and the grammar of the version. */

import type { SectionLimits } from "./section.ts";

/** The bounds of one head. */
export interface HeadLimits extends SectionLimits {
  /** Octets of the whole head, start line and empty line included. */
  readonly headBytesMax: number;
  /** Octets of the request target. */
  readonly targetBytesMax: number;
}

const VERSION = "HTTP/";

/** How many octets `HTTP/1.1` has. */
export const VERSION_LENGTH = 8;

/** Whether `octet` can stand at `index` of `HTTP/DIGIT.DIGIT` (RFC 9112 §2.3). */
export function isVersionOctet(octet: number, index: number): boolean {
  if (index < VERSION.length) return octet === VERSION.charCodeAt(index);
  if (index === 6) return octet === 0x2e;
  return octet >= 0x30 && octet <= 0x39;
}
