/**
 * The stored bytes of all workers: a log that goes round in shared memory.
 *
 * Records are written one behind the other; where the log meets its own oldest
 * record, that one goes. One that was used since it was last met is copied to the
 * front instead, which for a log is what SIEVE and CLOCK do in a list. Records of
 * any size leave no gaps but at the end of the memory, so that the bound is the
 * memory itself. What is pinned stays where it is, and the log goes on behind it.
 *
 * All of it happens under the lock of `control`, except reading a pinned record.
 * (After Segcache, NSDI 2021, and the cyclone of Traffic Server; instead of
 * segments the unit is the record, because contents may be as large as segments.)
 */

import { SharedIndex } from "./shared_index.ts";
import {
  CELL_BYTES,
  CONTROL,
  EVICTED_BYTE,
  type SharedMemory,
} from "./shared_memory.ts";

/** The words before the bytes of a record. */
const RECORD = { Cells: 0, Slot: 1, Length: 2 } as const;
const HEADER_BYTES = 16;
const WORDS_PER_CELL = CELL_BYTES / Int32Array.BYTES_PER_ELEMENT;
/** The first cell is never used: address 0 means none. */
const FIRST = 1;
/** Cells that may be copied to the front to make room for one record … */
const COPIED_CELLS_MIN = 64 * 1024 / CELL_BYTES;
/** … or this times its own size; then what comes next goes even if it was used. */
const COPIED_FACTOR = 2;

/** Cells that are passed in search of room: so many, and this times what is looked for … */
const PASSED_CELLS_MIN = 2 * COPIED_CELLS_MIN;
const PASSED_FACTOR = 8;
/** … but no more than what empties the log: two rounds do, if nothing is pinned. */
const PASSED_ROUNDS = 3;

/** See the module's comment. */
export class SharedLog {
  readonly index: SharedIndex;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly #words: Int32Array;
  readonly #control: Int32Array;
  readonly #evicted: Float64Array;
  readonly #end: number;

  constructor(memory: SharedMemory) {
    this.index = new SharedIndex(memory);
    this.bytes = new Uint8Array(memory.log);
    this.#words = new Int32Array(memory.log);
    this.#control = new Int32Array(memory.control);
    this.#evicted = new Float64Array(memory.control, EVICTED_BYTE, 1);
    this.#end = memory.log.byteLength / CELL_BYTES;
  }

  /** Prepares the memory; once, before there are others. */
  initialise(): void {
    this.index.initialise();
    this.#control[CONTROL.Head] = this.#control[CONTROL.Tail] = FIRST;
  }

  /** The bytes of the record at an address. */
  record(address: number): Uint8Array<SharedArrayBuffer> {
    const start = this.start(address);
    const length = this.#words[address * WORDS_PER_CELL + RECORD.Length]!;
    return this.bytes.subarray(start, start + length);
  }

  /** Where in `bytes` they begin. */
  start(address: number): number {
    return address * CELL_BYTES + HEADER_BYTES;
  }

  /**
   * Makes room for a record that nobody can find yet.
   *
   * @param length Bytes.
   * @returns Its slot, whose address is set; 0 if there is no room because too much is pinned.
   */
  allocate(length: number): number {
    const cells = Math.ceil((HEADER_BYTES + length) / CELL_BYTES);
    const slot = this.#makeRoom(cells) ? this.#takeSlot() : 0;
    if (slot === 0 || !this.#makeRoom(cells)) {
      if (slot !== 0) this.index.free(slot);
      return 0;
    }
    const address = this.#control[CONTROL.Head]!;
    this.#writeHeader(address, cells, slot, length);
    this.#advanceHead(cells);
    this.index.setAddress(slot, address);
    return slot;
  }

