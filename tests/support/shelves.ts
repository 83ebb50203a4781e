/**
 * The places where responses are kept, as one who puts something there and looks for it
 * later sees them: memory, memory that workers share, and disk.
 */

import { DiskFolder, diskTier } from "../../lib/cache/disk/disk_folder.ts";
import type { DiskTier } from "../../lib/cache/disk/disk_tier.ts";
import { CacheEntry } from "../../lib/cache/store/cache_entry.ts";
import { MemoryStore } from "../../lib/cache/store/memory/memory_store.ts";
import type { Purge } from "../../lib/cache/store/purge.ts";
import { SharedStore } from "../../lib/cache/store/shared/shared_store.ts";
import type { Store } from "../../lib/cache/store/store.ts";
import { describe, recordOf } from "../../lib/cache/store/stored_record.ts";
import {
  StoredResponse,
  type StoredTraits,
} from "../../lib/cache/store/stored_response.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { assert } from "./assert.ts";
import { keyOf, memoryOf } from "./shared_store.ts";
import {
  beginUnder,
  type Content,
  finish,
  headOf,
  purgeNow,
} from "./stored.ts";
import { CONTENT, find } from "./store_views.ts";

/** What is found of a response. */
export interface Found {
  readonly content: Uint8Array;
  readonly traits: StoredTraits;
  readonly etag: string;
  readonly isMarkedStale: boolean;
}

/** One view of a place. */
export interface Shelf {
  /** Puts a response there; its every byte is the mark. */
  put(path: string, content: Partial<Content>): Promise<void>;
  /** Gives one that is there another head. */
  freshen(path: string, etag: string): Promise<void>;
  /** What is there for a path, for requests with this extra key. */
  look(path: string, extraKey?: string): Promise<Found | undefined>;
  purge(purge: Purge): Promise<number>;
}

/** A place, as two workers see it; that may be one and the same view. */
export interface Place extends AsyncDisposable {
  readonly here: Shelf;
  readonly there: Shelf;
  /** Restarts the program, where that leaves something; nothing happens otherwise. */
  restart(): Promise<void>;
}

/** What a place may take. */
export interface Bounds {
  readonly bytesMax: number;
  readonly objectBytesMax: number;
}

/** How to make an empty place. */
export interface PlaceMaker {
  readonly name: string;
  /** Bounds that hold everything, and ones that are soon reached. */
  readonly ample: Bounds;
  readonly tight: Bounds;
  make(bounds: Bounds): Promise<Place>;
}

