/**
 * The store of one worker among several: what is stored is in memory that all of
 * them share; each keeps, of its own, what it has read of that lately.
 *
 * A response on its way belongs to the worker that fetches it. Once it is whole it
 * is published: copied into the log, where every worker finds it. To serve it, a
 * worker reads its head once and keeps that (a reflection), with a view of the
 * content in the log. Whether a reflection still holds, the version of its bucket
 * tells: one atomic load for each hit, no lock. A lock is taken by who publishes,
 * takes out, or looks up what it has not read yet.
 */

import { ArrivingBytes } from "./arriving_bytes.ts";
import {
  hasKeyPrefix,
  hasTag,
  readRecord,
  recordLength,
  recordOf,
  reflectionOf,
  type StoredRecord,
  tagBytes,
  updateRecord,
  writeRecord,
} from "./stored_record.ts";
import { beginsWith, equalsBytes } from "../../http/bytes.ts";
import type { CacheKey } from "../policy/cache_key.ts";
import type { SharedFetch } from "./shared_fetch.ts";
import { SharedFetchTable } from "./shared_fetch_table.ts";
import { Lock } from "./lock.ts";
import { NEVER_LOOKED, VARIANTS_MAX } from "./cache_entry.ts";
import { SharedLog } from "./shared_log.ts";
import { CONTROL, type SharedMemory } from "./shared_memory.ts";
import type { SharedIndex } from "./shared_index.ts";
import { Store } from "./store.ts";
import type {
  Location,
  StoredEntry,
  StoredResponse,
} from "./stored_response.ts";

/** What a resource is known by. */
type Known = Pick<StoredEntry, "key" | "hash">;

