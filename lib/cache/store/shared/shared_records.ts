/**
 * The stored responses in the memory that workers share: found, published and taken
 * out under one lock; pinned without it.
 */

import { equalsBytes } from "../../../http/bytes.ts";
import { VARIANTS_MAX } from "../cache_entry.ts";
import type { Purge } from "../purge.ts";
import { type Nameable, PurgeEpochs } from "../purge_epochs.ts";
import { type RecordTest, recordTest } from "../named_records.ts";
import { PURGE_STEP, PURGED_WORK } from "../store.ts";
import {
  localCopyOf,
  readRecord,
  recordLength,
  recordOf,
  type StoredRecord,
  updateRecord,
  writeRecord,
} from "../stored_record.ts";
import type {
  Location,
  StoredEntry,
  StoredResponse,
} from "../stored_response.ts";
import { Lock } from "./lock.ts";
import type { SharedIndex } from "./shared_index.ts";
import { SharedLog } from "./shared_log.ts";
import { CONTROL, type SharedMemory } from "./shared_memory.ts";

/** Work of looking at a slot without a record, in the units of `PURGE_STEP`. */
const EMPTY_SLOT_WORK = 1 / 16;

/** By what the stored responses of a key are known. */
export type KnownKey = Pick<StoredEntry, "key" | "hash">;

/** See the module's comment. */
export class SharedRecords {
  readonly #lock: Lock;
  readonly #log: SharedLog;
  readonly #index: SharedIndex;
  readonly #worker: number;
  readonly #epochs: PurgeEpochs;
  /** By worker: how many purges it is carrying out. */
  readonly #purging: Int32Array;
  /** As {@linkcode Store.run}. */
  readonly #run: number;

  /** @param worker Which of the workers this is, from 0: it is who pins. */
  constructor(memory: SharedMemory, worker: number) {
    this.#lock = new Lock(new Int32Array(memory.control), CONTROL.Lock);
    this.#log = new SharedLog(memory);
    this.#index = this.#log.index;
    this.#worker = worker;
    this.#epochs = new PurgeEpochs(memory.purgeEpochs);
    this.#purging = new Int32Array(memory.purging);
    this.#run = memory.seed;
  }

  /** Changes whenever what is stored under this hash does. */
  version(hash: number): number {
    return this.#index.version(hash);
  }

  /** As {@linkcode Store.epoch}. */
  get epoch(): number {
    return this.#epochs.now;
  }

  /** As {@linkcode Store.isOutdated}. */
  isOutdated(epoch: number, asked: Nameable): boolean {
    return this.#epochs.hasNamed(epoch, asked);
  }

  /** As {@linkcode Store.lastPurgeOf}. */
  lastPurgeOf(asked: Nameable): number {
    return this.#epochs.lastNaming(asked);
  }

  /** Whether anything may be stored under this hash. */
  hasAny(hash: number): boolean {
    return this.#index.hasAny(hash);
  }

