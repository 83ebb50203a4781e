/**
 * A thread that fetches, confirms, purges and reads a few keys at random. The origin
 * has a version of each, which each purge raises before it begins; once it has come
 * to its end, nobody may find an older one. The content of version n is n bytes.
 *
 * A soft purge raises an edition; once it has come to its end, whoever finds an older
 * one finds it marked. The tag of edition n is n. What is stored whole while nobody
 * purges its key is found.
 */

import { CacheKey } from "../../lib/cache/policy/cache_key.ts";
import type { SharedMemory } from "../../lib/cache/store/shared/shared_memory.ts";
import type { Purge } from "../../lib/cache/store/purge.ts";
import type {
  StoredHead,
  StoredResponse,
} from "../../lib/cache/store/stored_response.ts";
import { SharedStore } from "../../lib/cache/store/shared/shared_store.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { random } from "./random.ts";
import { beginUnder, finish, purgeNow } from "./stored.ts";

const KEYS = 6;

/** What to do, and with what. */
export interface PurgingTask {
  readonly memory: SharedMemory;
  /**
   * For each key the origin's version, then for each the one below which nobody may find
   * it; then the same of editions; then how many purges have begun, and ended.
   */
  readonly versions: SharedArrayBuffer;
  readonly worker: number;
  readonly rounds: number;
}

/** What a thread has found. */
export interface PurgingReport {
  found: number;
  outdated: number;
  /** Found with an old edition, and not marked. */
  unmarked: number;
  /** Found and marked. */
  marked: number;
  /** Stored whole, not purged, and not found. */
  lost: number;
}

/** Words of `versions` for so many keys. */
export const PURGING_WORDS: number = 6 * KEYS;
/** Where in `versions` editions begin. */
const EDITIONS = 2 * KEYS;
/** Where the numbers of purges that have begun, and have ended, begin. */
const BEGUN = 4 * KEYS;
const ENDED = 5 * KEYS;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<PurgingTask>) => void;
  postMessage(report: PurgingReport): void;
};

/** A response of which it is known which version it has. */
interface Known {
  readonly stored: StoredResponse;
  readonly number: number;
  readonly version: number;
  readonly edition: number;
  readonly epoch: number;
  /** How many purges of its key had begun before that; -1 if one was under way. */
  readonly purges: number;
}

class Purger {
  readonly report: PurgingReport = {
    found: 0,
    outdated: 0,
    unmarked: 0,
    marked: 0,
    lost: 0,
  };
  readonly #store: SharedStore;
  readonly #versions: Int32Array;
  readonly #key: CacheKey;
  readonly #next: () => number;
  readonly #arriving: Known[] = [];
  readonly #confirmed: Known[] = [];

  constructor({ memory, versions, worker }: PurgingTask) {
    this.#store = new SharedStore(memory, worker);
    this.#versions = new Int32Array(versions);
    this.#key = new CacheKey("keep", memory.seed);
    this.#next = random(worker + 1);
  }

  step(): void {
    const number = Math.floor(this.#next() * KEYS);
    this.#makeKey(number);
    const action = this.#next();
    if (action < 0.5) this.#read(number);
    else if (action < 0.7) this.#begin(number);
    else if (action < 0.85) this.#finish();
    else if (action < 0.9) this.#confirm(number);
    else if (action < 0.94) this.#confirmed.length > 0 && this.#freshen();
    else if (action < 0.97) this.#purge(number, 0);
    else this.#purge(number, EDITIONS);
  }

  #makeKey(number: number): void {
    const bytes = bytesOf(`h/${number}/`);
    this.#key.make(bytes, 0, 1, bytes, 1, bytes.length);
  }

