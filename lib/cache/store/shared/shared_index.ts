/**
 * What there is in the log, found by hash: one slot for each record, in chains by
 * bucket.
 *
 * Slots never move, so that a thread can pin one without the lock: at worst it pins
 * for a moment what has taken the place of the one it meant, and sees that by the
 * serial. Everything else that changes slots or buckets happens under the lock;
 * each change of a bucket counts up its version, so that others see with one look
 * whether what they know of it still holds.
 *
 * A hit reads a slot, and writes nothing that another worker reads: each has its pins
 * in memory of its own, so that what many ask for stays in the caches of all cores.
 */

import {
  BUCKET_WORDS,
  CONTROL,
  type SharedMemory,
  SLOT_WORDS,
} from "./shared_memory.ts";

/** Words of a slot, by number. */
const SLOT = {
  /** The cell of the record; 0 while it moves, and if the slot is free. */
  Address: 0,
  /** The next slot of the bucket, or the next free one. */
  Next: 1,
  Hash: 2,
  /** What tells a record from one that was in the slot before; 0 if it cannot be found any more. */
  Serial: 3,
  /** Whether it was used since eviction last looked at it. */
  Visited: 4,
  /** Whether a soft purge has named the record. */
  Marked: 5,
} as const;

/** Words of a bucket, by number. */
const BUCKET = { First: 0, Version: 1 } as const;

/** See the module's comment. */
export class SharedIndex {
  readonly #control: Int32Array;
  readonly #buckets: Int32Array;
  readonly #slots: Int32Array;
  /** By worker, then by slot. */
  readonly #pins: Int32Array;
  readonly #slotCount: number;
  readonly #mask: number;
  readonly #workerCount: number;

  constructor(memory: SharedMemory) {
    this.#control = new Int32Array(memory.control);
    this.#buckets = new Int32Array(memory.buckets);
    this.#slots = new Int32Array(memory.slots);
    this.#pins = new Int32Array(memory.pins);
    this.#workerCount = memory.workerCount;
    this.#slotCount = this.#slots.length / SLOT_WORDS;
    this.#mask = this.#buckets.length / BUCKET_WORDS - 1;
  }