/** See the module's comment. */
export class WorkerStore extends Store {
  readonly #worker: number;
  readonly #lock: Lock;
  readonly #log: SharedLog;
  readonly #slots: SharedIndex;
  readonly #board: SharedFetchTable;
  readonly #arriving: ArrivingBytes;
  /** The resource that is being looked up: it is not forgotten while it holds nothing. */
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
    this.#slots = this.#log.slots;
    this.#board = new SharedFetchTable(memory, worker);
    this.#arriving = new ArrivingBytes(memory, worker);
  }

  override find(key: CacheKey): StoredEntry | undefined {
    const { hash } = key;
    const known = super.find(key);
    const version = this.#slots.version(hash);
    if (known?.version === version && !this.#hasOutdated(known)) return known;
    if (known === undefined && !this.#slots.hasAny(hash)) return undefined;
    const resource = known ?? this.obtain(key.written.view().slice(), hash);
    this.#lookedUp = resource;
    this.#look(resource);
    this.#lookedUp = undefined;
    if (resource.variants.length > 0 || resource.sharedFetch !== undefined) {
      return resource;
    }
    this.release(resource);
    return undefined;
  }

  override release(resource: StoredEntry): void {
    if (resource !== this.#lookedUp) super.release(resource);
  }

  /** Whether something on its way here was taken out by another worker. */
  #hasOutdated({ variants, hash }: StoredEntry): boolean {
    for (let i = 0; i < variants.length; i++) {
      const { place, epoch } = variants[i]!;
      if (place === undefined && epoch !== this.epoch(hash)) return true;
    }
    return false;
  }

  /** Makes what is known of a resource what is stored of it, and what is on its way here. */
  #look(resource: StoredEntry): void {
    const reflections = new Map<number, StoredResponse>();
    for (const stored of resource.variants) {
      if (stored.place !== undefined) {
        reflections.set(stored.place.serial, stored);
      }
    }
    const found = this.#lock.with(() => {
      resource.version = this.#slots.version(resource.hash);
      return this.#slotsOf(resource).map((slot) => {
        const known = reflections.get(this.#slots.serial(slot));
        const isSame = known?.place?.address === this.#slots.address(slot);
        return isSame ? known! : this.#reflect(resource, slot);
      });
    });
    for (const stored of reflections.values()) {
      if (!found.includes(stored)) super.remove(stored);
    }
    this.#addReflections(resource, found);
    for (const stored of ownOf(resource)) {
      if (stored.epoch !== this.epoch(resource.hash)) this.remove(stored);
    }
  }

  /** @param found All that is stored of the resource, the most recent first. */
  #addReflections(
    resource: StoredEntry,
    found: readonly StoredResponse[],
  ): void {
    const unknown = found.filter(({ isLinked }) => !isLinked);
    // What makes room for them is others: one that goes here would be without its content.
    for (const stored of found) stored.visited = true;
    for (const stored of unknown) this.add(stored);
    if (resource.variants.length < 2) return;
    const known = found.filter(({ isLinked }) => isLinked);
    resource.arrange([...ownOf(resource), ...known]);
  }

  /** The slots of what is stored of a resource, the youngest first; under the lock. */
  #slotsOf({ key, hash }: Known): number[] {
    return this.#slots.of(hash).filter((slot) =>
      equalsBytes(this.#entry(slot).key, key)
    );
  }

  #entry(slot: number): ReturnType<typeof readRecord<SharedArrayBuffer>> {
    return readRecord(this.#log.entry(this.#slots.address(slot)));
  }

  #reflect(resource: StoredEntry, slot: number): StoredResponse {
    return reflectionOf(resource, this.#entry(slot), {
      slot,
      serial: this.#slots.serial(slot),
      address: this.#slots.address(slot),
    });
  }

  /** Content on its way has a bound that all workers share; a reflection takes the place of others. */
  protected override hasRoomFor(
    { place }: StoredResponse,
    costBytes: number,
  ): boolean {
    return place === undefined
      ? this.mayHold(costBytes)
      : costBytes <= this.limits.bytesMax;
  }

  protected override mayHold(bytes: number): boolean {
    return this.#arriving.hasRoomFor(bytes);
  }

  protected override onCost({ place }: StoredResponse, bytes: number): void {
    if (place === undefined) this.#arriving.add(bytes);
  }

  protected override get bytesMax(): number {
    return this.#arriving.ownBytesMax(this.limits.bytesMax);
  }

  /** Only the reflection goes; who looks for its resource looks into shared memory again. */
  protected override evict(stored: StoredResponse): void {
    stored.resource.version = NEVER_LOOKED;
    super.remove(stored);
  }

  override pin(stored: StoredResponse): boolean {
    const { place } = stored;
    if (place !== undefined && stored.pins === 0) {
      this.#slots.pin(place.slot, this.#worker);
      if (!this.#isThere(place)) {
        this.#slots.unpin(place.slot, this.#worker);
        return false;
      }
      this.#slots.noteVisit(place.slot);
    }
    return super.pin(stored);
  }

  /**
   * Whether a slot that has just been pinned holds what was meant. The address comes
   * first: once it is what it was, nobody can have evicted the entry since the pin, or
   * else the serial, which goes before the place is given to another, has changed.
   */
  #isThere({ slot, serial, address }: Location): boolean {
    return this.#slots.address(slot) === address &&
      this.#slots.serial(slot) === serial;
  }

  override unpin(stored: StoredResponse): void {
    super.unpin(stored);
    if (stored.place !== undefined && stored.pins === 0) {
      this.#slots.unpin(stored.place.slot, this.#worker);
    }
  }

  /** The content has arrived whole: it is published, and this worker's own copy goes. */
  override complete(stored: StoredResponse): void {
    if (stored.isLinked) this.#publish(stored);
    super.remove(stored);
    super.complete(stored);
    this.#landed(stored);
  }

  override freshened(stored: StoredResponse): void {
    const isUpdated = stored.place !== undefined && this.#publish(stored);
    if (isUpdated) this.recount(stored);
    else super.remove(stored);
  }

  /** Whether it was taken out, or replaced, since it was asked for or read; under the lock. */
  #isOutdated({ place, epoch, resource }: StoredResponse): boolean {
    return place === undefined
      ? epoch !== this.epoch(resource.hash)
      : this.#slots.serial(place.slot) !== place.serial;
  }

  /**
   * Copies a whole response into the log, in place of those that it replaces.
   *
   * @returns Whether it was there, and still is what its reflection says.
   */
  #publish(stored: StoredResponse): boolean {
    const { resource } = stored;
    const entry = recordOf(stored);
    return this.#lock.with(() => {
      if (this.#isOutdated(stored)) return false;
      if (this.#updated(stored, entry)) return true;
      const slot = this.#log.allocate(recordLength(entry));
      const others = this.#slotsOf(resource);
      for (const [index, other] of others.entries()) {
        const isReplaced = equalsBytes(
          this.#entry(other).variant,
          entry.variant,
        );
        if (isReplaced || index >= VARIANTS_MAX - 1) this.#slots.unlink(other);
      }
      if (slot === 0) return false; // everything is pinned: it was served, and is not kept
      const address = this.#slots.address(slot);
      writeRecord(this.#log.entry(address), entry);
      this.#slots.link(slot, resource.hash, address);
      return false;
    });
  }

  /**
   * Updates what is in the log with a new head, if it has room there: to write the
   * content anew would drive out others with each confirmation. It gets another
   * serial, so that other workers read it again, and is the youngest; under the lock.
   */
  #updated(stored: StoredResponse, entry: StoredRecord): boolean {
    const { place, resource } = stored;
    if (place === undefined) return false;
    const { slot } = place;
    const address = this.#slots.address(slot);
    if (!updateRecord(this.#log.entry(address), entry)) return false;
    this.#slots.unlink(slot);
    const serial = this.#slots.link(slot, resource.hash, address);
    this.#slots.noteVisit(slot);
    stored.place = { slot, serial, address };
    return true;
  }

  override remove(stored: StoredResponse): void {
    const { place } = stored;
    if (place !== undefined) {
      this.#lock.with(() => {
        const isStored = this.#slots.serial(place.slot) === place.serial;
        if (isStored) this.#slots.unlink(place.slot);
      });
    }
    super.remove(stored);
    this.#landed(stored);
  }

  override invalidate(resource: StoredEntry): number {
    const own = ownOf(resource).length;
    const count = this.#invalidate(resource);
    super.invalidate(resource);
    return own + count;
  }

  #invalidate(resource: Known): number {
    return this.#lock.with(() => {
      const slots = this.#slotsOf(resource);
      for (const slot of slots) this.#slots.unlink(slot);
      this.#slots.notePurge(resource.hash);
      this.#slots.touch(resource.hash);
      return slots.length;
    });
  }

  /** Also when this worker knows nothing of it: others may. */
  override forget(key: Uint8Array, hash: number): number {
    const resource = this.resources.get(key, hash);
    return resource === undefined
      ? this.#invalidate({ key, hash })
      : this.invalidate(resource);
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
    isMeant: (resource: StoredEntry, tags: readonly string[]) => boolean,
  ): number {
    const own = [...this.resources.all()].flatMap(ownOf)
      .filter(({ resource, traits }) => isMeant(resource, traits.tags));
    for (const stored of own) this.remove(stored);
    return own.length;
  }

  /** @param isMeant Tells by where in the log the bytes of an entry begin. */
  #purge(isMeant: (start: number) => boolean): number {
    return this.#lock.with(() => {
      let count = 0;
      this.#slots.notePurge();
      for (const slot of this.#slots.linked()) {
        const address = this.#slots.address(slot);
        if (!isMeant(this.#log.start(address))) continue;
        this.#slots.unlink(slot);
        count++;
      }
      return count;
    });
  }

  override epoch(hash: number): number {
    return this.#slots.purges(hash);
  }

  override fetchElsewhere(hash: number): SharedFetch | undefined {
    return this.#board.elsewhere(hash);
  }

  override beginFetchUnlessElsewhere(hash: number): SharedFetch | undefined {
    return this.#board.beginUnlessElsewhere(hash);
  }

  override isAwaitedElsewhere(hash: number): boolean {
    return this.#board.isAwaited(hash);
  }

  override beginFetch(hash: number): void {
    this.#board.begin(hash);
  }

  override endFetch(hash: number, stored: StoredResponse | undefined): void {
    if (stored?.isLinked && stored.fill !== undefined) stored.isAwaited = true;
    else this.#board.end(hash);
  }

  /** What was on its way is there, or will never be. */
  #landed(stored: StoredResponse): void {
    if (!stored.isAwaited) return;
    stored.isAwaited = false;
    this.#board.end(stored.resource.hash);
  }
}

/** What of a resource is this worker's own: content on its way. */
function ownOf({ variants }: StoredEntry): StoredResponse[] {
  return variants.filter(({ place }) => place === undefined);
}
