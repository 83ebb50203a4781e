/**
 * The store of one worker among several: what is stored is in memory that all of
 * them share; each keeps, of its own, what it has read of that lately.
 *
 * A response on its way belongs to the worker that fetches it. Once it is whole it
 * is published: copied into the log, where every worker finds it. To serve it, a
 * worker reads its head once and keeps that (a local copy), with a view of the
 * content in the log. Whether a local copy still holds, the version of its bucket
 * tells: one atomic load for each hit, no lock. A lock is taken by who publishes,
 * takes out, or looks up what it has not read yet.
 */

import { ArrivingBytes } from "./arriving_bytes.ts";
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
import { beginsWith, equalsBytes } from "../../../http/bytes.ts";
import type { CacheKey } from "../../policy/cache_key.ts";
import type { SharedFetch } from "../shared_fetch.ts";
import { SharedFetchTable } from "./shared_fetch_table.ts";
import { Lock } from "./lock.ts";
import { NEVER_LOOKED, VARIANTS_MAX } from "../cache_entry.ts";
import { SharedLog } from "./shared_log.ts";
import { CONTROL, type SharedMemory } from "./shared_memory.ts";
import type { SharedIndex } from "./shared_index.ts";
import { Store } from "../store.ts";
import type {
  Location,
  StoredEntry,
  StoredResponse,
} from "../stored_response.ts";

/** What an entry is known by. */
type Known = Pick<StoredEntry, "key" | "hash">;

/** See the module's comment. */
export class SharedStore extends Store {
  readonly #worker: number;
  readonly #lock: Lock;
  readonly #log: SharedLog;
  readonly #index: SharedIndex;
  readonly #fetches: SharedFetchTable;
  readonly #arriving: ArrivingBytes;
  /** The entry that is being looked up: it is not forgotten while it holds nothing. */
  #lookedUp: StoredEntry | undefined;

  /** @param worker Which of the workers this is, from 0. */
  constructor(memory: SharedMemory, worker: number) {
    super({
      bytesMax: memory.ownBytesMax,
      objectBytesMax: memory.objectBytesMax,
    }, memory);
    this.#worker = worker;
    this.#lock = new Lock(new Int32Array(memory.control), CONTROL.Lock);
    this.#log = new SharedLog(memory);
    this.#index = this.#log.index;
    this.#fetches = new SharedFetchTable(memory, worker);
    this.#arriving = new ArrivingBytes(memory, worker);
  }

