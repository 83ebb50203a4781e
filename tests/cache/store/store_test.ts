import { assert, assertEquals } from "../../support/assert.ts";
import { random } from "../../support/random.ts";
import { isFilledWith, put } from "../../support/stored.ts";
import { IncomingContent } from "../../../lib/cache/store/incoming_content.ts";
import { type Evictable, Sieve } from "../../../lib/cache/store/sieve.ts";
import { classSize, Storage } from "../../../lib/cache/store/storage.ts";
import { Store } from "../../../lib/cache/store/store.ts";
import type { StoredResponse } from "../../../lib/cache/store/stored_response.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

Deno.test("a store stays within its bound, whatever comes, and never mixes contents", () => {
  const bytesMax = 500_000;
  const store = new Store({ bytesMax, objectBytesMax: 100_000 });
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
    assert(store.bytes <= bytesMax, `${store.bytes}`);
    assert(store.storage.freeBytes <= bytesMax * 1.07);
    if (next() < 0.02) store.invalidate(stored!.entry);
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
  assertEquals(cost, store.bytes);
  const { count } = store;
  assertEquals(store.purgePrefix(bytesOf("key ")), count);
  assertEquals([store.count, store.bytes], [0, 0]);
});

Deno.test("what is being read is not overwritten", () => {
  const store = new Store({ bytesMax: 20_000, objectBytesMax: 10_000 });
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

Deno.test("SIEVE takes what has not been used since it was last looked at", () => {
  interface Item extends Evictable {
    readonly name: string;
  }
  const sieve = new Sieve<Item>();
  const items = [..."abcde"].map((name): Item => ({
    name,
    visited: false,
    younger: undefined,
    older: undefined,
  }));
  for (const item of items) sieve.add(item);
  items[0]!.visited = items[2]!.visited = true;
  let order = "";
  for (
    let victim = sieve.victim();
    victim !== undefined;
    victim = sieve.victim()
  ) {
    order += victim.name;
    sieve.remove(victim);
  }
  assertEquals(order, "bdeac");
});

Deno.test("buffers come in classes that waste little, and come back", () => {
  for (let size = 1; size < 100_000; size += 7) {
    const bytes = classSize(size);
    assert(
      bytes >= size && (size <= 256 || bytes <= size * 1.126),
      `${size}: ${bytes}`,
    );
    assertEquals(classSize(bytes), bytes);
  }
  assertEquals(classSize(0), 0);
  const storage = new Storage();
  const buffer = storage.take(1000);
  storage.give(buffer);
  assertEquals(storage.freeBytes, buffer.length);
  assert(storage.take(buffer.length - 1) === buffer);
  storage.give(buffer);
  storage.trim(0);
  assertEquals(storage.freeBytes, 0);
});

Deno.test("content on its way gives every reader the same bytes, at any pace, also when it only passes", async () => {
  for (const length of [-1, 50_000]) {
    for (const bytesMax of [1e6, 10_000]) {
      const storage = new Storage();
      const incoming = new IncomingContent(length, bytesMax, {
        storage,
        mayGrow: () => true,
      });
      const next = random(5);
      const read = async (): Promise<number[]> => {
        const reader = incoming.open();
        const seen: number[] = [];
        for (;;) {
          const run = reader.next();
          const count = Math.ceil(run.length * next());
          seen.push(...run.subarray(0, count));
          if (count > 0) reader.take(count);
          else if (incoming.state === "done") break;
          else await incoming.wait();
          if (next() < 0.3) await Promise.resolve();
        }
        reader.close();
        return seen;
      };
      const readers = [read(), read(), read()];
      const sent: number[] = [];
      while (sent.length < 50_000) {
        const run = Array.from({
          length: Math.min(50_000 - sent.length, 1 + Math.floor(next() * 3000)),
        }, () => Math.floor(next() * 256));
        if (!incoming.append(Uint8Array.from(run))) {
          incoming.notify();
          while (!incoming.hasWay(run.length)) await incoming.wait();
          incoming.append(Uint8Array.from(run));
        }
        sent.push(...run);
        incoming.notify();
        if (next() < 0.5) await Promise.resolve();
      }
      incoming.complete();
      for (const seen of await Promise.all(readers)) assertEquals(seen, sent);
      assertEquals(incoming.isTooLargeToStore, bytesMax === 10_000);
    }
  }
});