  /** Puts all slots on the list of free ones; once, before there are others. */
  initialise(): void {
    for (let slot = this.#slotCount - 1; slot > 0; slot--) this.#free(slot);
  }

  #bucket(hash: number, word: number): number {
    return (hash & this.#mask) * BUCKET_WORDS + word;
  }

  /** Counts the changes of what is known under this hash. */
  version(hash: number): number {
    return Atomics.load(this.#buckets, this.#bucket(hash, BUCKET.Version));
  }

  /** Tells others that they must look again. */
  touch(hash: number): void {
    Atomics.add(this.#buckets, this.#bucket(hash, BUCKET.Version), 1);
  }

  /** Whether anything is known in the bucket of this hash. */
  hasAny(hash: number): boolean {
    return Atomics.load(this.#buckets, this.#bucket(hash, BUCKET.First)) !== 0;
  }

  /** The slots of a hash, the youngest first. */
  of(hash: number): number[] {
    const found: number[] = [];
    let slot = this.#buckets[this.#bucket(hash, BUCKET.First)]!;
    while (slot !== 0) {
      if (this.#word(slot, SLOT.Hash) === hash) found.push(slot);
      slot = this.#word(slot, SLOT.Next);
    }
    return found;
  }

  /** Slots are numbered from 1, up to below this. */
  get slotsEnd(): number {
    return this.#slotCount;
  }

  /** Marks a record stale, and tells others. */
  mark(slot: number): void {
    this.#set(slot, SLOT.Marked, 1);
    this.touch(this.hash(slot));
  }

  /** Whether a record is marked stale. */
  isMarked(slot: number): boolean {
    return this.#word(slot, SLOT.Marked) !== 0;
  }

  /** A free slot; 0 if there is none. */
  take(): number {
    const slot = this.#control[CONTROL.FreeSlot]!;
    if (slot !== 0) {
      this.#control[CONTROL.FreeSlot] = this.#word(slot, SLOT.Next);
    }
    return slot;
  }

  /** Makes a record findable; gives its serial. */
  link(slot: number, hash: number, address: number): number {
    const { Serial } = CONTROL;
    const serial = this.#control[Serial]! % 0x7fffffff + 1;
    this.#control[Serial] = serial;
    const first = this.#bucket(hash, BUCKET.First);
    this.#set(slot, SLOT.Hash, hash);
    this.#set(slot, SLOT.Visited, 0);
    this.#set(slot, SLOT.Marked, 0);
    this.#set(slot, SLOT.Next, this.#buckets[first]!);
    this.setAddress(slot, address);
    Atomics.store(this.#slots, this.#at(slot, SLOT.Serial), serial);
    Atomics.store(this.#buckets, first, slot);
    this.#control[CONTROL.Linked]! += 1;
    this.touch(hash);
    return serial;
  }

  /** Makes a record unfindable; those who have pinned it may read on. */
  unlink(slot: number): void {
    const hash = this.#word(slot, SLOT.Hash);
    const first = this.#bucket(hash, BUCKET.First);
    const next = this.#word(slot, SLOT.Next);
    let before = this.#buckets[first]!;
    if (before === slot) this.#buckets[first] = next;
    else {
      while (this.#word(before, SLOT.Next) !== slot) {
        before = this.#word(before, SLOT.Next);
        // Better an error than a walk in circles while all workers wait for the lock.
        if (before === 0) throw new RangeError("Cannot unlink a slot twice");
      }
      this.#set(before, SLOT.Next, next);
    }
    Atomics.store(this.#slots, this.#at(slot, SLOT.Serial), 0);
    this.#control[CONTROL.Linked]! -= 1;
    this.touch(hash);
  }

  /** Takes back the slot of a record that is unlinked, whose place is to be used again. */
  free(slot: number): void {
    this.setAddress(slot, 0);
    this.#free(slot);
  }

  #free(slot: number): void {
    this.#set(slot, SLOT.Next, this.#control[CONTROL.FreeSlot]!);
    this.#control[CONTROL.FreeSlot] = slot;
  }

  serial(slot: number): number {
    return Atomics.load(this.#slots, this.#at(slot, SLOT.Serial));
  }

  hash(slot: number): number {
    return this.#word(slot, SLOT.Hash);
  }

  address(slot: number): number {
    return Atomics.load(this.#slots, this.#at(slot, SLOT.Address));
  }

  setAddress(slot: number, address: number): void {
    Atomics.store(this.#slots, this.#at(slot, SLOT.Address), address);
  }

  /** Whether it was used since the last such question. */
  takeVisit(slot: number): boolean {
    const wasVisited = this.#word(slot, SLOT.Visited) !== 0;
    this.#set(slot, SLOT.Visited, 0);
    return wasVisited;
  }

  /** Notes that it was used: most are, and what is written is no longer in other cores' caches. */
  noteVisit(slot: number): void {
    if (this.#word(slot, SLOT.Visited) === 0) this.#set(slot, SLOT.Visited, 1);
  }

  /** Pins for a worker: the record keeps its place. Needs no lock, so look afterwards whether it is still there. */
  pin(slot: number, worker: number): void {
    Atomics.add(this.#pins, this.#pinOf(slot, worker), 1);
  }

  unpin(slot: number, worker: number): void {
    Atomics.sub(this.#pins, this.#pinOf(slot, worker), 1);
  }

  isPinned(slot: number): boolean {
    for (let worker = 0; worker < this.#workerCount; worker++) {
      const at = this.#pinOf(slot, worker);
      if (Atomics.load(this.#pins, at) !== 0) return true;
    }
    return false;
  }

  /** Forgets the pins of a worker that has died. */
  forgetWorker(worker: number): void {
    for (let slot = 1; slot < this.#slotCount; slot++) {
      Atomics.store(this.#pins, this.#pinOf(slot, worker), 0);
    }
  }

  #pinOf(slot: number, worker: number): number {
    return worker * this.#slotCount + slot;
  }

  #at(slot: number, word: number): number {
    return slot * SLOT_WORDS + word;
  }

  #word(slot: number, word: number): number {
    return this.#slots[this.#at(slot, word)]!;
  }

  #set(slot: number, word: number, value: number): void {
    this.#slots[this.#at(slot, word)] = value;
  }
}
