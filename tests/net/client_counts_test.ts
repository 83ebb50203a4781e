/** How many connections each address has, over all workers. */

import { assert, assertEquals } from "../support/assert.ts";
import {
  ClientCounts,
  createClientCounts,
} from "../../lib/net/client_counts.ts";

const V4 = new Uint8Array([192, 0, 2, 1]);
const OTHER_V4 = new Uint8Array([192, 0, 2, 2]);

function v6(...tail: number[]): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set([0x20, 1, 0xd, 0xb8]);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

Deno.test("an address has so many, whichever workers they are at", () => {
  const memory = createClientCounts(2);
  const [a, b] = [new ClientCounts(memory, 0), new ClientCounts(memory, 1)];
  const key = a.keyOf(V4);
  assertEquals(b.keyOf(V4), key);
  assert(a.enter(key, 3) && b.enter(key, 3) && a.enter(key, 3));
  assert(!a.enter(key, 3) && !b.enter(key, 3));
  assert(a.enter(a.keyOf(OTHER_V4), 1)); // another one's is its own
  b.leave(key);
  assert(a.enter(key, 3));
  assert(!b.enter(key, 3));
});

Deno.test("what a worker has counted is forgotten with it, and no more", () => {
  const memory = createClientCounts(3);
  const [a, b, c] = [0, 1, 2].map((i) => new ClientCounts(memory, i)) as [
    ClientCounts,
    ClientCounts,
    ClientCounts,
  ];
  const key = a.keyOf(V4);
  assert(a.enter(key, 3) && b.enter(key, 3) && c.enter(key, 3));
  b.clear();
  assert(a.enter(key, 3));
  assert(!a.enter(key, 3));
  assertEquals(new ClientCounts(memory, 1).keyOf(V4), key); // the seed is still there
});

Deno.test("the first counter is as good as any", () => {
  const memory = createClientCounts(2);
  const [a, b] = [new ClientCounts(memory, 0), new ClientCounts(memory, 1)];
  assert(a.enter(0, 2) && b.enter(0, 2)); // that of the key 0
  assert(!a.enter(0, 2) && !b.enter(0, 2));
});

Deno.test("an IPv6 client is its /64", () => {
  const counts = new ClientCounts(createClientCounts(1), 0);
  const key = counts.keyOf(v6(1));
  assertEquals(counts.keyOf(v6(2)), key);
  assertEquals(counts.keyOf(v6(1, 0, 0, 0, 0, 0, 0, 1)), key);
  assert(counts.keyOf(v6(1, 0, 0, 0, 0, 0, 0, 0, 1)) !== key);
});

Deno.test("a thousand addresses hardly ever share a count", () => {
  const counts = new ClientCounts(createClientCounts(1), 0);
  let refused = 0;
  for (let i = 0; i < 1000; i++) {
    const key = counts.keyOf(new Uint8Array([10, 0, i >> 8, i & 255]));
    if (!counts.enter(key, 1)) refused++;
  }
  assert(refused < 10, `${refused}`);
});
