/** The log against a plain map: what can be found is whole, what is pinned stays. */

import { assert, assertEquals } from "../../../support/assert.ts";
import { random } from "../../../support/random.ts";
import { isFilledWith } from "../../../support/stored.ts";
import { SharedLog } from "../../../../lib/cache/store/shared/shared_log.ts";
import {
  createSharedMemory,
  type SharedMemory,
} from "../../../../lib/cache/store/shared/shared_memory.ts";
import { tries } from "../../../support/tries.ts";

/** Of the model, at random. */
const STEPS = tries(5000, 20_000);

const WORKERS = 2;

function memoryOf(bytesMax: number): SharedMemory {
  const limits = { bytesMax, objectBytesMax: bytesMax };
  return createSharedMemory(limits, WORKERS, 1);
}

/** An entry as the test knows it. */
interface Known {
  readonly slot: number;
  readonly serial: number;
  readonly length: number;
  readonly mark: number;
  pins: number;
  isLinked: boolean;
}

/** Does random things to a log; after each, everything that it knows of must be there. */
class RingModel {
  readonly log: SharedLog;
  readonly known = new Set<Known>();
  allocations = 0;
  refusals = 0;
  readonly #next: () => number;
  readonly #lengthMax: number;

  constructor(memory: SharedMemory, lengthMax: number, next: () => number) {
    this.log = new SharedLog(memory);
    this.log.initialise();
    this.#lengthMax = lengthMax;
    this.#next = next;
  }

  pick(count: number): number {
    return Math.floor(this.#next() * count);
  }

  step(): void {
    const action = this.pick(10);
    if (action < 5) this.allocate();
    else if (action < 6) this.unlink(this.#some());
    else if (action < 7) this.pin(this.#some());
    else if (action < 9) this.unpin();
    else this.visit(this.#some());
    this.check();
  }

  #some(): Known | undefined {
    const linked = [...this.known].filter(({ isLinked }) => isLinked);
    return linked[this.pick(linked.length)];
  }

  allocate(): void {
    const length = this.pick(this.#lengthMax);
    const mark = this.pick(256);
    const hash = this.pick(20);
    const { index } = this.log;
    const slot = this.log.allocate(length);
    this.allocations++;
    if (slot === 0) {
      this.refusals++;
      assert([...this.known].some(({ pins }) => pins > 0), "no room, no pins");
      return;
    }
    const address = index.address(slot);
    this.log.record(address).fill(mark);
    const serial = index.link(slot, hash, address);
    this.known.add({ slot, serial, length, mark, pins: 0, isLinked: true });
  }

  unlink(entry: Known | undefined): void {
    if (entry === undefined) return;
    this.log.index.unlink(entry.slot);
    entry.isLinked = false;
  }

  pin(entry: Known | undefined): void {
    if (entry === undefined || entry.pins > 2) return;
    this.log.index.pin(entry.slot, entry.pins % WORKERS);
    entry.pins++;
  }

  unpin(): void {
    const pinned = [...this.known].find(({ pins }) => pins > 0);
    if (pinned === undefined) return;
    pinned.pins--;
    this.log.index.unpin(pinned.slot, pinned.pins % WORKERS);
  }

  visit(entry: Known | undefined): void {
    if (entry !== undefined) this.log.index.noteVisit(entry.slot);
  }

  check(): void {
    const { index } = this.log;
    for (const entry of this.known) {
      const isThere = index.serial(entry.slot) === entry.serial;
      if (entry.isLinked && !isThere) {
        assertEquals(entry.pins, 0, "evicted while pinned");
        entry.isLinked = false;
      }
      if (!entry.isLinked && entry.pins === 0) {
        this.known.delete(entry);
        continue;
      }
      const bytes = this.log.record(index.address(entry.slot));
      assertEquals(bytes.length, entry.length);
      assert(isFilledWith(bytes, entry.mark), "overwritten");
    }
  }
}

for (const [bytesMax, lengthMax] of [[4096, 300], [60_000, 9000]] as const) {
  Deno.test(`a log of ${bytesMax} bytes keeps what it says it keeps, in ${STEPS} random steps`, () => {
    const model = new RingModel(memoryOf(bytesMax), lengthMax, random(7));
    for (let i = 0; i < STEPS; i++) model.step();
    assert(model.refusals < model.allocations / 100);
    while (model.known.size > 0) {
      model.unpin();
      model.allocate();
      model.check(); // what had to make room is not taken out twice
      for (const entry of model.known) {
        if (entry.pins === 0 && entry.isLinked) model.unlink(entry);
      }
      model.check();
    }
    // Nothing has leaked: an entry that takes nearly everything has room.
    assert(model.log.allocate(Math.floor(bytesMax * 0.65) - 100) !== 0);
  });
}

Deno.test("what was used stays, what was not goes first", () => {
  const log = new SharedLog(memoryOf(100_000));
  log.initialise();
  const put = (hash: number): number => {
    const slot = log.allocate(1000);
    log.index.link(slot, hash, log.index.address(slot));
    return slot;
  };
  const used = put(1);
  const serial = log.index.serial(used);
  for (let i = 0; i < 1000; i++) {
    log.index.noteVisit(used);
    put(2);
  }
  assertEquals(log.index.serial(used), serial);
  assertEquals(log.index.of(1), [used]);
  for (let i = 0; i < 200; i++) put(2);
  assertEquals(log.index.of(1), []);
});

Deno.test("an entry that cannot be there is refused at once", () => {
  const log = new SharedLog(memoryOf(100_000));
  log.initialise();
  assertEquals(log.allocate(65_001), 0);
});
