/** How many connections an address has that has a bound of its own. */

import { ListenerCounts } from "../../lib/client/listener_counts.ts";
import type { ListenAddress } from "../../lib/net/address.ts";
import { assertEquals } from "../support/assert.ts";

function addressWith(port: number, connectionsMax: number): ListenAddress {
  return {
    transport: "tcp",
    hostname: "127.0.0.1",
    port,
    limits: { connectionsMax },
  } as ListenAddress;
}

Deno.test("an address has so many connections, and each that leaves makes room for one", () => {
  const counts = new ListenerCounts();
  const at = addressWith(1, 3);
  const enter = (times: number): boolean[] =>
    Array.from({ length: times }, () => counts.enter(at));
  assertEquals(enter(4), [true, true, true, false]);
  counts.leave(at);
  assertEquals(enter(2), [true, false]);
  for (let i = 0; i < 3; i++) counts.leave(at);
  assertEquals(enter(4), [true, true, true, false]);
  assertEquals(counts.enter(addressWith(2, 1)), true, "another address");
});

Deno.test("an address without a bound is not counted", () => {
  const counts = new ListenerCounts();
  const at = addressWith(1, Infinity);
  for (let i = 0; i < 10; i++) assertEquals(counts.enter(at), true);
  counts.leave(at);
});