  /**
   * All that is stored of an entry, the youngest first; notes its version there.
   *
   * @param known By serial: the local copies that the entry has. They are returned
   *   where they still hold.
   */
  read(
    entry: StoredEntry,
    known: ReadonlyMap<number, StoredResponse>,
  ): StoredResponse[] {
    return this.#lock.with(() => {
      entry.version = this.#index.version(entry.hash);
      return this.#slotsOf(entry).map((slot) => {
        const copy = known.get(this.#index.serial(slot));
        const isSame = copy?.location?.address === this.#index.address(slot);
        const found = isSame ? copy! : this.#copyOf(entry, slot);
        found.isMarkedStale = this.#index.isMarked(slot);
        return found;
      });
    });
  }

  /** The slots of what is stored of a key, the youngest first; under the lock. */
  #slotsOf({ key, hash }: KnownKey): number[] {
    return this.#index.of(hash).filter((slot) =>
      equalsBytes(this.#record(slot).key, key)
    );
  }

  #record(slot: number): ReturnType<typeof readRecord<SharedArrayBuffer>> {
    return readRecord(this.#log.record(this.#index.address(slot)));
  }

  #copyOf(entry: StoredEntry, slot: number): StoredResponse {
    return localCopyOf(entry, this.#record(slot), {
      slot,
      serial: this.#index.serial(slot),
      address: this.#index.address(slot),
    });
  }

  /**
   * Pins for this worker: the record keeps its place. It takes no lock.
   *
   * @returns Whether it is still there; if not, nothing is pinned.
   */
  pin(location: Location): boolean {
    const { slot } = location;
    this.#index.pin(slot, this.#worker);
    if (!this.#isThere(location)) {
      this.#index.unpin(slot, this.#worker);
      return false;
    }
    this.#index.noteVisit(slot);
    return true;
  }

  /**
   * Whether a slot that has just been pinned holds what was meant. The address comes
   * first: once it is what it was, nobody can have evicted the record since the pin, or
   * else the serial, which goes before the place is given to another, has changed.
   */
  #isThere({ slot, serial, address }: Location): boolean {
    return this.#index.address(slot) === address &&
      this.#index.serial(slot) === serial;
  }

  /** Ends what `pin` began. */
  unpin({ slot }: Location): void {
    this.#index.unpin(slot, this.#worker);
  }

  /**
   * Copies a whole response into the log, in place of those that it replaces.
   *
   * @param epoch That at which the origin was asked for what is new of it.
   * @returns Whether it was there, and still is what its local copy says.
   */
  publish(stored: StoredResponse, epoch: number): boolean {
    const { entry } = stored;
    const record = recordOf(stored, this.#run);
    return this.#lock.with(() => {
      if (this.#isOutdated(stored, epoch)) return false;
      if (this.#updated(stored, record)) return true;
      const slot = this.#mayMove(stored)
        ? this.#log.allocate(recordLength(record))
        : 0;
      const others = this.#slotsOf(entry);
      // First of all: who looks without the lock must not find nothing meanwhile.
      if (slot !== 0) this.#link(slot, entry.hash, record);
      for (const [index, other] of others.entries()) {
        const isReplaced = equalsBytes(
          this.#record(other).variant,
          record.variant,
        );
        if (isReplaced || index >= VARIANTS_MAX - 1) this.#index.unlink(other);
      }
      return false; // without a slot, everything is pinned: it was served, and is not kept
    });
  }

  #link(slot: number, hash: number, record: StoredRecord): void {
    const address = this.#index.address(slot);
    writeRecord(this.#log.record(address), record);
    this.#index.link(slot, hash, address);
  }

  /** Whether it was purged, taken out or replaced since it was asked for or read; under the lock. */
  #isOutdated(stored: StoredResponse, epoch: number): boolean {
    const { location } = stored;
    return this.isOutdated(epoch, stored) ||
      (location !== undefined &&
        this.#index.serial(location.slot) !== location.serial);
  }

  /**
   * Whether a record may take another slot: not while a purge goes through them, which
   * could miss it. That is seldom, and costs no more than a response.
   */
  #mayMove({ location }: StoredResponse): boolean {
    if (location === undefined) return true; // it is new
    return this.#purging.every((_, worker) =>
      Atomics.load(this.#purging, worker) === 0
    );
  }

  /**
   * Updates what is in the log with a new head, if it has room there: to write the
   * content anew would drive out others with each confirmation. It gets another
   * serial, so that other workers read it again, and is the youngest; under the lock.
   */
  #updated(stored: StoredResponse, record: StoredRecord): boolean {
    const { location, entry } = stored;
    if (location === undefined) return false;
    const { slot } = location;
    const address = this.#index.address(slot);
    if (!updateRecord(this.#log.record(address), record)) return false;
    this.#index.unlink(slot);
    const serial = this.#index.link(slot, entry.hash, address);
    this.#index.noteVisit(slot);
    stored.location = { slot, serial, address };
    return true;
  }

  /** Takes out the record at a location, if it is still there. */
  remove({ slot, serial }: Location): void {
    this.#lock.with(() => {
      if (this.#index.serial(slot) === serial) this.#index.unlink(slot);
    });
  }

  /** As {@linkcode PurgeEpochs.note}. */
  note(purge: Purge): number {
    return this.#epochs.note(purge);
  }

  /** Takes out everything of a key, for all workers; tells how many responses that were. */
  forget(known: KnownKey): number {
    return this.#lock.with(() => {
      const slots = this.#slotsOf(known);
      for (const slot of slots) this.#index.unlink(slot);
      this.#index.touch(known.hash);
      return slots.length;
    });
  }

  /** As {@linkcode Store.purge}; what it begins with has been noted. */
  *purge(purge: Purge): Generator<void, number> {
    if (purge.kind === "key") return this.#purgeKey(purge);
    const test = recordTest(purge, this.#log.bytes);
    const isSoft = purge.isSoft ?? false;
    let count = 0;
    Atomics.add(this.#purging, this.#worker, 1);
    for (let slot = 1; slot < this.#index.slotsEnd;) {
      const step = this.#lock.with(() => this.#purgeStep(slot, test, isSoft));
      slot = step.end;
      count += step.count;
      yield;
    }
    Atomics.sub(this.#purging, this.#worker, 1);
    return count;
  }

  #purgeKey(known: KnownKey & { readonly isSoft?: boolean }): number {
    if (!known.isSoft) return this.forget(known);
    return this.#lock.with(() => {
      const slots = this.#slotsOf(known);
      for (const slot of slots) this.#index.mark(slot);
      return slots.length;
    });
  }

  /** Some of the slots from one on; under the lock. */
  #purgeStep(
    slot: number,
    test: RecordTest,
    isSoft: boolean,
  ): { end: number; count: number } {
    const { slotsEnd } = this.#index;
    let count = 0;
    let work = 0;
    let end = slot;
    for (; end < slotsEnd && work < PURGE_STEP; end++) {
      work += EMPTY_SLOT_WORK;
      if (this.#index.serial(end) === 0) continue;
      const start = this.#log.start(this.#index.address(end));
      work += 1 + test.workOf(start);
      if (!test.isNamed(start)) continue;
      if (isSoft) this.#index.mark(end);
      else this.#index.unlink(end);
      count++;
      work += PURGED_WORK;
    }
    return { end, count };
  }
}
