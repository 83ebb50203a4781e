/** Attacks on the memory that workers share: orders of things that chance seldom brings about. */

import { assert, assertEquals } from "../../../support/assert.ts";
import {
  PURGING_WORDS,
  type PurgingReport,
} from "../../../support/purging_thread.ts";
import {
  DIRECTION,
  onSteps,
  type Order,
} from "../../../support/stepping_thread.ts";
import { keyOf, memoryOf, SEED } from "../../../support/shared_store.ts";
import {
  beginUnder,
  type Content,
  finish,
  isFilledWith,
  purgeNow,
} from "../../../support/stored.ts";
import { tries } from "../../../support/tries.ts";
import { SharedLog } from "../../../../lib/cache/store/shared/shared_log.ts";
import {
  CELL_BYTES,
  CONTROL,
  createSharedMemory,
  type SharedMemory,
} from "../../../../lib/cache/store/shared/shared_memory.ts";
import type { StoredResponse } from "../../../../lib/cache/store/stored_response.ts";
import type { Purge } from "../../../../lib/cache/store/purge.ts";
import { bytesOf } from "../../../../lib/http/bytes.ts";
import { SharedStore } from "../../../../lib/cache/store/shared/shared_store.ts";

const CONTENT: Content = { length: 100, mark: 1, tags: [] };

/** Stores a response, whose content is on its way. */
function begin(
  store: SharedStore,
  path: string,
  content = CONTENT,
): StoredResponse {
  const key = keyOf(path);
  return beginUnder(store, key.written.view().slice(), key.hash, content)!;
}

function put(
  store: SharedStore,
  path: string,
  mark: number,
  more: Partial<Content> = {},
): void {
  const content = { ...CONTENT, ...more, mark };
  finish(store, begin(store, path, content), content);
}

/** Takes out what is stored for a path, as an unsafe request does. */
function invalidate(store: SharedStore, path: string): void {
  const key = keyOf(path);
  store.forget(key.written.view().slice(), key.hash);
}

function pair(bytesMax = 1e6): [SharedStore, SharedStore, SharedMemory] {
  const memory = memoryOf(bytesMax);
  return [new SharedStore(memory, 0), new SharedStore(memory, 1), memory];
}

/** The youngest that a store finds for a path. */
function find(store: SharedStore, path: string): StoredResponse | undefined {
  return store.find(keyOf(path))?.variants[0];
}

