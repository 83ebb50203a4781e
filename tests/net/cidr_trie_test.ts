/** Sets of addresses: the same as a look at each block. */

import { assertEquals } from "../support/assert.ts";
import { isInBlocks, parseCidr } from "../../lib/net/cidr.ts";
import { CidrTrie } from "../../lib/net/cidr_trie.ts";
import { random } from "../support/random.ts";

const ROWS: readonly [blocks: string, address: string, isIn: boolean][] = [
  ["", "192.0.2.1", false],
  ["0.0.0.0/0", "192.0.2.1", true],
  ["0.0.0.0/0", "255.255.255.255", true],
  ["0.0.0.0/0", "::1", false],
  ["::/0", "::1", true],
  ["::/0", "192.0.2.1", false],
  ["192.0.2.1", "192.0.2.1", true],
  ["192.0.2.1", "192.0.2.0", false],
  ["10.0.0.0/8", "10.255.255.255", true],
  ["10.0.0.0/8", "11.0.0.0", false],
  ["10.0.0.0/8 10.1.2.3/32", "10.1.2.4", true],
  ["10.1.2.3/32 10.0.0.0/8", "10.1.2.4", true],
  ["10.1.2.3/32 10.1.2.2/32", "10.1.2.2", true],
  ["10.0.0.0/8", "::ffff:10.0.0.1", true],
  ["::ffff:10.0.0.0/8", "10.9.9.9", true],
  ["2001:db8::/32", "2001:db8:ffff::1", true],
  ["2001:db8::/32", "2001:db9::1", false],
  ["10.0.0.0/8", "unknown", false],
  ["10.0.0.0/8", "10.0.0.1:80", false],
  ["10.0.0.0/8", "010.0.0.1.", false],
  ["10.0.0.0/8", "", false],
];

Deno.test("an address is in a set if it is in a block of it", async (t) => {
  for (const [blocks, address, isIn] of ROWS) {
    await t.step(`${address} in ${blocks}`, () => {
      const cidrs = blocks.split(" ").filter((text) => text !== "")
        .map(parseCidr);
      assertEquals(new CidrTrie(cidrs).has(address), isIn);
    });
  }
});

Deno.test("a trie and a list of the same blocks agree", () => {
  const next = random(17);
  const byte = (): number => Math.floor(next() * 4) * 85;
  const address = (): string => `${byte()}.${byte()}.${byte()}.${byte()}`;
  const blocks = Array.from(
    { length: 40 },
    () => parseCidr(`${address()}/${8 + Math.floor(next() * 25)}`),
  );
  const trie = new CidrTrie(blocks);
  for (let i = 0; i < 2000; i++) {
    const one = address();
    assertEquals(trie.has(one), isInBlocks(one, blocks), one);
  }
});
