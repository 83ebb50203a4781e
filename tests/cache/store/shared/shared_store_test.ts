/** The stores of several workers over one memory: what one stores, all find. */

import { assert, assertEquals } from "../../../support/assert.ts";
import { keyOf, memoryOf } from "../../../support/shared_store.ts";
import {
  type Content,
  isFilledWith,
  putUnder,
} from "../../../support/stored.ts";
import type { SharedMemory } from "../../../../lib/cache/store/shared/shared_memory.ts";
import type { StoredResponse } from "../../../../lib/cache/store/stored_response.ts";
import { forgetWorker } from "../../../../lib/cache/store/shared/shared_state.ts";
import { SharedStore } from "../../../../lib/cache/store/shared/shared_store.ts";

function put(
  store: SharedStore,
  path: string,
  mark: number,
  tags: readonly string[] = [],
): void {
  const key = keyOf(path);
  putUnder(store, key.written.view().slice(), key.hash, {
    length: 100,
    mark,
    tags,
  });
}

/** The one that is stored for a path, pinned. */
function find(store: SharedStore, path: string): StoredResponse | undefined {
  const stored = store.find(keyOf(path))?.variants[0];
  assert(stored === undefined || store.pin(stored));
  return stored;
}

/** The byte that contents on their way what a store has for a path. */
function markOf(store: SharedStore, path: string): number | undefined {
  const stored = find(store, path);
  if (stored === undefined) return undefined;
  const [mark] = stored.body;
  assertEquals(stored.length, 100);
  assert(isFilledWith(stored.body, mark));
  store.unpin(stored);
  return mark;
}

function pair(bytesMax = 1e6): [SharedStore, SharedStore, SharedMemory] {
  const memory = memoryOf(bytesMax);
  return [new SharedStore(memory, 0), new SharedStore(memory, 1), memory];
}

Deno.test("a worker reads the head of a response once", () => {
  const [a, b] = pair();
  put(a, "/1", 1);
  const first = find(b, "/1")!;
  const second = find(b, "/1")!;
  assert(first === second);
  assertEquals(first.pins, 2);
});

Deno.test("what makes room for a variant that is read is never another one of its entry", () => {
  const variant = (mark: number, extraKey: string): Content => (
    { length: 100, mark, tags: [], extraKey }
  );
  let hasEvicted = false;
  for (let others = 0; !hasEvicted; others++) {
    const [a, b] = pair(400_000);
    const key = keyOf("/1");
    const bytes = key.written.view().slice();
    putUnder(a, bytes, key.hash, variant(1, "a"));
    assertEquals(b.find(key)!.variants.length, 1);
    for (let i = 0; i < others; i++) {
      put(a, `/other/${i}`, 3);
      const { count } = b.ledger;
      assertEquals(markOf(b, `/other/${i}`), 3);
      hasEvicted ||= b.ledger.count === count;
    }
    putUnder(a, bytes, key.hash, variant(2, "b"));
    const found = b.find(key)!.variants;
    if (hasEvicted) break; // by others: it may have been this one
    assertEquals(found.map(({ body }) => body[0]), [2, 1], `${others}`);
  }
});

Deno.test("a shared fetch of another worker is waited for, and ends with that worker at the latest", async () => {
  const [a, b, memory] = pair();
  const { hash } = keyOf("/1");
  const alive = setInterval(() => {}, 1000); // waiting for memory keeps no process alive
  assertEquals(b.workerFetches.elsewhere(hash), undefined);
  a.workerFetches.begin(hash);
  assertEquals(a.workerFetches.elsewhere(hash), undefined);
  assert(!a.workerFetches.isAwaited(hash));
  const sharedFetch = b.workerFetches.elsewhere(hash)!;
  assert(
    sharedFetch === b.workerFetches.elsewhere(hash) &&
      a.workerFetches.isAwaited(hash),
  );
  a.workerFetches.end(hash, undefined);
  await sharedFetch.wait();
  assertEquals(sharedFetch.outcome, "look");
  assertEquals(b.workerFetches.elsewhere(hash), undefined);
  a.workerFetches.begin(hash);
  const second = b.workerFetches.elsewhere(hash)!;
  forgetWorker(memory, 0);
  await second.wait();
  assertEquals(second.outcome, "look");
  clearInterval(alive);
});

Deno.test("what a dead worker has pinned can be evicted", () => {
  const [a, b, memory] = pair(100_000);
  put(a, "/1", 1);
  find(a, "/1");
  const { slot, serial } = find(b, "/1")!.location!;
  forgetWorker(memory, 0);
  forgetWorker(memory, 1);
  const fresh = new SharedStore(memory, 0);
  for (let i = 2; i < 3000; i++) put(fresh, `/${i}`, 1);
  assertEquals(markOf(fresh, "/1"), undefined);
  assert(slot > 0 && serial > 0);
});

Deno.test("four threads at once: nothing is mixed up, nothing is lost, nobody hangs", async () => {
  const memory = memoryOf(300_000, 4);
  const module = new URL("../../../support/store_thread.ts", import.meta.url);
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
