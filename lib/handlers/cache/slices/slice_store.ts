/**
 * Slices in the store: each is an entry of its own, under a key that is made of that of
 * the whole, its version and its number. So a slice of another version is never found.
 */

import { pieceKey } from "../../../cache/policy/cache_key.ts";
import { rangeOfSlice, sliceCount } from "../../../cache/policy/slices.ts";
import { IncomingContent } from "../../../cache/store/incoming_content.ts";
import { CacheEntry } from "../../../cache/store/cache_entry.ts";
import {
  type StoredEntry,
  type StoredHead,
  StoredResponse,
} from "../../../cache/store/stored_response.ts";
import type { Fetch } from "../../../exchange/fetch_state.ts";
import type { SharedCache } from "../../../exchange/shared_cache.ts";
import { nextTurn } from "../../../net/clock.ts";
import { receiveContent } from "../receive_content.ts";

/** Slices that are looked for in one turn of the event loop. */
const LOOKED_FOR_PER_TURN = 500;
/** A slice has no head of its own: nobody gets it but as part of the whole. */
const NO_HEAD = new Uint8Array(0);

/** What a slice is found by. */
export interface SliceKey {
  readonly key: Uint8Array;
  readonly hash: number;
}

/** The key of a slice of a whole that is kept in slices. */
export function sliceKeyOf(
  cache: SharedCache,
  { entry, slices }: StoredResponse,
  index: number,
): SliceKey {
  const key = pieceKey(entry.key, `${slices!.version} ${index}`);
  return { key, hash: cache.key.hashOf(key) };
}

/** A slice that is there, or on its way: pinned; undefined if there is none. */
export function findSlice(
  cache: SharedCache,
  whole: StoredResponse,
  index: number,
): StoredResponse | undefined {
  const { store } = cache;
  const { key, hash } = sliceKeyOf(cache, whole, index);
  for (;;) {
    const stored = store.get(key, hash)?.variants[0];
    // If it is not there any more, another worker has just moved it or taken it out.
    if (stored === undefined || store.pin(stored)) return stored;
  }
}

/** Whether a slice is there, or on its way. */
export function hasSlice(
  cache: SharedCache,
  whole: StoredResponse,
  index: number,
): boolean {
  const { key, hash } = sliceKeyOf(cache, whole, index);
  const entry = cache.store.get(key, hash);
  return entry !== undefined && entry.variants.length > 0;
}

/**
 * Takes in the content of `fetch.response`, or the beginning of it, as a slice: held by
 * the fetch.
 *
 * @returns Undefined if there is no room for it.
 */
export function takeSlice(
  fetch: Fetch,
  cache: SharedCache,
  whole: StoredResponse,
  index: number,
): StoredResponse | undefined {
  const { store } = cache;
  const { start, end } = rangeOfSlice(whole.slices!, index);
  const { key, hash } = sliceKeyOf(cache, whole, index);
  const entry = store.obtain(key, hash);
  const incoming = new IncomingContent(
    end - start,
    store.limits.objectBytesMax,
    store.ledger,
  );
  incoming.isAlwaysFinished = true; // most clients that seek want a part of it
  const stored = sliceOf(whole, entry, incoming);
  stored.epoch = fetch.use.epoch ?? store.epoch;
  if (!store.add(stored)) {
    store.ledger.storage.give(incoming.content());
    store.release(entry);
    return undefined;
  }
  fetch.hold(stored);
  receiveContent(fetch, cache, stored, incoming);
  return stored;
}

/**
 * Lets the content of `fetch.response` pass through to one reader, since there is no room
 * for all of it.
 */
export function passSlice(
  fetch: Fetch,
  cache: SharedCache,
  whole: StoredResponse,
  { key, hash }: StoredEntry,
): StoredResponse {
  const incoming = new IncomingContent(-1, 0, cache.store.ledger);
  const entry = new CacheEntry<StoredResponse>(key, hash); // which nobody finds
  const stored = sliceOf(whole, entry, incoming);
  fetch.hold(stored);
  receiveContent(fetch, cache, stored, incoming);
  return stored;
}

function sliceOf(
  whole: StoredResponse,
  entry: StoredEntry,
  incoming: IncomingContent,
): StoredResponse {
  const { tags } = whole.traits;
  const traits = { status: 206, selecting: [], extraKey: "", tags };
  const head = headOf(whole, incoming.length);
  return new StoredResponse(entry, traits, head, incoming);
}

function headOf({ head }: StoredResponse, length: number): StoredHead {
  const { minorVersion, metadata } = head;
  return {
    kind: "kept",
    bytes: NO_HEAD,
    minorVersion,
    length,
    hasForms: false,
    forClients: undefined,
    metadata,
  };
}

/**
 * Takes the slices of a whole out, with requests in between.
 *
 * @returns How many there were.
 */
export async function removeSlices(
  cache: SharedCache,
  whole: StoredResponse,
): Promise<number> {
  const { store } = cache;
  const count = sliceCount(whole.slices!);
  let removed = 0;
  for (let index = 0; index < count; index++) {
    if (index % LOOKED_FOR_PER_TURN === LOOKED_FOR_PER_TURN - 1) {
      await nextTurn();
    }
    const { key, hash } = sliceKeyOf(cache, whole, index);
    for (const stored of [...store.get(key, hash)?.variants ?? []]) {
      store.remove(stored);
      removed++;
    }
  }
  return removed;
}

/** The same while everything goes on, behind the store, too. */
export function dropSlices(cache: SharedCache, whole: StoredResponse): void {
  const { entry: { key }, slices } = whole;
  const prefix = pieceKey(key, `${slices!.version} `);
  cache.tiers?.purge({ kind: "prefix", prefix });
  cache.track({ close(): void {} }, removeSlices(cache, whole).then(() => {}));
}
