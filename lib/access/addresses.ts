/** Which client addresses a route is for. */

import type { Exchange } from "../exchange/exchange_state.ts";
import { clientOf } from "../exchange/forwarded.ts";
import type { Cidr } from "../net/cidr.ts";
import { type AccessReason, REASONS } from "../reasons/reason.ts";
import { Refusal } from "./refusal.ts";
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
 * Compiles the question why a client's address does not do; undefined if it does. A
 * client whose address nobody knows is in no block: `allow` refuses it.
 */
export function addressRefusal(
  { allow, deny }: AddressOptions,
): (x: Exchange) => AccessReason | undefined {
  const denied = lookIn(deny);
  const allowed = allow && lookIn(allow);
  return (x) => {
    const { address, isKnown } = clientOf(x);
    if (isKnown && denied(address)) return "address-denied";
    if (allowed === undefined) return undefined;
    if (!isKnown) return "address-unknown";
    return allowed(address) ? undefined : "address-not-allowed";
  };
}

/** Addresses that a look is remembered for; then all are forgotten. */
const KNOWN_MAX = 4096;

/** Whether an address is in one of the blocks: to read it costs the most. */
function lookIn(blocks: readonly Cidr[]): (address: string) => boolean {
  const trie = new CidrTrie(blocks);
  const known = new Map<string, boolean>();
  return (address) => {
    if (blocks.length === 0) return false;
    let isIn = known.get(address);
    if (isIn === undefined) {
      isIn = trie.has(address);
      if (known.size >= KNOWN_MAX) known.clear();
      known.set(address, isIn);
    }
    return isIn;
  };
}

/** Compiles a phase that refuses clients by their addresses: `address_refused`. */
export function addressPhase(options: AddressOptions): AccessPhase {
  const refusal = addressRefusal(options);
  return explained((x) => {
    const why = refusal(x);
    if (why !== undefined) throw refusalOf(x, why);
  }, (x) => {
    const why = refusal(x);
    return why === undefined
      ? finding("addresses", "pass", `${clientOf(x).address} may`)
      : refusing("addresses", refusalOf(x, why));
  });
}

function refusalOf(x: Exchange, reason: AccessReason): Refusal {
  const { address } = clientOf(x);
  return reason === "address-unknown"
    ? new Refusal(reason)
    : new Refusal(reason, { detail: `${address}: ${REASONS[reason].words}` });
}
