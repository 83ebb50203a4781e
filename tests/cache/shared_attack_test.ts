/** Attacks on the memory that workers share: orders of things that chance seldom brings about. */

import { assert } from "../support/assert.ts";
import { DIRECTION, onSteps, type Order } from "../support/stepping_thread.ts";
import { putUnder } from "../support/stored.ts";
import { CacheKey } from "../../lib/cache/cache_key.ts";
import {
  createSharedMemory,
  type SharedMemory,
} from "../../lib/cache/shared_memory.ts";
import type { StoredResponse } from "../../lib/cache/stored_response.ts";
import { initialise, WorkerStore } from "../../lib/cache/worker_store.ts";
import { octetsOf } from "../../lib/http/octets.ts";

const SEED = 5;

function memoryOf(bytesMax: number, workerCount = 2): SharedMemory {
  const limits = { bytesMax, objectBytesMax: bytesMax };
  const memory = createSharedMemory(limits, workerCount, SEED);
  initialise(memory);
  return memory;
}

function keyOf(path: string): CacheKey {
  const key = new CacheKey("keep", SEED);
  const octets = octetsOf(`h${path}`);
  key.make(octets, 0, 1, octets, 1, octets.length);
  return key;
}

function put(
  store: WorkerStore,
  path: string,
  mark: number,
  length = 100,
): StoredResponse {
  const key = keyOf(path);
  const octets = key.octets.view().slice();
  return putUnder(store, octets, key.hash, { length, mark, tags: [] })!;
}

/** The youngest that a store finds for a path. */
function find(store: WorkerStore, path: string): StoredResponse | undefined {
  return store.find(keyOf(path))?.variants[0];
}

/** A thread that stores, directed step by step from here. */
class Stepping implements Disposable {
  readonly #thread = new Worker(
    new URL("../support/stepping_thread.ts", import.meta.url),
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
      const store = new WorkerStore(memory, 0);
      put(store, "/1", 1, length);
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
        !isThere || stored.body.every((octet) => octet === 1),
        `halted before step ${haltsBefore}, resumed before ${resumesBefore}`,
      );
    }
  }
});