/** A thread that stores, directed step by step from here. */
class Stepping implements Disposable {
  readonly #thread = new Worker(
    new URL("../../../support/stepping_thread.ts", import.meta.url),
    { type: "module" },
  );
  readonly #direction = new SharedArrayBuffer(16);
  readonly #words = new Int32Array(this.#direction);

  /** Starts to store; returns at its halt, or at its end. */
  start(order: Omit<Order, "direction">): void {
    this.#untilHalted(() =>
      this.#thread.postMessage({ ...order, direction: this.#direction })
    );
  }

  /** Lets it go on to its end. */
  goOn(): void {
    this.#untilHalted(() => {
      Atomics.add(this.#words, DIRECTION.GoOn, 1);
      Atomics.notify(this.#words, DIRECTION.GoOn);
    });
  }

  /** The same, while this thread goes on, too. */
  goOnBeside(): void {
    Atomics.add(this.#words, DIRECTION.GoOn, 1);
    Atomics.notify(this.#words, DIRECTION.GoOn);
  }

  /** Waits until it has come to an end so often. */
  untilStored(count: number): void {
    for (let halts = -1; this.storedCount < count;) {
      if (halts >= 0) Atomics.wait(this.#words, DIRECTION.Halted, halts);
      halts = Atomics.load(this.#words, DIRECTION.Halted);
    }
  }

  #untilHalted(action: () => void): void {
    const halts = Atomics.load(this.#words, DIRECTION.Halted);
    action();
    Atomics.wait(this.#words, DIRECTION.Halted, halts);
  }

  /** How often it has come to an end. */
  get storedCount(): number {
    return Atomics.load(this.#words, DIRECTION.Stored);
  }

  [Symbol.dispose](): void {
    this.#thread.terminate();
  }
}

Deno.test("whatever step of an eviction falls between two steps of a pin: what is pinned is what was meant", () => {
  using evictor = new Stepping();
  // Two of them have no room: the second takes the slot and the place of the first.
  const length = 30_000;
  const { hash } = keyOf("/2");
  let hasHalted = true;
  for (let haltsBefore = 0; hasHalted; haltsBefore++) {
    for (let resumesBefore = 0; resumesBefore < 5; resumesBefore++) {
      const memory = memoryOf(65536);
      const store = new SharedStore(memory, 0);
      put(store, "/1", 1, { length });
      const stored = find(store, "/1")!;
      const before = evictor.storedCount;
      const order = { memory, name: "h /2", hash, length, mark: 2 };
      evictor.start({ ...order, haltsBefore });
      hasHalted = evictor.storedCount === before;
      let steps = 0;
      let isHalted = hasHalted;
      const resume = (): void => {
        isHalted = false;
        evictor.goOn();
      };
      const undo = onSteps(() => {
        if (isHalted && steps++ === resumesBefore) resume();
      });
      const isThere = store.pin(stored);
      undo();
      if (isHalted) resume();
      assert(
        !isThere || isFilledWith(stored.body, 1),
        `halted before step ${haltsBefore}, resumed before ${resumesBefore}`,
      );
    }
  }
});

Deno.test("whatever step of storing falls between two steps of a purge: what was asked for before it is not found", () => {
  using storer = new Stepping();
  const key = keyOf("/1");
  const { hash } = key;
  const bytes = key.written.view().slice();
  const purges: readonly Purge[] = [
    { kind: "key", key: bytes, hash },
    { kind: "prefix", prefix: bytes },
    { kind: "host", host: bytesOf("h") },
    { kind: "all" },
  ];
  for (const purge of purges) {
    let hasHalted = true;
    for (let haltsBefore = 0; hasHalted; haltsBefore++) {
      for (let resumesBefore = 0; resumesBefore < 9; resumesBefore++) {
        const memory = memoryOf(65536);
        const store = new SharedStore(memory, 0);
        const before = storer.storedCount;
        const order = { memory, name: "h /1", hash, length: 100, mark: 1 };
        storer.start({ ...order, haltsBefore });
        hasHalted = storer.storedCount === before;
        let isHalted = hasHalted;
        const resume = (): void => {
          if (isHalted) storer.goOnBeside();
          isHalted = false;
        };
        let steps = 0;
        const undo = onSteps(
          () => void (steps++ === resumesBefore && resume()),
          resume, // it halts with the lock
        );
        purgeNow(store, purge);
        undo();
        resume();
        if (hasHalted) storer.untilStored(before + 1);
        // Its first step is to note the epoch.
        const mayBeFound = haltsBefore === 0 && hasHalted;
        assert(
          mayBeFound || find(store, "/1") === undefined,
          `${purge.kind}: halted before ${haltsBefore}, resumed before ${resumesBefore}`,
        );
      }
    }
  }
});

Deno.test("what another worker has taken out is not brought back by a response that confirms it", () => {
  const [a, b] = pair();
  put(a, "/1", 1);
  const stored = find(b, "/1")!;
  assert(b.pin(stored));
  invalidate(a, "/1");
  b.freshened(stored);
  b.unpin(stored);
  assertEquals([find(a, "/1"), find(b, "/1")], [undefined, undefined]);
});

/** Has a store read so many others that it forgets what it has not used. */
function readOthers(store: SharedStore, from: SharedStore): void {
  for (let i = 0; i < 40; i++) {
    put(from, `/other/${i}`, 0);
    find(store, `/other/${i}`);
  }
}

Deno.test("what is confirmed is updated, and not forgotten while it is held", () => {
  const [a, b] = pair(65536);
  put(a, "/1", 1);
  const stored = find(b, "/1")!;
  assert(b.pin(stored));
  readOthers(b, a);
  assert(stored.isLinked);
  const { head } = stored;
  stored.freshen({ ...head, metadata: { ...head.metadata, etag: "new" } });
  b.freshened(stored);
  b.unpin(stored);
  for (const store of [a, b]) {
    assertEquals(find(store, "/1")?.head.metadata.etag, "new");
  }
});

Deno.test("what the origin no longer stands by goes, though the worker has forgotten that it knew it", () => {
  const [a, b] = pair(65536);
  put(a, "/1", 1);
  const stored = find(b, "/1")!;
  readOthers(b, a);
  b.remove(stored);
  assert(find(a, "/1") === undefined);
});

Deno.test("nobody joins what is on its way here when it has been taken out elsewhere", () => {
  const [a, b] = pair();
  const arriving = begin(a, "/1");
  assert(find(a, "/1") === arriving);
  invalidate(b, "/1");
  assert(find(a, "/1") === undefined);
});

Deno.test("a response that takes another's place is read once", () => {
  const [a, b] = pair();
  put(a, "/1", 1);
  find(b, "/1");
  put(a, "/1", 2);
  const stored = find(b, "/1");
  assertEquals(stored?.body[0], 2);
  assert(find(b, "/1") === stored);
  assertEquals(b.ledger.count, 1);
});

Deno.test("a variant is found again when the worker has forgotten it, but not the others", () => {
  const [a, b] = pair(65536);
  put(a, "/1", 1, { extraKey: "x" });
  put(a, "/1", 2, { extraKey: "y" });
  const entry = b.find(keyOf("/1"))!;
  assertEquals(entry.variants.length, 2);
  for (let i = 2; entry.variants.length === 2; i++) {
    entry.variants[0]!.visited = true;
    put(a, `/${i}`, 3);
    find(b, `/${i}`);
  }
  assertEquals(entry.variants.length, 1);
  entry.variants[0]!.visited = false; // it would be the next to go
  const found = b.find(keyOf("/1"))!.variants;
  assertEquals(found.map(({ body }) => body[0]), [2, 1]);
});

Deno.test("what is stored is found by every worker of many with little memory", () => {
  const memory = memoryOf(65536, 64);
  const [a, b] = [new SharedStore(memory, 0), new SharedStore(memory, 63)];
  put(a, "/1", 1);
  assertEquals([find(a, "/1")?.body[0], find(b, "/1")?.body[0]], [1, 1]);
});

Deno.test("a very large memory is addressed without overflow, and so is the largest object", () => {
  const limits = { bytesMax: 2 ** 36, objectBytesMax: 2 ** 36 };
  const memory = createSharedMemory(limits, 2, SEED);
  assert(memory.objectBytesMax < 2 ** 31);
  const log = new SharedLog(memory);
  const control = new Int32Array(memory.control);
  control[CONTROL.FreeSlot] = 1;
  // As it is when everything up to near the end has been written.
  const head = memory.log.byteLength / CELL_BYTES - 100;
  control[CONTROL.Head] = head;
  control[CONTROL.Tail] = 1;
  control[CONTROL.Used] = head - 1;
  const slot = log.allocate(300);
  const address = log.index.address(slot);
  assertEquals([slot, address], [1, head]);
  assertEquals(log.record(address).length, 300);
});

/** Of each of three threads. */
const ROUNDS = tries(10_000, 40_000);

Deno.test("three threads at once: once a purge has come to its end, nobody finds what it was meant for; and nothing else goes", async () => {
  const memory = memoryOf(10_000_000, 3);
  const versions = new SharedArrayBuffer(4 * PURGING_WORDS);
  const module = new URL("../../../support/purging_thread.ts", import.meta.url);
  const threads = [0, 1, 2].map((worker) => {
    const thread = new Worker(module, { type: "module" });
    const report = new Promise<PurgingReport>((resolve) => {
      thread.onmessage = ({ data }) => resolve(data);
    });
    thread.postMessage({ memory, versions, worker, rounds: ROUNDS });
    return { thread, report };
  });
  for (const { thread, report } of threads) {
    const { found, marked, ...wrong } = await report;
    thread.terminate();
    assertEquals(wrong, { outdated: 0, unmarked: 0, lost: 0 });
    assert(found > ROUNDS / 40 && marked > ROUNDS / 400);
  }
});

Deno.test("what finds no room among what is pinned does not drive out everything else", () => {
  const log = new SharedLog(memoryOf(4e6));
  const { index } = log;
  const put = (): number => {
    const slot = log.allocate(2000);
    index.link(slot, 1, index.address(slot));
    return slot;
  };
  const all = Array.from({ length: 1280 }, put);
  for (let i = 0; i < all.length; i += 20) index.pin(all[i]!, 0);
  assertEquals(index.of(1).length, 1280);
  assertEquals(log.allocate(60_000), 0);
  assert(index.of(1).length > 700);
  const slot = put(); // what is small has room
  assert(index.of(1).includes(slot));
});

Deno.test("what is small finds room where something very large has been", () => {
  const log = new SharedLog(memoryOf(4e6));
  for (const length of [600_000, ...new Array<number>(3000).fill(1500)]) {
    const slot = log.allocate(length);
    assert(slot !== 0);
    log.index.link(slot, 1, log.index.address(slot));
  }
});

Deno.test("of two workers that find at once that nobody fetches, one does", async () => {
  const [a, b] = pair();
  const { hash } = keyOf("/1");
  const alive = setInterval(() => {}, 1000); // waiting for memory keeps no process alive
  // Both have looked: nothing is stored, and nobody was under way.
  assertEquals(a.workerFetches.beginUnlessElsewhere(hash), undefined);
  const sharedFetch = b.workerFetches.beginUnlessElsewhere(hash)!;
  assert(a.workerFetches.isAwaited(hash));
  a.workerFetches.end(hash, undefined);
  await sharedFetch.wait();
  assertEquals(b.workerFetches.beginUnlessElsewhere(hash), undefined);
  clearInterval(alive);
});

Deno.test("what is confirmed again and again drives out nothing", () => {
  const [a, b] = pair(400_000);
  put(a, "/1", 1);
  put(a, "/2", 2, { length: 50_000 });
  for (let i = 0; i < 100; i++) {
    const stored = find(b, "/2")!;
    assert(b.pin(stored));
    const { head } = stored;
    const etag = "x".repeat(i % 40);
    stored.freshen({ ...head, metadata: { ...head.metadata, etag } });
    b.freshened(stored);
    b.unpin(stored);
    assert(find(b, "/2") === stored); // with what was made of it
    const known = find(a, "/2")!;
    assertEquals(known.head.metadata.etag, etag);
    assert(known.length === 50_000 && isFilledWith(known.body, 2));
  }
  assertEquals(find(a, "/1")?.body[0], 1);
});
