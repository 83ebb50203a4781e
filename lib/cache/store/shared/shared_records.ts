/**
 * The stored responses in the memory that workers share: found, published and taken
 * out under one lock; pinned without it.
 */

import { equalsBytes } from "../../../http/bytes.ts";
import { VARIANTS_MAX } from "../cache_entry.ts";
import {
  hasKeyPrefix,
  hasTag,
  localCopyOf,
  readRecord,
  recordLength,
  recordOf,
  type StoredRecord,
  tagBytes,
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

/** By what the stored responses of a key are known. */
export type KnownKey = Pick<StoredEntry, "key" | "hash">;

/** See the module's comment. */
export class SharedRecords {
  readonly #lock: Lock;
  readonly #log: SharedLog;
  readonly #index: SharedIndex;
  readonly #worker: number;

  /** @param worker Which of the workers this is, from 0: it is who pins. */
  constructor(memory: SharedMemory, worker: number) {
    this.#lock = new Lock(new Int32Array(memory.control), CONTROL.Lock);
    this.#log = new SharedLog(memory);
    this.#index = this.#log.index;
    this.#worker = worker;
  }

  /** Changes whenever what is stored under this hash does. */
  version(hash: number): number {
    return this.#index.version(hash);
  }

  /** Counts what has been taken out on demand under this hash. */
  epoch(hash: number): number {
    return this.#index.purges(hash);
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
        return isSame ? copy! : this.#copyOf(entry, slot);
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
   * @returns Whether it was there, and still is what its local copy says.
   */
  publish(stored: StoredResponse): boolean {
    const { entry } = stored;
    const record = recordOf(stored);
    return this.#lock.with(() => {
      if (this.#isOutdated(stored)) return false;
      if (this.#updated(stored, record)) return true;
      const slot = this.#log.allocate(recordLength(record));
      const others = this.#slotsOf(entry);
      for (const [index, other] of others.entries()) {
        const isReplaced = equalsBytes(
          this.#record(other).variant,
          record.variant,
        );
        if (isReplaced || index >= VARIANTS_MAX - 1) this.#index.unlink(other);
      }
      if (slot === 0) return false; // everything is pinned: it was served, and is not kept
      const address = this.#index.address(slot);
      writeRecord(this.#log.record(address), record);
      this.#index.link(slot, entry.hash, address);
      return false;
    });
  }

  /** Whether it was taken out, or replaced, since it was asked for or read; under the lock. */
  #isOutdated({ location, epoch, entry }: StoredResponse): boolean {
    return location === undefined
      ? epoch !== this.epoch(entry.hash)
      : this.#index.serial(location.slot) !== location.serial;
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

  /** Takes out everything of a key, for all workers; tells how many responses that were. */
  forget(known: KnownKey): number {
    return this.#lock.with(() => {
      const slots = this.#slotsOf(known);
      for (const slot of slots) this.#index.unlink(slot);
      this.#index.notePurge(known.hash);
      this.#index.touch(known.hash);
      return slots.length;
    });
  }

  /** Takes out everything whose key begins with `prefix`; tells how many responses that were. */
  purgePrefix(prefix: Uint8Array): number {
    const { bytes } = this.#log;
    return this.#purge((start) => hasKeyPrefix(bytes, start, prefix));
  }

  /** Takes out everything that carries a tag; tells how many responses that were. */
  purgeTag(tag: string): number {
    const { bytes } = this.#log;
    const wanted = tagBytes(tag);
    return this.#purge((start) => hasTag(bytes, start, wanted));
  }

  /** @param isMeant Tells by where in the log the bytes of a record begin. */
  #purge(isMeant: (start: number) => boolean): number {
    return this.#lock.with(() => {
      let count = 0;
      this.#index.notePurge();
      for (const slot of this.#index.linked()) {
        const address = this.#index.address(slot);
        if (!isMeant(this.#log.start(address))) continue;
        this.#index.unlink(slot);
        count++;
      }
      return count;
    });
  }
}