  override find(key: CacheKey): StoredEntry | undefined {
    const { hash } = key;
    const known = super.find(key);
    const version = this.#index.version(hash);
    if (known?.version === version && !this.#hasOutdated(known)) return known;
    if (known === undefined && !this.#index.hasAny(hash)) return undefined;
    const entry = known ?? this.obtain(key.written.view().slice(), hash);
    this.#lookedUp = entry;
    this.#look(entry);
    this.#lookedUp = undefined;
    if (entry.variants.length > 0 || entry.sharedFetch !== undefined) {
      return entry;
    }
    this.release(entry);
    return undefined;
  }

  override release(entry: StoredEntry): void {
    if (entry !== this.#lookedUp) super.release(entry);
  }

  /** Whether something on its way here was taken out by another worker. */
  #hasOutdated({ variants, hash }: StoredEntry): boolean {
    for (let i = 0; i < variants.length; i++) {
      const { location, epoch } = variants[i]!;
      if (location === undefined && epoch !== this.epoch(hash)) return true;
    }
    return false;
  }

  /** Makes what is known of an entry what is stored of it, and what is on its way here. */
  #look(entry: StoredEntry): void {
    const copies = new Map<number, StoredResponse>();
    for (const stored of entry.variants) {
      if (stored.location !== undefined) {
        copies.set(stored.location.serial, stored);
      }
    }
    const found = this.#lock.with(() => {
      entry.version = this.#index.version(entry.hash);
      return this.#slotsOf(entry).map((slot) => {
        const known = copies.get(this.#index.serial(slot));
        const isSame = known?.location?.address === this.#index.address(slot);
        return isSame ? known! : this.#copyOf(entry, slot);
      });
    });
    for (const stored of copies.values()) {
      if (!found.includes(stored)) super.remove(stored);
    }
    this.#addCopies(entry, found);
    for (const stored of ownOf(entry)) {
      if (stored.epoch !== this.epoch(entry.hash)) this.remove(stored);
    }
  }

  /** @param found All that is stored of the entry, the most recent first. */
  #addCopies(
    entry: StoredEntry,
    found: readonly StoredResponse[],
  ): void {
    const unknown = found.filter(({ isLinked }) => !isLinked);
    // What makes room for them is others: one that goes here would be without its content.
    for (const stored of found) stored.visited = true;
    for (const stored of unknown) this.add(stored);
    if (entry.variants.length < 2) return;
    const known = found.filter(({ isLinked }) => isLinked);
    entry.arrange([...ownOf(entry), ...known]);
  }

  /** The slots of what is stored of an entry, the youngest first; under the lock. */
  #slotsOf({ key, hash }: Known): number[] {
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

  /** Content on its way has a bound that all workers share; a local copy takes the place of others. */
  protected override hasRoomFor(
    { location }: StoredResponse,
    costBytes: number,
  ): boolean {
    return location === undefined
      ? this.mayHold(costBytes)
      : costBytes <= this.limits.bytesMax;
  }

  protected override mayHold(bytes: number): boolean {
    return this.#arriving.hasRoomFor(bytes);
  }

  protected override onCost({ location }: StoredResponse, bytes: number): void {
    if (location === undefined) this.#arriving.add(bytes);
  }

  protected override get bytesMax(): number {
    return this.#arriving.ownBytesMax(this.limits.bytesMax);
  }

  /** Only the local copy goes; who looks for its entry looks into shared memory again. */
  protected override evict(stored: StoredResponse): void {
    stored.entry.version = NEVER_LOOKED;
    super.remove(stored);
  }

  override pin(stored: StoredResponse): boolean {
    const { location } = stored;
    if (location !== undefined && stored.pins === 0) {
      this.#index.pin(location.slot, this.#worker);
      if (!this.#isThere(location)) {
        this.#index.unpin(location.slot, this.#worker);
        return false;
      }
      this.#index.noteVisit(location.slot);
    }
    return super.pin(stored);
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

  override unpin(stored: StoredResponse): void {
    super.unpin(stored);
    if (stored.location !== undefined && stored.pins === 0) {
      this.#index.unpin(stored.location.slot, this.#worker);
    }
  }

  /** The content has arrived whole: it is published, and this worker's own copy goes. */
  override complete(stored: StoredResponse): void {
    if (stored.isLinked) this.#publish(stored);
    super.remove(stored);
    super.complete(stored);
    this.#end(stored);
  }

  override freshened(stored: StoredResponse): void {
    const isUpdated = stored.location !== undefined && this.#publish(stored);
    if (isUpdated) this.recount(stored);
    else super.remove(stored);
  }

  /** Whether it was taken out, or replaced, since it was asked for or read; under the lock. */
  #isOutdated({ location, epoch, entry }: StoredResponse): boolean {
    return location === undefined
      ? epoch !== this.epoch(entry.hash)
      : this.#index.serial(location.slot) !== location.serial;
  }

  /**
   * Copies a whole response into the log, in place of those that it replaces.
   *
   * @returns Whether it was there, and still is what its local copy says.
   */
  #publish(stored: StoredResponse): boolean {
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

  override remove(stored: StoredResponse): void {
    const { location } = stored;
    if (location !== undefined) {
      this.#lock.with(() => {
        const isStored = this.#index.serial(location.slot) === location.serial;
        if (isStored) this.#index.unlink(location.slot);
      });
    }
    super.remove(stored);
    this.#end(stored);
  }

  override invalidate(entry: StoredEntry): number {
    const own = ownOf(entry).length;
    const count = this.#invalidate(entry);
    super.invalidate(entry);
    return own + count;
  }

  #invalidate(entry: Known): number {
    return this.#lock.with(() => {
      const slots = this.#slotsOf(entry);
      for (const slot of slots) this.#index.unlink(slot);
      this.#index.notePurge(entry.hash);
      this.#index.touch(entry.hash);
      return slots.length;
    });
  }

  /** Also when this worker knows nothing of it: others may. */
  override forget(key: Uint8Array, hash: number): number {
    const entry = this.entries.get(key, hash);
    return entry === undefined
      ? this.#invalidate({ key, hash })
      : this.invalidate(entry);
  }

  override purgePrefix(prefix: Uint8Array): number {
    const own = this.#purgeOwn(({ key }) => beginsWith(key, prefix));
    const { bytes } = this.#log;
    return own + this.#purge((start) => hasKeyPrefix(bytes, start, prefix));
  }

  override purgeTag(tag: string): number {
    const own = this.#purgeOwn((_, tags) => tags.includes(tag));
    const { bytes } = this.#log;
    const wanted = tagBytes(tag);
    return own + this.#purge((start) => hasTag(bytes, start, wanted));
  }

  /** Takes out what is on its way here; what is on its way elsewhere will find that it is outdated. */
  #purgeOwn(
    isMeant: (entry: StoredEntry, tags: readonly string[]) => boolean,
  ): number {
    const own = [...this.entries.all()].flatMap(ownOf)
      .filter(({ entry, traits }) => isMeant(entry, traits.tags));
    for (const stored of own) this.remove(stored);
    return own.length;
  }

  /** @param isMeant Tells by where in the log the bytes of an entry begin. */
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

  override epoch(hash: number): number {
    return this.#index.purges(hash);
  }

  override fetchElsewhere(hash: number): SharedFetch | undefined {
    return this.#fetches.elsewhere(hash);
  }

  override beginFetchUnlessElsewhere(hash: number): SharedFetch | undefined {
    return this.#fetches.beginUnlessElsewhere(hash);
  }

  override isAwaitedElsewhere(hash: number): boolean {
    return this.#fetches.isAwaited(hash);
  }

  override beginFetch(hash: number): void {
    this.#fetches.begin(hash);
  }

  override endFetch(hash: number, stored: StoredResponse | undefined): void {
    if (stored?.isLinked && stored.incoming !== undefined) {
      stored.isAwaited = true;
    } else this.#fetches.end(hash);
  }

  /** What was on its way is there, or will never be. */
  #end(stored: StoredResponse): void {
    if (!stored.isAwaited) return;
    stored.isAwaited = false;
    this.#fetches.end(stored.entry.hash);
  }
}

/** What of an entry is this worker's own: content on its way. */
function ownOf({ variants }: StoredEntry): StoredResponse[] {
  return variants.filter(({ location }) => location === undefined);
}
