/** Finds the client that a request comes from, as the trusted proxies on its way report it (pure). */

import { type Cidr, isInBlocks, isIp } from "./cidr.ts";

/** The highest number of trusted proxies on the way of a request; entries before them are ignored. */
const HOPS_MAX = 32;

/** See {@linkcode forwardedClient}. */
export interface ForwardedClient {
  /** An IP address. */
  readonly address: string;
  /** False if a trusted proxy named something that is not an address, so that its client is unknown. */
  readonly isKnown: boolean;
}

/**
 * The client behind a trusted peer: the last address of `X-Forwarded-For` that is
 * not a trusted proxy's own, or the first of all if every one is. Entries before it
 * come from somebody who is not trusted.
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

/** The address, as IPv4 if it is IPv4 in the form of IPv6 (`::ffff:192.0.2.1`). */
export function unmapped(address: string): string {
  return address.startsWith("::") && /^::ffff:\d+\./i.test(address)
    ? address.slice("::ffff:".length)
    : address;
}
