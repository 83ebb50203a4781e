/** Which client a request comes from, by the word of the trusted proxies that it passed (pure). */

import { type Cidr, isInBlocks, isIp } from "./cidr.ts";

/** Proxies that a request is believed to have passed; what stands before them is not looked at. */
const HOPS_MAX = 32;

/** See {@linkcode forwardedClient}. */
export interface ForwardedClient {
  /** An IP address. */
  readonly address: string;
  /** False if a trusted proxy named something that is no address: who asked it is not known. */
  readonly isKnown: boolean;
}

/**
 * The client behind a trusted peer: the last address of `X-Forwarded-For` that is
 * not a trusted proxy's own, or the first of all if every one is. What stands
 * before it is the word of somebody who is not trusted.
 *
 * @param list The value of `X-Forwarded-For`.
 * @param peer The address of the peer, which is trusted.
 */
export function forwardedClient(
  list: string,
  peer: string,
  trusted: readonly Cidr[],
): ForwardedClient {
  let address = peer;
  let end = list.length;
  for (let hop = 0; hop < HOPS_MAX && end >= 0; hop++) {
    const comma = end === 0 ? -1 : list.lastIndexOf(",", end - 1);
    const node = addressOfNode(list.slice(comma + 1, end).trim());
    if (!isIp(node)) return { address, isKnown: false };
    address = node;
    if (!isInBlocks(node, trusted)) break;
    end = comma;
  }
  return { address, isKnown: true };
}

/** The address of `192.0.2.1:80`, `[2001:db8::1]:80`, or what has no port. */
function addressOfNode(node: string): string {
  const [, bracketed, plain] =
    /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(node) ?? [];
  return unmapped(bracketed ?? plain ?? node);
}

/** An IPv4 address as such, also if it came in the form of IPv6 (`::ffff:192.0.2.1`). */
export function unmapped(address: string): string {
  return /^::ffff:\d+\./i.test(address)
    ? address.slice("::ffff:".length)
    : address;
}
