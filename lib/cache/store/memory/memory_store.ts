/** The store of a process that is alone: everything is in its own memory. */

import type { CacheKey } from "../../policy/cache_key.ts";
import { isSameSelection } from "../../policy/vary.ts";
import { VARIANTS_MAX } from "../cache_entry.ts";
import { EntryTable } from "../entry_table.ts";
import { createRefusalMemory, LastRefusals } from "../last_refusals.ts";
import { type Budget, Ledger } from "../ledger.ts";
import { mayName, type Purge } from "../purge.ts";
import {
  type Nameable,
  PURGE_EPOCHS_BYTES,
  PurgeEpochs,
} from "../purge_epochs.ts";
import {
  PURGE_STEP,
  PURGED_WORK,
  type Store,
  type StoreLimits,
} from "../store.ts";
import type { StoredEntry, StoredResponse } from "../stored_response.ts";
import {
  createUncacheableMemory,
  UncacheableKeys,
} from "../uncacheable_keys.ts";
import { TagIndex } from "./tag_index.ts";

/** See the module's comment. */
export class MemoryStore implements Store {
  readonly limits: StoreLimits;
  readonly ledger: Ledger;
  readonly uncacheable: UncacheableKeys = new UncacheableKeys(
    createUncacheableMemory(),
  );
  readonly refusals: LastRefusals = new LastRefusals(createRefusalMemory());
  readonly workerFetches: undefined = undefined;
  readonly run: number;
  readonly #entries = new EntryTable();
  readonly #tags = new TagIndex();
  readonly #epochs = new PurgeEpochs(
    new SharedArrayBuffer(PURGE_EPOCHS_BYTES),
  );

  /** @param run As {@linkcode Store.run}: of a store that has no tiers behind it, any. */
  constructor(limits: StoreLimits, run = 0) {
    this.limits = limits;
    this.run = run;
    this.ledger = new Ledger(
      budgetOf(limits.bytesMax),
      (stored) => this.remove(stored),
    );
  }

  find(key: CacheKey): StoredEntry | undefined {
    return this.#entries.find(key);
  }

  get(key: Uint8Array, hash: number): StoredEntry | undefined {
    return this.#entries.get(key, hash);
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

  get epoch(): number {
    return this.#epochs.now;
  }

  isOutdated(epoch: number, asked: Nameable): boolean {
    return this.#epochs.hasNamed(epoch, asked);
  }

  lastPurgeOf(asked: Nameable): number {
    return this.#epochs.lastNaming(asked);
  }

  forget(key: Uint8Array, hash: number): number {
    this.#epochs.note({ kind: "key", key, hash });
    const variants = this.#entries.get(key, hash)?.variants ?? [];
    for (const stored of [...variants]) this.remove(stored);
    return variants.length;
  }

  *purge(purge: Purge): Generator<void, number> {
    const epoch = this.#epochs.note(purge);
    let count = 0;
    let work = 0;
    for (const stored of this.#named(purge)) {
      work++;
      // What was asked for since is not meant.
      if (stored?.isLinked && stored.epoch < epoch) {
        this.#purgeOne(stored, purge.isSoft ?? false);
        count++;
        work += PURGED_WORK;
      }
      if (work < PURGE_STEP) continue;
      work = 0;
      yield;
    }
    return count;
  }

  /** What is on its way goes in any case: nobody could confirm it later. */
  #purgeOne(stored: StoredResponse, isSoft: boolean): void {
    if (isSoft && stored.incoming === undefined) stored.isMarkedStale = true;
    else this.remove(stored);
  }

  /** What a purge names, among nothing for what it does not: each is some work. They may come and go meanwhile. */
  *#named(purge: Purge): Generator<StoredResponse | undefined> {
    if (purge.kind === "tag") return yield* this.#tags.of(purge.tag);
    if (purge.kind === "key") {
      const { key, hash } = purge;
      return yield* this.#entries.get(key, hash)?.variants ?? [];
    }
    for (let index = 0; index < this.#entries.chainCount; index++) {
      yield undefined;
      for (const { key, variants } of this.#entries.chain(index)) {
        if (mayName(purge, key)) yield* variants;
        else yield undefined;
      }
    }
  }
}

/** All of it is this store's: what is held may fill it. */
function budgetOf(bytesMax: number): Budget {
  return {
    bytesMax,
    mayHold: (bytes, heldBytes) => heldBytes + bytes <= bytesMax,
  };
}
