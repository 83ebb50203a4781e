/** The store of one process: its bound, and what is read. */

import { assert, assertEquals } from "../../../support/assert.ts";
import { random } from "../../../support/random.ts";
import { isFilledWith, purgeNow, put } from "../../../support/stored.ts";
import { MemoryStore } from "../../../../lib/cache/store/memory/memory_store.ts";
import type { StoredResponse } from "../../../../lib/cache/store/stored_response.ts";
import { bytesOf } from "../../../../lib/http/bytes.ts";

Deno.test("a store stays within its bound, whatever comes, and never mixes contents", () => {
  const bytesMax = 500_000;
  const store = new MemoryStore({ bytesMax, objectBytesMax: 100_000 });
  const next = random(3);
  const live = new Map<string, StoredResponse>();
  for (let round = 0; round < 20_000; round++) {
    const number = Math.floor(next() * 200);
    const name = `key ${"x".repeat(number % 7)}${number}`;
    const stored = put(
      store,
      name,
      Math.floor(next() * next() * 60_000),
      number % 251,
    );
    if (stored !== undefined) live.set(name, stored);
    assert(store.ledger.bytes <= bytesMax, `${store.ledger.bytes}`);
    assert(store.ledger.storage.freeBytes <= bytesMax * 1.07);
    if (next() < 0.02) store.forget(stored!.key, stored!.hash);
    if (round % 500 > 0) continue;
    for (const [key, { isLinked, body }] of live) {
      const mark = Number(/\d+/.exec(key)![0]) % 251;
      if (isLinked) assert(isFilledWith(body, mark), key);
    }
  }
  let cost = 0;
  for (const stored of live.values()) {
    if (stored.isLinked) cost += stored.cost();
  }
  assertEquals(cost, store.ledger.bytes);
  const { count } = store.ledger;
  assertEquals(
    purgeNow(store, { kind: "prefix", prefix: bytesOf("key ") }),
    count,
  );
  assertEquals([store.ledger.count, store.ledger.bytes], [0, 0]);
});

Deno.test("what is being read is not overwritten", () => {
  const store = new MemoryStore({ bytesMax: 20_000, objectBytesMax: 10_000 });
  const first = put(store, "a", 5000, 1)!;
  const { body } = first;
  store.pin(first);
  for (let i = 0; i < 10; i++) put(store, `b${i}`, 5000, 2);
  store.remove(first);
  for (let i = 0; i < 10; i++) put(store, `c${i}`, 5000, 3);
  assert(isFilledWith(body, 1));

  store.unpin(first);
  assertEquals(first.length, 0);
});
