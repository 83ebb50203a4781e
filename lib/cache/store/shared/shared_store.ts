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

import type { CacheKey } from "../../policy/cache_key.ts";
import { NEVER_LOOKED, VARIANTS_MAX } from "../cache_entry.ts";
import { EntryTable } from "../entry_table.ts";
import { Ledger } from "../ledger.ts";
import { mayName, type Purge } from "../purge.ts";
import type { Nameable } from "../purge_epochs.ts";
import { PURGE_STEP, type Store, type StoreLimits } from "../store.ts";
import type { StoredEntry, StoredResponse } from "../stored_response.ts";
import { LastRefusals } from "../last_refusals.ts";
import { UncacheableKeys } from "../uncacheable_keys.ts";
import { SharedFetchTable } from "./shared_fetch_table.ts";
import type { SharedMemory } from "./shared_memory.ts";
import { type KnownKey, SharedRecords } from "./shared_records.ts";
import { WorkerBudget } from "./worker_budget.ts";

/** See the module's comment. */
export class SharedStore implements Store {
  readonly limits: StoreLimits;
  /** Of what this worker has of its own. */
  readonly ledger: Ledger;
  readonly uncacheable: UncacheableKeys;
  readonly refusals: LastRefusals;
  readonly workerFetches: SharedFetchTable;
  readonly run: number;
  readonly #entries = new EntryTable();
  readonly #records: SharedRecords;
  /** The entry that is being looked up: it is not forgotten while it holds nothing. */
  #lookedUp: StoredEntry | undefined;

  /** @param worker Which of the workers this is, from 0. */
  constructor(memory: SharedMemory, worker: number) {
    const { ownBytesMax, objectBytesMax } = memory;
    this.limits = { bytesMax: ownBytesMax, objectBytesMax };
    this.ledger = new Ledger(
      new WorkerBudget(memory, worker),
      (stored) => this.#evict(stored),
    );
    this.uncacheable = new UncacheableKeys(memory.uncacheable);
    this.refusals = new LastRefusals(memory.refusals);
    this.run = memory.seed;
    this.workerFetches = new SharedFetchTable(memory, worker);
    this.#records = new SharedRecords(memory, worker);
  }

