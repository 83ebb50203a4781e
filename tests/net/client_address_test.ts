/** The client, by the word of the proxies that a request has passed. */

import { assertEquals } from "../support/assert.ts";
import { parseCidr } from "../../lib/net/cidr.ts";
import { forwardedClient, unmapped } from "../../lib/net/client_address.ts";

const PEER = "10.0.0.9";
const TRUSTED = ["10.0.0.0/8", "2001:db8:1::/48"].map(parseCidr);

Deno.test("the last address that is no trusted proxy's", async (t) => {
  const rows: [list: string, address: string, isKnown?: boolean][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["198.51.100.1, 192.0.2.1", "192.0.2.1"],
    ["192.0.2.1,10.0.0.3 , 10.0.0.2", "192.0.2.1"],
    ["10.0.0.1, 10.0.0.2", "10.0.0.1"], // all of them are
    ["192.0.2.1:80", "192.0.2.1"],
    ["[2001:db8:2::7]:80", "2001:db8:2::7"],
    ["[2001:db8:2::7]", "2001:db8:2::7"],
    ["2001:db8:2::7, 2001:db8:1::1", "2001:db8:2::7"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    // What is not an address: its client is not known.
    ["", PEER, false],
    ["unknown", PEER, false],
    ["192.0.2.1, unknown, 10.0.0.3", "10.0.0.3", false],
    [",192.0.2.1", "192.0.2.1"],
    [",10.0.0.1", "10.0.0.1", false],
    ["192.0.2.1,", PEER, false],
    // No more than 32 are looked at.
    [`192.0.2.1${",10.0.0.1".repeat(31)}`, "192.0.2.1"],
    [`192.0.2.1${",10.0.0.1".repeat(32)}`, "10.0.0.1"],
  ];
  for (const [list, address, isKnown = true] of rows) {
    await t.step(list.slice(0, 60), () => {
      assertEquals(forwardedClient(list, PEER, TRUSTED), { address, isKnown });
    });
  }
});

Deno.test("an IPv4 address in the form of IPv6 is one", () => {
  assertEquals(unmapped("::ffff:192.0.2.1"), "192.0.2.1");
  assertEquals(unmapped("::FFFF:192.0.2.1"), "192.0.2.1");
  assertEquals(unmapped("::ffff:1:2"), "::ffff:1:2");
  assertEquals(unmapped("2001:db8::1"), "2001:db8::1");
});
