/**
 * The contract of a store: what is kept in memory, within a bound, and how it is found
 * again. `MemoryStore` is the only one of its process; a `SharedStore` shares what it
 * has with those of other workers.
 *
 * Everything here is synchronous, so that a hit waits for nothing. A response is added
 * when its head has come and can be found from then on; its content flows in
 * (`incoming_content.ts`), and `complete` says that it is whole. A reader pins it
 * meanwhile.
 */

import type { CacheKey } from "../policy/cache_key.ts";
import type { LastRefusals } from "./last_refusals.ts";
import type { Ledger } from "./ledger.ts";
import type { Purge } from "./purge.ts";
import type { Nameable } from "./purge_epochs.ts";
import type { SharedFetch } from "./shared_fetch.ts";
import type { StoredEntry, StoredResponse } from "./stored_response.ts";
import type { UncacheableKeys } from "./uncacheable_keys.ts";

/** The bounds of a store, in bytes. */
export interface StoreLimits {
  /** For all that is stored. */
  readonly bytesMax: number;
  /** For the content of one response. */
  readonly objectBytesMax: number;
  /** For one piece of content that is larger than that; undefined or 0 if none is kept in pieces. */
  readonly sliceBytes?: number;
}

/** See the module's comment. */
export interface Store {
  readonly limits: StoreLimits;
  /** What the stored responses take, and where their buffers come from. */
  readonly ledger: Ledger;
  /** Which keys brought what could not be stored. */
  readonly uncacheable: UncacheableKeys;
  /** Why what they brought could not be stored. */
  readonly refusals: LastRefusals;
  /** What the workers fetch, as all of them see it; undefined if there is one only. */
  readonly workerFetches: WorkerFetches | undefined;

  /** The entry of a key; undefined if nothing is known of it. */
  find(key: CacheKey): StoredEntry | undefined;

  /** The same by the bytes of the key and their hash. */
  get(key: Uint8Array, hash: number): StoredEntry | undefined;

  /** The entry of a key, made if there is none; `release` it when it is done with. */
  obtain(key: Uint8Array, hash: number): StoredEntry;

  /** Forgets an entry that holds nothing. */
  release(entry: StoredEntry): void;

  /**
   * Adds a response whose content is on its way; it can be found from here on. What it
   * replaces stays behind it until {@linkcode complete}.
   *
   * @returns Whether there is room for it.
   */
  add(stored: StoredResponse): boolean;

  /**
   * The content has arrived whole: what it replaces goes. A response that was taken out
   * on its way stays out.
   */
  complete(stored: StoredResponse): void;

  /**
   * A response has a new head: of those that are whole, it is the most recent (RFC 9111
   * §4). It is not marked stale any more.
   *
   * @param epoch That at which the origin was asked; now, unless it is given.
   */
  freshened(stored: StoredResponse, epoch?: number): void;

  /**
   * Keeps the bytes of a response from being used for another one, until `unpin`.
   *
   * @returns Whether they are still there; if not, look it up again.
   */
  pin(stored: StoredResponse): boolean;

  /** Ends what `pin` began. */
  unpin(stored: StoredResponse): void;

  /** Takes a response out; those who read it read on, and until then it counts. */
  remove(stored: StoredResponse): void;

  /** Tells the epochs of this store from those of others, which number their own purges: random. */
  readonly run: number;

  /** The epoch: the number of the last purge. It is noted when the origin is asked for something. */
  readonly epoch: number;

  /** Whether a purge since an epoch names what was asked for then: it must not be stored, nor confirm what is. */
  isOutdated(epoch: number, asked: Nameable): boolean;

  /** The number of the last purge that names a response, or may do; 0 if there was none. */
  lastPurgeOf(asked: Nameable): number;

  /** Takes out everything of a key, whoever knows of it; tells how many responses that were. */
  forget(key: Uint8Array, hash: number): number;

  /**
   * Carries out a purge, step by step: each is no more work than requests can wait for,
   * and whoever runs it lets them come in between. What it names, and what was asked for
   * before its first step, is not found any more after its last. What is on its way is
   * taken out by a soft purge, too.
   *
   * @returns How many responses it has hit.
   */
  purge(purge: Purge): Generator<void, number>;
}

/** Work of one step of a purge: so many responses are looked at … */
export const PURGE_STEP = 1000;
/** … of which those that it hits count so many more. */
export const PURGED_WORK = 4;

/** Collapsed forwarding across workers: each says by the hash of the key what it fetches. */
export interface WorkerFetches {
  /** The fetch of another worker, to wait for; undefined if there is none. */
  elsewhere(hash: number): SharedFetch | undefined;

  /** As `elsewhere`; if there is none, this worker fetches: of two that ask at once, one is told of the other's. */
  beginUnlessElsewhere(hash: number): SharedFetch | undefined;

  /** Says that this worker fetches. */
  begin(hash: number): void;

  /**
   * Says what has become of it; others look again.
   *
   * @param stored What it brings. If its content is still on its way, others wait until
   *   that is whole, or taken out.
   */
  end(hash: number, stored: StoredResponse | undefined): void;

  /** Whether other workers wait for what this one fetches. */
  isAwaited(hash: number): boolean;
}