  find(key: CacheKey): StoredEntry | undefined {
    const { hash } = key;
    const known = this.#entries.find(key);
    const version = this.#records.version(hash);
    if (known?.version === version && !this.#hasOutdated(known)) return known;
    if (known === undefined && !this.#records.hasAny(hash)) return undefined;
    return this.#lookUp(
      known ?? this.obtain(key.written.view().slice(), hash),
    );
  }

  get(key: Uint8Array, hash: number): StoredEntry | undefined {
    const known = this.#entries.get(key, hash);
    const version = this.#records.version(hash);
    if (known?.version === version && !this.#hasOutdated(known)) return known;
    if (known === undefined && !this.#records.hasAny(hash)) return undefined;
    return this.#lookUp(known ?? this.obtain(key, hash));
  }

  /** The entry as all workers know it; undefined if nothing is known of it. */
  #lookUp(entry: StoredEntry): StoredEntry | undefined {
    this.#lookedUp = entry;
    this.#look(entry);
    this.#lookedUp = undefined;
    if (entry.variants.length > 0 || entry.sharedFetch !== undefined) {
      return entry;
    }
    this.release(entry);
    return undefined;
  }

  obtain(key: Uint8Array, hash: number): StoredEntry {
    return this.#entries.obtain(key, hash);
  }

  release(entry: StoredEntry): void {
    if (entry !== this.#lookedUp) this.#entries.release(entry);
  }

  /** Whether something on its way here was purged by another worker. */
  #hasOutdated({ variants }: StoredEntry): boolean {
    for (let i = 0; i < variants.length; i++) {
      const stored = variants[i]!;
      const isOwn = stored.location === undefined;
      if (isOwn && this.isOutdated(stored.epoch, stored)) return true;
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
    const found = this.#records.read(entry, copies);
    for (const stored of copies.values()) {
      if (!found.includes(stored)) this.#drop(stored);
    }
    this.#addCopies(entry, found);
    for (const stored of ownOf(entry)) {
      if (this.isOutdated(stored.epoch, stored)) this.#drop(stored);
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

  add(stored: StoredResponse): boolean {
    const costBytes = stored.cost();
    if (!this.#hasRoomFor(stored, costBytes)) return false;
    this.ledger.enter(stored, costBytes);
    const { entry } = stored;
    entry.add(stored);
    while (entry.variants.length > VARIANTS_MAX) {
      this.remove(entry.variants.at(-1)!);
    }
    this.ledger.makeRoom(stored);
    return true;
  }

  /** Content on its way has a bound that all workers share; a local copy takes the place of others. */
  #hasRoomFor({ location }: StoredResponse, costBytes: number): boolean {
    return location === undefined
      ? this.ledger.mayHold(costBytes)
      : costBytes <= this.limits.bytesMax;
  }

  /** Only the local copy goes; who looks for its entry looks into shared memory again. */
  #evict(stored: StoredResponse): void {
    stored.entry.version = NEVER_LOOKED;
    this.#drop(stored);
  }

  /** Takes out what this worker has of a response; what is in shared memory stays. */
  #drop(stored: StoredResponse): void {
    if (!stored.isLinked) return;
    this.ledger.leave(stored);
    stored.entry.remove(stored);
    this.release(stored.entry);
    this.workerFetches.settle(stored);
  }

  pin(stored: StoredResponse): boolean {
    const { location, pins } = stored;
    if (location !== undefined && pins === 0 && !this.#records.pin(location)) {
      return false;
    }
    this.ledger.pin(stored);
    return true;
  }

  unpin(stored: StoredResponse): void {
    this.ledger.unpin(stored);
    if (stored.location !== undefined && stored.pins === 0) {
      this.#records.unpin(stored.location);
    }
  }

  /** It is published, and this worker's own copy goes. */
  complete(stored: StoredResponse): void {
    if (stored.isLinked) this.#records.publish(stored, stored.epoch);
    this.#drop(stored);
    this.ledger.recount(stored);
    this.ledger.settle(stored);
  }

  freshened(stored: StoredResponse, epoch = this.epoch): void {
    const isUpdated = stored.location !== undefined &&
      this.#records.publish(stored, epoch);
    if (isUpdated) this.ledger.recount(stored);
    else this.#drop(stored);
  }

  remove(stored: StoredResponse): void {
    if (stored.location !== undefined) this.#records.remove(stored.location);
    this.#drop(stored);
  }

  get epoch(): number {
    return this.#records.epoch;
  }

  isOutdated(epoch: number, asked: Nameable): boolean {
    return this.#records.isOutdated(epoch, asked);
  }

  lastPurgeOf(asked: Nameable): number {
    return this.#records.lastPurgeOf(asked);
  }

  forget(key: Uint8Array, hash: number): number {
    this.#records.note({ kind: "key", key, hash });
    return this.#purgeOwn({ key, hash }) + this.#records.forget({ key, hash });
  }

  *purge(purge: Purge): Generator<void, number> {
    const epoch = this.#records.note(purge);
    const own = purge.kind === "key"
      ? this.#purgeOwn(purge)
      : yield* this.#purgeAllOwn(purge, epoch);
    return own + (yield* this.#records.purge(purge));
  }

  /**
   * Takes out what of a key is on its way here, with the local copies, and counts it. What
   * is on its way elsewhere will be found outdated.
   */
  #purgeOwn({ key, hash }: KnownKey): number {
    const entry = this.#entries.get(key, hash);
    if (entry === undefined) return 0;
    const { length } = ownOf(entry);
    for (const stored of [...entry.variants]) this.#drop(stored);
    return length;
  }

  /** The same of all that a purge names. */
  *#purgeAllOwn(purge: Purge, epoch: number): Generator<void, number> {
    let count = 0;
    let work = 0;
    for (let index = 0; index < this.#entries.chainCount; index++) {
      work++;
      for (const entry of this.#entries.chain(index)) {
        work++;
        if (!mayName(purge, entry.key)) continue;
        for (const stored of ownOf(entry)) {
          const isNamed = stored.epoch < epoch &&
            (purge.kind !== "tag" || stored.tags.includes(purge.tag));
          if (!isNamed) continue;
          this.#drop(stored);
          count++;
        }
      }
      if (work < PURGE_STEP) continue;
      work = 0;
      yield;
    }
    return count;
  }
}

/** What of an entry is this worker's own: content on its way. */
function ownOf({ variants }: StoredEntry): StoredResponse[] {
  return variants.filter(({ location }) => location === undefined);
}
