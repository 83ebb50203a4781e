/** Blocks of addresses compiled so that a look costs the length of an address, however many blocks there are. */

import { type Cidr, parseIp } from "./cidr.ts";

/** By bit: the next node; 0 for none. The root is node 0, which nothing leads to. */
const CHILDREN = 2;
/** In place of a node: everything from here on is in the set. */
const ALL = -1;

/** A set of IP addresses. */
export class CidrTrie {
  readonly #v4: Int32Array;
  readonly #v6: Int32Array;

  /** Compiles blocks of IPv4 and IPv6. */
  constructor(blocks: readonly Cidr[]) {
    this.#v4 = nodesOf(blocks, 4);
    this.#v6 = nodesOf(blocks, 16);
  }

  /** Whether the IP address is in the set, an IPv4-mapped one as IPv4; a text that is no address is not. */
  has(address: string): boolean {
    const bytes = parseIp(address);
    return bytes !== undefined && this.hasBytes(bytes);
  }

  /** The same of the 4 or 16 bytes of an address. */
  hasBytes(bytes: Uint8Array): boolean {
    const nodes = bytes.length === 4 ? this.#v4 : this.#v6;
    let node = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const next = nodes[node * CHILDREN + bitOf(bytes, bit)]!;
      if (next === ALL) return true;
      if (next === 0) return false;
      node = next;
    }
    return false;
  }
}

function bitOf(bytes: Uint8Array, bit: number): number {
  return bytes[bit >> 3]! >> (7 - (bit & 7)) & 1;
}

function nodesOf(blocks: readonly Cidr[], length: number): Int32Array {
  const nodes = [0, 0];
  for (const { bytes, prefixBits } of blocks) {
    if (bytes.length !== length) continue;
    if (prefixBits === 0) return Int32Array.of(ALL, ALL);
    insert(nodes, bytes, prefixBits);
  }
  return Int32Array.from(nodes);
}

function insert(nodes: number[], bytes: Uint8Array, prefixBits: number): void {
  let node = 0;
  for (let bit = 0; bit < prefixBits; bit++) {
    const at = node * CHILDREN + bitOf(bytes, bit);
    if (nodes[at] === ALL) return; // a wider block has it
    if (bit === prefixBits - 1) nodes[at] = ALL;
    else if (nodes[at] === 0) {
      nodes[at] = nodes.length / CHILDREN;
      nodes.push(0, 0);
    }
    node = nodes[at]!;
  }
}
