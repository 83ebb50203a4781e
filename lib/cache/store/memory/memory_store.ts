/** The store of a process that is alone: everything is in its own memory. */

import { beginsWith } from "../../../http/bytes.ts";
import type { CacheKey } from "../../policy/cache_key.ts";
import { isSameSelection } from "../../policy/vary.ts";
import { VARIANTS_MAX } from "../cache_entry.ts";
import { EntryTable } from "../entry_table.ts";
import { type Budget, Ledger } from "../ledger.ts";
import type { Store, StoreLimits } from "../store.ts";
import type { StoredEntry, StoredResponse } from "../stored_response.ts";
import {
  createUncacheableMemory,
  UncacheableKeys,
} from "../uncacheable_keys.ts";
import { Epochs } from "./epochs.ts";
import { TagIndex } from "./tag_index.ts";

/** See the module's comment. */
export class MemoryStore implements Store {
  readonly limits: StoreLimits;
  readonly ledger: Ledger;
  readonly uncacheable: UncacheableKeys = new UncacheableKeys(
    createUncacheableMemory(),
  );
  readonly workerFetches: undefined = undefined;
  readonly #entries = new EntryTable();
  readonly #tags = new TagIndex();
  readonly #epochs = new Epochs();

  constructor(limits: StoreLimits) {
    this.limits = limits;
    this.ledger = new Ledger(
      budgetOf(limits.bytesMax),
      (stored) => this.remove(stored),
    );
  }

  find(key: CacheKey): StoredEntry | undefined {
    return this.#entries.find(key);
  }

  obtain(key: Uint8Array, hash: number): StoredEntry {
    return this.#entries.obtain(key, hash);
  }

  release(entry: StoredEntry): void {
    this.#entries.release(entry);
  }

  add(stored: StoredResponse): boolean {
    const costBytes = stored.cost();
    if (!this.ledger.mayHold(costBytes)) return false;
    this.ledger.enter(stored, costBytes);
    const { entry } = stored;
    entry.add(stored);
    this.#tags.add(stored);
    while (entry.variants.length > VARIANTS_MAX) {
      this.remove(entry.variants.at(-1)!);
    }
    this.ledger.makeRoom(stored);
    return true;
  }

  complete(stored: StoredResponse): void {
    this.ledger.recount(stored);
    this.ledger.settle(stored);
    if (!stored.isLinked) return; // evicted or invalidated on its way
    const { extraKey, selecting } = stored.traits;
    for (const other of [...stored.entry.variants]) {
      const isReplaced = other !== stored &&
        other.traits.extraKey === extraKey &&
        isSameSelection(other.traits.selecting, selecting);
      if (isReplaced && other.incoming === undefined) this.remove(other);
    }
  }

  freshened(stored: StoredResponse): void {
    this.ledger.recount(stored);
    const { entry } = stored;
    const { variants } = entry;
    if (!stored.isLinked || variants[0] === stored) return;
    const arriving = variants.filter(({ incoming }) => incoming !== undefined);
    const whole = variants.filter(({ incoming }) => incoming === undefined);
    const others = whole.filter((other) => other !== stored);
    entry.arrange([...arriving, stored, ...others]);
  }

  pin(stored: StoredResponse): boolean {
    this.ledger.pin(stored);
    return true;
  }

  unpin(stored: StoredResponse): void {
    this.ledger.unpin(stored);
  }

  remove(stored: StoredResponse): void {
    if (!stored.isLinked) return;
    this.ledger.leave(stored);
    this.#tags.remove(stored);
    stored.entry.remove(stored);
    this.#entries.release(stored.entry);
  }

  epoch(hash: number): number {
    return this.#epochs.of(hash);
  }

  invalidate(entry: StoredEntry): number {
    const variants = [...entry.variants];
    if (entry.sharedFetch !== undefined) entry.sharedFetch.isOutdated = true;
    for (const stored of variants) this.remove(stored);
    return variants.length;
  }

  forget(key: Uint8Array, hash: number): number {
    this.#epochs.noteForgotten(hash);
    const entry = this.#entries.get(key, hash);
    return entry === undefined ? 0 : this.invalidate(entry);
  }

  purgePrefix(prefix: Uint8Array): number {
    this.#epochs.notePurge();
    let count = 0;
    for (const entry of [...this.#entries.all()]) {
      if (beginsWith(entry.key, prefix)) count += this.invalidate(entry);
    }
    return count;
  }

  purgeTag(tag: string): number {
    this.#epochs.notePurge();
    const tagged = this.#tags.of(tag);
    for (const stored of tagged) this.remove(stored);
    return tagged.length;
  }
}

/** All of it is this store's: what is held may fill it. */
function budgetOf(bytesMax: number): Budget {
  return {
    bytesMax,
    mayHold: (bytes, heldBytes) => heldBytes + bytes <= bytesMax,
  };
}
