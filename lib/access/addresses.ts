/** Which client addresses a route is for. */

import type { Exchange } from "../exchange/exchange_state.ts";
import { clientOf } from "../exchange/forwarded.ts";
import { HttpError } from "../http/error.ts";
import type { Cidr } from "../net/cidr.ts";
import { CidrTrie } from "../net/cidr_trie.ts";
import { type AccessPhase, explained, finding, refusing } from "./passage.ts";

/** Blocks of addresses: plain data. */
export interface AddressOptions {
  /** Undefined if all may. */
  readonly allow: readonly Cidr[] | undefined;
  /** Looked at first. */
  readonly deny: readonly Cidr[];
}

/** Whether there is anything to ask for. */
export function hasAddresses({ allow, deny }: AddressOptions): boolean {
  return allow !== undefined || deny.length > 0;
}

/**
 * Compiles the question why a client's address does not do; empty if it does. A client
 * whose address nobody knows is in no block: `allow` refuses it.
 */
export function addressRefusal(
  { allow, deny }: AddressOptions,
): (x: Exchange) => string {
  const denied = new CidrTrie(deny);
  const allowed = allow && new CidrTrie(allow);
  return (x) => {
    const { address, isKnown } = clientOf(x);
    if (isKnown && denied.has(address)) return `${address} is denied`;
    if (allowed === undefined) return "";
    if (!isKnown) return "a proxy does not tell the address of its client";
    return allowed.has(address) ? "" : `${address} is not allowed`;
  };
}

/** Compiles a phase that refuses clients by their addresses: `address_refused`. */
export function addressPhase(options: AddressOptions): AccessPhase {
  const refusal = addressRefusal(options);
  return explained((x) => {
    const why = refusal(x);
    if (why !== "") throw new HttpError("address_refused", why);
  }, (x) => {
    const why = refusal(x);
    return why === ""
      ? finding("addresses", "pass", `${clientOf(x).address} may`)
      : refusing("addresses", new HttpError("address_refused", why));
  });
}
