/** The stores of several workers over one memory: what one stores, all find. */

import { assert, assertEquals } from "../../support/assert.ts";
import { keyOf, memoryOf } from "../../support/shared_store.ts";
import { putUnder } from "../../support/stored.ts";
import type { SharedMemory } from "../../../lib/cache/store/shared_memory.ts";
import type { StoredResponse } from "../../../lib/cache/store/stored_response.ts";
import { forgetWorker } from "../../../lib/cache/store/shared_state.ts";
import { WorkerStore } from "../../../lib/cache/store/worker_store.ts";
import { octetsOf } from "../../../lib/http/bytes.ts";

function put(
  store: WorkerStore,
  path: string,
  mark: number,
  tags: readonly string[] = [],
): void {
  const key = keyOf(path);
  putUnder(store, key.octets.view().slice(), key.hash, {
    length: 100,
    mark,
    tags,
  });
}

/** The one that is stored for a path, pinned. */
function find(store: WorkerStore, path: string): StoredResponse | undefined {
  const stored = store.find(keyOf(path))?.variants[0];
  assert(stored === undefined || store.pin(stored));
  return stored;
}

/** The octet that fills what a store has for a path. */
function markOf(store: WorkerStore, path: string): number | undefined {
  const stored = find(store, path);
  if (stored === undefined) return undefined;
  const [mark] = stored.body;
  assertEquals(stored.length, 100);
  assert(stored.body.every((octet) => octet === mark));
  store.unpin(stored);
  return mark;
}

function pair(bytesMax = 1e6): [WorkerStore, WorkerStore, SharedMemory] {
  const memory = memoryOf(bytesMax);
  return [new WorkerStore(memory, 0), new WorkerStore(memory, 1), memory];
}

Deno.test("what one worker stores, replaces or takes out, the other finds so", () => {
  const [a, b] = pair();
  assertEquals(markOf(b, "/1"), undefined);
  put(a, "/1", 1);
  assertEquals([markOf(a, "/1"), markOf(b, "/1")], [1, 1]);
  put(b, "/1", 2);
  assertEquals([markOf(a, "/1"), markOf(b, "/1")], [2, 2]);
  const stored = find(a, "/1")!;
  a.remove(stored);
  assertEquals([markOf(a, "/1"), markOf(b, "/1")], [undefined, undefined]);
  assertEquals(stored.body[0], 2); // who reads it reads on
  a.unpin(stored);
});

Deno.test("a response is described to the other worker as it was to the first", () => {
  const [a, b] = pair();
  put(a, "/1", 1, ["x", "y"]);
  const mine = find(a, "/1")!;
  const other = find(b, "/1")!;
  assertEquals(other.traits, mine.traits);
  assertEquals(other.head, mine.head);
  assertEquals(other.traits.tags, ["x", "y"]);
  a.unpin(mine);
  b.unpin(other);
});

Deno.test("a worker reads the head of a response once", () => {
  const [a, b] = pair();
  put(a, "/1", 1);
  const first = find(b, "/1")!;
  const second = find(b, "/1")!;
  assert(first === second);
  assertEquals(first.pins, 2);
});

Deno.test("purges reach what every worker has stored, and count it once", () => {
  const [a, b] = pair();
  put(a, "/a/1", 1, ["x", "y"]);
  put(b, "/a/2", 2, ["x"]);
  put(a, "/b", 3, ["y"]);
  for (const path of ["/a/1", "/a/2", "/b"]) markOf(b, path);
  assertEquals(a.purgePrefix(octetsOf("h /a/")), 2);
  assertEquals([markOf(a, "/a/1"), markOf(b, "/a/2")], [undefined, undefined]);
  assertEquals([b.purgeTag("x"), b.purgeTag("y"), a.purgeTag("y")], [0, 1, 0]);
  put(a, "/c", 4);
  const resource = b.find(keyOf("/c"))!;
  assertEquals([b.invalidate(resource), markOf(a, "/c")], [1, undefined]);
});

Deno.test("what is purged while it is on its way is not stored", () => {
  const [a, b] = pair();
  const key = keyOf("/1");
  const before = a.epoch(key.hash);
  const resource = b.obtain(key.octets.view().slice(), key.hash);
  b.invalidate(resource);
  assert(a.epoch(key.hash) !== before);
  b.purgeTag("anything");
  assert(a.epoch(keyOf("/2").hash) !== before);
});

Deno.test("everything stays within the memory, and what is read stays whole", () => {
  const [a, b] = pair(100_000);
  put(a, "/kept", 7);
  const kept = find(b, "/kept")!;
  for (let i = 0; i < 2000; i++) put(i % 2 === 0 ? a : b, `/${i}`, i % 251);
  assert(kept.body.every((octet) => octet === 7));
  assertEquals(markOf(a, "/1999"), 1999 % 251);
  assertEquals(markOf(a, "/5"), undefined);
  b.unpin(kept);
});

Deno.test("a flight of another worker is waited for, and ends with that worker at the latest", async () => {
  const [a, b, memory] = pair();
  const { hash } = keyOf("/1");
  const alive = setInterval(() => {}, 1000); // waiting for memory keeps no process alive
  assertEquals(b.flightElsewhere(hash), undefined);
  a.depart(hash);
  assertEquals(a.flightElsewhere(hash), undefined);
  assert(!a.isAwaitedElsewhere(hash));
  const flight = b.flightElsewhere(hash)!;
  assert(flight === b.flightElsewhere(hash) && a.isAwaitedElsewhere(hash));
  a.land(hash, undefined);
  await flight.changed();
  assertEquals(flight.outcome, "look");
  assertEquals(b.flightElsewhere(hash), undefined);
  a.depart(hash);
  const second = b.flightElsewhere(hash)!;
  forgetWorker(memory, 0);
  await second.changed();
  assertEquals(second.outcome, "look");
  clearInterval(alive);
});

Deno.test("what a dead worker has pinned can be evicted", () => {
  const [a, b, memory] = pair(100_000);
  put(a, "/1", 1);
  find(a, "/1");
  const { slot, serial } = find(b, "/1")!.place!;
  forgetWorker(memory, 0);
  forgetWorker(memory, 1);
  const fresh = new WorkerStore(memory, 0);
  for (let i = 2; i < 3000; i++) put(fresh, `/${i}`, 1);
  assertEquals(markOf(fresh, "/1"), undefined);
  assert(slot > 0 && serial > 0);
});

Deno.test("four threads at once: nothing is mixed up, nothing is lost, nobody hangs", async () => {
  const memory = memoryOf(300_000, 4);
  const module = new URL("../../support/store_thread.ts", import.meta.url);
  const threads = [0, 1, 2, 3].map((worker) => {
    const thread = new Worker(module, { type: "module" });
    const done = new Promise<{ found: number; wrong: number }>((resolve) => {
      thread.onmessage = ({ data }) => resolve(data);
    });
    thread.postMessage({ memory, worker, rounds: 20_000 });
    return { thread, done };
  });
  const reports = await Promise.all(threads.map(({ done }) => done));
  for (const { thread } of threads) thread.terminate();
  for (const { found, wrong } of reports) {
    assertEquals(wrong, 0);
    assert(found > 1000);
  }
});
