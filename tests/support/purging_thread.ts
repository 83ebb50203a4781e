/**
 * A thread that fetches, confirms, purges and reads a few keys at random. The origin
 * has a version of each, which each purge raises before it begins; once it has come
 * to its end, nobody may find an older one. The content of version n is n bytes.
 */

import { CacheKey } from "../../lib/cache/policy/cache_key.ts";
import type { SharedMemory } from "../../lib/cache/store/shared/shared_memory.ts";
import type { StoredResponse } from "../../lib/cache/store/stored_response.ts";
import { SharedStore } from "../../lib/cache/store/shared/shared_store.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { random } from "./random.ts";
import { beginUnder, finish, purgeNow } from "./stored.ts";

const KEYS = 6;

/** What to do, and with what. */
export interface PurgingTask {
  readonly memory: SharedMemory;
  /** For each key the origin's version, then for each the one below which nobody may find it. */
  readonly versions: SharedArrayBuffer;
  readonly worker: number;
  readonly rounds: number;
}

/** What a thread has found. */
export interface PurgingReport {
  found: number;
  outdated: number;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<PurgingTask>) => void;
  postMessage(report: PurgingReport): void;
};

/** A response of which it is known which version it has. */
interface Known {
  readonly stored: StoredResponse;
  readonly version: number;
}

class Purger {
  readonly report: PurgingReport = { found: 0, outdated: 0 };
  readonly #store: SharedStore;
  readonly #versions: Int32Array;
  readonly #key: CacheKey;
  readonly #next: () => number;
  readonly #arriving: Known[] = [];
  readonly #confirmed: StoredResponse[] = [];

  constructor({ memory, versions, worker }: PurgingTask) {
    this.#store = new SharedStore(memory, worker);
    this.#versions = new Int32Array(versions);
    this.#key = new CacheKey("keep", memory.seed);
    this.#next = random(worker + 1);
  }

  step(): void {
    const number = Math.floor(this.#next() * KEYS);
    const bytes = bytesOf(`h/${number}/`);
    this.#key.make(bytes, 0, 1, bytes, 1, bytes.length);
    const action = this.#next();
    if (action < 0.5) this.#read(number);
    else if (action < 0.7) this.#begin(number);
    else if (action < 0.9) this.#finish();
    else if (action < 0.95) this.#confirm(number);
    else this.#purge(number);
  }

  #read(number: number): void {
    const floor = Atomics.load(this.#versions, KEYS + number);
    const stored = this.#store.find(this.#key)?.variants[0];
    if (stored === undefined || !this.#store.pin(stored)) return;
    this.report.found++;
    const version = stored.incoming === undefined
      ? stored.length
      : this.#arriving.find((known) => known.stored === stored)!.version;
    if (version < floor) this.report.outdated++;
    this.#store.unpin(stored);
  }

  #begin(number: number): void {
    if (this.#arriving.length > 3) return;
    const key = this.#key.written.view().slice();
    const content = { length: -1, mark: 0, tags: [`tag${number}`] };
    const stored = beginUnder(this.#store, key, this.#key.hash, content);
    if (stored === undefined) return; // too much is on its way
    // The origin is asked after the epoch has been noted.
    const version = Atomics.load(this.#versions, number);
    this.#arriving.push({ stored, version });
  }

  #finish(): void {
    const known = this.#arriving.shift();
    if (known !== undefined) {
      const content = { length: known.version, mark: 0, tags: [] };
      finish(this.#store, known.stored, content);
    }
    const stored = this.#confirmed.shift();
    if (stored === undefined) return;
    this.#store.freshened(stored);
    this.#store.unpin(stored);
  }

  /** Has the origin confirm what is stored; the store learns of it later. */
  #confirm(number: number): void {
    const stored = this.#store.find(this.#key)?.variants.find(({ location }) =>
      location !== undefined
    );
    if (stored === undefined || !this.#store.pin(stored)) return;
    const version = Atomics.load(this.#versions, number);
    if (stored.length === version) this.#confirmed.push(stored);
    else this.#store.unpin(stored);
  }

  #purge(number: number): void {
    const version = Atomics.add(this.#versions, number, 1) + 1;
    const bytes = this.#key.written.view();
    const how = this.#next();
    if (how < 0.8) this.#store.forget(bytes, this.#key.hash);
    else if (how < 0.9) {
      purgeNow(this.#store, { kind: "prefix", prefix: bytes.slice() });
    } else purgeNow(this.#store, { kind: "tag", tag: `tag${number}` });
    for (;;) {
      const floor = Atomics.load(this.#versions, KEYS + number);
      if (floor >= version) return;
      const at = KEYS + number;
      Atomics.compareExchange(this.#versions, at, floor, version);
    }
  }
}

scope.onmessage = ({ data }) => {
  const purger = new Purger(data);
  for (let i = 0; i < data.rounds; i++) purger.step();
  scope.postMessage(purger.report);
};
