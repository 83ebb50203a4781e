/**
 * What requests are counted by, as 64 bits: the limit, and the client or whatever else
 * tells its requests apart (pure). The hash has a secret seed, so that nobody can
 * choose values that share a count.
 */

import { parseIp } from "../../net/cidr.ts";

/** A hash that takes in text. */
export interface LimitKey {
  low: number;
  high: number;
}

const PRIMES = [0x01000193, 0x85ebca6b] as const;
/** An IPv6 client can use any address of its /64. */
const IPV6_CLIENT_BYTES = 8;

/** Begins with a seed of two numbers and the id of a limit. */
export function keyOfLimit(
  seed: readonly [number, number],
  id: string,
): LimitKey {
  const key = { low: seed[0], high: seed[1] };
  addText(key, id);
  addText(key, "\n");
  return key;
}

/** Puts into `key` what `limit` and `text` make together. */
export function addTo(key: LimitKey, limit: LimitKey, text: string): void {
  key.low = limit.low;
  key.high = limit.high;
  addText(key, text);
  key.low = finished(key.low ^ key.high); // it chooses a place; the other only tells apart
}

function addText(key: LimitKey, text: string): void {
  let { low, high } = key;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, PRIMES[0]);
    low ^= low >>> 15;
    high = Math.imul(high ^ code, PRIMES[1]);
    high ^= high >>> 13;
  }
  key.low = low | 0;
  key.high = high | 0;
}

/** Spreads what the last characters have changed over all bits. */
function finished(hash: number): number {
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return (hash ^ hash >>> 16) | 0;
}

/** Addresses of which the text is known; then all are forgotten. */
const KNOWN_MAX = 4096;

/** The clients by their addresses, each under one text. */
export class ClientTexts {
  readonly #known = new Map<string, string>();

  /** The address in one form, an IPv6 address by its first 64 bits; any text that is none is one client. */
  of(address: string): string {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const text = parseIp(address)?.subarray(0, IPV6_CLIENT_BYTES).toHex() ?? "";
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(address, text);
    return text;
  }
}