  #read(number: number): void {
    const floor = Atomics.load(this.#versions, KEYS + number);
    const edition = Atomics.load(this.#versions, EDITIONS + KEYS + number);
    const stored = this.#store.find(this.#key)?.variants[0];
    if (stored === undefined || !this.#store.pin(stored)) return;
    this.report.found++;
    const version = stored.incoming === undefined
      ? stored.length
      : this.#arriving.find((known) => known.stored === stored)!.version;
    if (version < floor) this.report.outdated++;
    if (stored.isMarkedStale) this.report.marked++;
    else if (editionOf(stored) < edition) this.report.unmarked++;
    this.#store.unpin(stored);
  }

  #begin(number: number): void {
    if (this.#arriving.length > 3) return;
    const key = this.#key.written.view().slice();
    const content = { length: -1, mark: 0, tags: [`tag${number}`] };
    const purges = this.#purgesOf(number);
    const stored = beginUnder(this.#store, key, this.#key.hash, content);
    if (stored === undefined) return; // too much is on its way
    // The origin is asked after the epoch has been noted.
    const known = this.#askFor(number, stored, stored.epoch, purges);
    stored.head = headOf(stored, known.edition);
    this.#arriving.push(known);
  }

  /** How many purges of a key have begun; -1 if one is under way. */
  #purgesOf(number: number): number {
    const ended = Atomics.load(this.#versions, ENDED + number);
    const begun = Atomics.load(this.#versions, BEGUN + number);
    return ended === begun ? begun : -1;
  }

  /** What the origin says of a key, asked at an epoch. */
  #askFor(
    number: number,
    stored: StoredResponse,
    epoch: number,
    purges = -1,
  ): Known {
    const version = Atomics.load(this.#versions, number);
    const edition = Atomics.load(this.#versions, EDITIONS + number);
    return { number, stored, version, edition, epoch, purges };
  }

  #finish(): void {
    const known = this.#arriving.shift();
    if (known === undefined) return;
    const content = { length: known.version, mark: 0, tags: [] };
    finish(this.#store, known.stored, content);
    this.#makeKey(known.number);
    const isFound = this.#store.find(this.#key) !== undefined;
    const isPurged = known.purges < 0 ||
      known.purges !== this.#purgesOf(known.number);
    if (!isFound && !isPurged) this.report.lost++;
  }

  /** Has the origin confirm what is stored; the store learns of it later. */
  #confirm(number: number): void {
    const stored = this.#store.find(this.#key)?.variants.find(({ location }) =>
      location !== undefined
    );
    if (stored === undefined || !this.#store.pin(stored)) return;
    const known = this.#askFor(number, stored, this.#store.epoch);
    if (stored.length === known.version) this.#confirmed.push(known);
    else this.#store.unpin(stored);
  }

  #freshen(): void {
    const { stored, edition, epoch } = this.#confirmed.shift()!;
    if (!this.#store.isOutdated(epoch, stored)) {
      stored.freshen(headOf(stored, edition));
      this.#store.freshened(stored, epoch);
    }
    this.#store.unpin(stored);
  }

  /** @param what 0 for a purge, `EDITIONS` for a soft one. */
  #purge(number: number, what: number): void {
    Atomics.add(this.#versions, BEGUN + number, 1);
    const version = Atomics.add(this.#versions, what + number, 1) + 1;
    const purge = this.#purgeOf(number);
    purgeNow(this.#store, { ...purge, isSoft: what === EDITIONS });
    const at = what + KEYS + number;
    for (;;) {
      const floor = Atomics.load(this.#versions, at);
      if (floor >= version) break;
      Atomics.compareExchange(this.#versions, at, floor, version);
    }
    Atomics.add(this.#versions, ENDED + number, 1);
  }

  #purgeOf(number: number): Purge {
    const key = this.#key.written.view().slice();
    const how = this.#next();
    if (how < 0.6) return { kind: "key", key, hash: this.#key.hash };
    return how < 0.8
      ? { kind: "prefix", prefix: key }
      : { kind: "tag", tag: `tag${number}` };
  }
}

function editionOf({ head }: StoredResponse): number {
  return Number(head.metadata.etag);
}

function headOf({ head }: StoredResponse, edition: number): StoredHead {
  return { ...head, metadata: { ...head.metadata, etag: `${edition}` } };
}

scope.onmessage = ({ data }) => {
  const purger = new Purger(data);
  for (let i = 0; i < data.rounds; i++) purger.step();
  scope.postMessage(purger.report);
};