  /** Every record has a slot: when they run out, the oldest unused records go before there is need of their room. */
  #takeSlot(): number {
    const control = this.#control;
    let copiable = COPIED_CELLS_MIN;
    let slot = this.index.take();
    for (let i = 0; slot === 0 && i < this.#end; i++) {
      if (control[CONTROL.Used] === 0) return 0;
      const head = control[CONTROL.Head]!;
      const isBehind = head > control[CONTROL.Tail]!;
      const room = isBehind ? this.#end - head : copiable; // in one piece
      copiable -= this.#passTail(Math.min(copiable, room)).copied;
      slot = this.index.take();
    }
    return slot;
  }

  #writeHeader(
    address: number,
    cells: number,
    slot: number,
    length: number,
  ): void {
    const at = address * WORDS_PER_CELL;
    this.#words[at + RECORD.Cells] = cells;
    this.#words[at + RECORD.Slot] = slot;
    if (slot !== 0) this.#words[at + RECORD.Length] = length;
  }

  /** Makes the `cells` at the head free. */
  #makeRoom(cells: number): boolean {
    const control = this.#control;
    if (cells > this.#end - FIRST) return false;
    let copiable = Math.max(COPIED_CELLS_MIN, cells * COPIED_FACTOR);
    // Each step passes a record at least. If so many go and there is no room, it is
    // because of what is pinned among them: the rest would go in vain, too.
    let patience = Math.min(
      PASSED_ROUNDS * (this.#end - FIRST),
      PASSED_CELLS_MIN + cells * PASSED_FACTOR,
    );
    for (;;) {
      if (control[CONTROL.Used] === 0) {
        control[CONTROL.Head] = control[CONTROL.Tail] = FIRST;
        return true;
      }
      const head = control[CONTROL.Head]!;
      const tail = control[CONTROL.Tail]!;
      const isBehind = head > tail;
      const free = (isBehind ? this.#end : tail) - head;
      if (cells <= free) return true;
      if (patience <= 0) return false;
      if (isBehind) {
        this.#leaveGap(free);
        patience -= free;
      } else {
        const { passed, copied } = this.#passTail(copiable);
        patience -= passed;
        copiable -= copied;
      }
    }
  }

  /** Fills the cells at the head with nothing. */
  #leaveGap(cells: number): void {
    if (cells === 0) return;
    this.#writeHeader(this.#control[CONTROL.Head]!, cells, 0, 0);
    this.#advanceHead(cells);
  }

  #advanceHead(cells: number): void {
    const control = this.#control;
    const head = control[CONTROL.Head]! + cells;
    control[CONTROL.Head] = head === this.#end ? FIRST : head;
    control[CONTROL.Used]! += cells;
  }

  #advanceTail(cells: number): void {
    const control = this.#control;
    const tail = control[CONTROL.Tail]! + cells;
    control[CONTROL.Tail] = tail === this.#end ? FIRST : tail;
    control[CONTROL.Used]! -= cells;
  }

  /** Deals with the oldest record: it goes, or comes to the front, or is left where it is. */
  #passTail(copiable: number): { passed: number; copied: number } {
    const { index } = this;
    const tail = this.#control[CONTROL.Tail]!;
    const passed = this.#words[tail * WORDS_PER_CELL + RECORD.Cells]!;
    const slot = this.#words[tail * WORDS_PER_CELL + RECORD.Slot]!;
    if (slot === 0) {
      this.#advanceTail(passed);
      return { passed, copied: 0 };
    }
    const isKept = index.serial(slot) !== 0 && index.takeVisit(slot) &&
      passed <= copiable;
    index.setAddress(slot, 0); // from here on, who pins it sees that it has come too late
    if (index.isPinned(slot)) {
      index.setAddress(slot, tail);
      this.#goBehind(tail, passed);
      return { passed, copied: 0 };
    }
    if (isKept) {
      this.#copyToFront(tail, passed, slot);
      return { passed, copied: passed };
    }
    if (index.serial(slot) !== 0) {
      index.unlink(slot);
      this.#evicted[0]! += 1;
    }
    index.free(slot);
    this.#advanceTail(passed);
    return { passed, copied: 0 };
  }

  /** The log goes on behind the oldest record, which thereby becomes the youngest. */
  #goBehind(tail: number, cells: number): void {
    const head = this.#control[CONTROL.Head]!;
    // A gap that goes round the end is left in two pieces.
    if (head > tail) this.#leaveGap(this.#end - head);
    this.#leaveGap(tail - this.#control[CONTROL.Head]!);
    this.#advanceTail(cells);
    this.#advanceHead(cells);
  }

  #copyToFront(tail: number, cells: number, slot: number): void {
    const head = this.#control[CONTROL.Head]!;
    this.bytes.copyWithin(
      head * CELL_BYTES,
      tail * CELL_BYTES,
      (tail + cells) * CELL_BYTES,
    );
    this.#advanceTail(cells);
    this.#advanceHead(cells);
    this.index.setAddress(slot, head);
    this.index.touch(this.index.hash(slot));
  }
}