/** A store as a shelf: there, everything is done at once. */
class StoreShelf implements Shelf {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async put(path: string, content: Partial<Content>): Promise<void> {
    const all = { ...CONTENT, ...content };
    const key = keyOf(path);
    const bytes = key.written.view().slice();
    const stored = beginUnder(this.#store, bytes, key.hash, all);
    if (stored === undefined) return;
    if (all.length <= this.#store.limits.objectBytesMax) {
      finish(this.#store, stored, all);
    } else {
      const isTaken = stored.incoming!.append(new Uint8Array(all.length));
      assert(!isTaken); // it would only pass from here on
      this.#store.remove(stored);
    }
  }

  // deno-lint-ignore require-await -- as above
  async freshen(path: string, etag: string): Promise<void> {
    const [stored] = find(this.#store, path);
    if (stored === undefined || !this.#store.pin(stored)) return;
    stored.freshen(headOf(stored.length, etag));
    this.#store.freshened(stored);
    this.#store.unpin(stored);
  }

  // deno-lint-ignore require-await -- as above
  async look(path: string, extraKey = ""): Promise<Found | undefined> {
    const stored = find(this.#store, path).find(({ traits }) =>
      traits.extraKey === extraKey
    );
    if (stored === undefined || !this.#store.pin(stored)) return undefined;
    stored.visited = true;
    const { traits, isMarkedStale, head: { metadata: { etag } } } = stored;
    const content = stored.body.slice();
    this.#store.unpin(stored);
    return { content, traits, etag, isMarkedStale };
  }

  // deno-lint-ignore require-await -- as above
  async purge(purge: Purge): Promise<number> {
    return purgeNow(this.#store, purge);
  }
}

const NEVER = new AbortController().signal;

/** A tier as a shelf: what is put there is written when this is over. */
class TierShelf implements Shelf {
  readonly #tier: () => DiskTier;

  /** @param tier The tier: another one after a restart. */
  constructor(tier: () => DiskTier) {
    this.#tier = tier;
  }

  async put(path: string, content: Partial<Content>): Promise<void> {
    const { length, mark, tags, extraKey = "", etag } = {
      ...CONTENT,
      ...content,
    };
    const { key, hash } = bytesOfKey(path);
    const stored = new StoredResponse(
      new CacheEntry(key, hash),
      { status: 200, selecting: [], extraKey, tags },
      headOf(length, etag),
      undefined,
    );
    stored.buffer = new Uint8Array(length).fill(mark);
    stored.length = length;
    await this.#tier().put(recordOf(stored), hash, NEVER);
  }

  async freshen(path: string, etag: string): Promise<void> {
    const found = await this.look(path);
    if (found === undefined) return;
    const { content, traits: { tags } } = found;
    const { length } = content;
    await this.put(path, { length, mark: content[0] ?? 0, tags, etag });
  }

  async look(path: string, extraKey = ""): Promise<Found | undefined> {
    const query = {
      ...bytesOfKey(path),
      isMeant: ({ description, head }: {
        readonly description: Uint8Array;
        readonly head: Uint8Array;
      }): boolean => describe(description, head).traits.extraKey === extraKey,
    };
    const record = await this.#tier().get(query, NEVER);
    if (record === undefined) return undefined;
    const { traits, head } = describe(record.description, record.head);
    return {
      content: record.content,
      traits,
      etag: head.metadata.etag,
      isMarkedStale: record.isMarkedStale ?? false,
    };
  }

  async purge(purge: Purge): Promise<number> {
    return await this.#tier().purge(purge, NEVER);
  }
}

function bytesOfKey(path: string): { key: Uint8Array; hash: number } {
  const key = keyOf(path);
  return { key: key.written.view().slice(), hash: key.hash };
}

/** A folder with the tiers of two workers. */
class DiskPlace implements Place {
  readonly here: Shelf;
  readonly there: Shelf;
  readonly #path: string;
  readonly #bounds: Bounds;
  #folder: DiskFolder | undefined;
  #tiers: readonly DiskTier[] = [];

  constructor(path: string, bounds: Bounds) {
    this.#path = path;
    this.#bounds = bounds;
    this.here = new TierShelf(() => this.#tiers[0]!);
    this.there = new TierShelf(() => this.#tiers[1]!);
  }

  async open(): Promise<void> {
    this.#folder = await DiskFolder.open({
      path: this.#path,
      ...this.#bounds,
      admit: 1,
    });
    const clock = new SystemClock();
    this.#tiers = [0, 1].map(() => diskTier(this.#folder!.link(), clock));
  }

  async restart(): Promise<void> {
    await this.#close();
    await this.open();
  }

  async #close(): Promise<void> {
    for (const tier of this.#tiers) await tier.close();
    await this.#folder?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await Deno.remove(this.#path, { recursive: true });
  }
}

function storePlace(here: Store, there: Store): Place {
  return {
    here: new StoreShelf(here),
    there: new StoreShelf(there),
    async restart(): Promise<void> {},
    async [Symbol.asyncDispose](): Promise<void> {},
  };
}

const MIB = 2 ** 20;
const IN_MEMORY = {
  ample: { bytesMax: 16 * MIB, objectBytesMax: MIB },
  tight: { bytesMax: MIB, objectBytesMax: 100_000 },
};
const ON_DISK = {
  ample: { bytesMax: 64 * MIB, objectBytesMax: MIB },
  tight: { bytesMax: 16 * MIB, objectBytesMax: 100_000 },
};

/** All of them. */
export const PLACES: readonly PlaceMaker[] = [
  {
    name: "memory",
    ...IN_MEMORY,
    make(bounds): Promise<Place> {
      const store = new MemoryStore(bounds);
      return Promise.resolve(storePlace(store, store));
    },
  },
  {
    name: "shared memory",
    ...IN_MEMORY,
    make({ bytesMax, objectBytesMax }): Promise<Place> {
      const memory = memoryOf(bytesMax, 2, objectBytesMax);
      const [here, there] = [0, 1].map((at) => new SharedStore(memory, at));
      return Promise.resolve(storePlace(here!, there!));
    },
  },
  {
    name: "disk",
    ...ON_DISK,
    async make(bounds): Promise<Place> {
      const place = new DiskPlace(await Deno.makeTempDir(), bounds);
      await place.open();
      return place;
    },
  },
];
