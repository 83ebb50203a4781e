/**
 * From a response of the origin's to a whole that is kept in slices: its head is stored
 * like any other, and its content in pieces beside it. The first piece comes with the
 * response: as the part that was asked for, or as the beginning of something large.
 */

import type { Metadata } from "../../../cache/policy/metadata.ts";
import {
  codingOf,
  hasStrongValidator,
  isSliceable,
  offersRanges,
  partIn,
  versionOf,
} from "../../../cache/policy/slices.ts";
import type { Selecting } from "../../../cache/policy/vary.ts";
import { variantText } from "../../../cache/store/stored_record.ts";
import { StoredResponse } from "../../../cache/store/stored_response.ts";
import { FIELD } from "../../../http/field.ts";
import type { Fetch } from "../../../exchange/fetch_state.ts";
import type { SharedCache } from "../../../exchange/shared_cache.ts";
import { headOf } from "../stored_head.ts";
import { writeBehind } from "../write_behind.ts";
import { noting } from "../../writes.ts";
import { dropSlices, takeSlice } from "./slice_store.ts";

/** Whether the response is a part that was asked for in place of the client's range. */
export function isSliceAsked({ response, use }: Fetch): boolean {
  return response.status === 206 && use.sliceAsked >= 0;
}

/** Tells what is remembered of ranges from what is remembered of what can be stored. */
const RANGES_BIT = 2;
/** The same of versions that have changed. */
const CHANGED_BIT = 4;

/** Remembers for a while that the origin does not send ranges of this. */
export function noteWithoutRanges(
  { use, site }: Fetch,
  { store: { uncacheable } }: SharedCache,
): void {
  uncacheable.note(use.hash ^ RANGES_BIT, false, site.clock.now());
}

/**
 * Notes that the origin has another version than the one that there was. If that happens
 * again soon, its versions cannot be relied on: perhaps each of its servers has its own.
 */
export function noteChanged(fetch: Fetch, cache: SharedCache): void {
  const { uncacheable } = cache.store;
  const hash = fetch.use.hash ^ CHANGED_BIT;
  const nowMs = fetch.site.clock.now();
  if (uncacheable.has(hash, nowMs)) noteWithoutRanges(fetch, cache);
  uncacheable.note(hash, false, nowMs);
}

/** Whether it is remembered that the origin does not send ranges of this. */
export function isWithoutRanges(
  { use, site }: Fetch,
  { store: { uncacheable } }: SharedCache,
): boolean {
  return uncacheable.has(use.hash ^ RANGES_BIT, site.clock.now());
}

/**
 * Bytes of the whole that the response is a slice of, or begins; -1 if it cannot be kept
 * in slices: it has no strong validator, or is not what was asked for, or the origin does
 * not say that there are ranges.
 */
export function slicedLength(
  fetch: Fetch,
  cache: SharedCache,
  metadata: Metadata,
): number {
  const { response, use } = fetch;
  const { sliceBytes } = cache;
  if (sliceBytes === 0 || !hasStrongValidator(metadata)) return -1;
  const length = isSliceAsked(fetch)
    ? partIn(response, use.sliceAsked, sliceBytes)?.length ?? -1
    : wholeLength(fetch, cache);
  return isSliceable(length, sliceBytes) ? length : -1;
}

/** Bytes of a whole that comes, of which ranges can be had; -1 if they cannot. */
function wholeLength(fetch: Fetch, cache: SharedCache): number {
  const { response: { status, fields, framing }, request, use } = fetch;
  if (status !== 200 || framing.kind !== "length") return -1;
  const offers = offersRanges(fields);
  if (use.sliceAsked >= 0 || offers === false) noteWithoutRanges(fetch, cache);
  const asksForPart = request.fields.has(FIELD.Range) && !use.asksForAll &&
    !use.isValidating;
  // Once it has begun, only ranges can bring the rest: the origin must have said that they can be had.
  return !asksForPart && offers && !isWithoutRanges(fetch, cache)
    ? framing.length
    : -1;
}

/** What is to be stored. */
export interface Whole {
  readonly key: Uint8Array;
  readonly tags: readonly string[];
  readonly selecting: readonly Selecting[];
  readonly metadata: Metadata;
  readonly epoch: number;
  /** Bytes of its content; -1 if unknown. */
  readonly length: number;
}

/**
 * Stores the whole, and has the content of the response flow into a slice of it.
 *
 * @returns Undefined if there is no room.
 */
export function storeSliced(
  fetch: Fetch,
  cache: SharedCache,
  { key, tags, selecting, metadata, epoch, length }: Whole,
): StoredResponse | undefined {
  const { store, sliceBytes: bytes } = cache;
  const { use: { hash, extraKey, sliceAsked } } = fetch;
  const version = versionOf(
    metadata,
    { bytes, length },
    variantText({ extraKey, selecting }),
    store.lastPurgeOf({ key, hash, tags }),
  );
  const coding = codingOf(fetch.response.fields);
  const slices = { bytes, length, version, coding };
  const entry = store.obtain(key, hash);
  const replaced = entry.variants.filter((other) =>
    other.slices !== undefined && other.slices.version !== version &&
    variantText(other.traits) === variantText({ extraKey, selecting })
  );
  const traits = { status: 200, selecting, extraKey, tags, slices };
  const head = headOf(fetch, metadata, length);
  const stored = new StoredResponse(entry, traits, head, undefined);
  stored.epoch = epoch;
  if (!store.add(stored)) {
    store.release(entry);
    return undefined;
  }
  fetch.hold(stored); // it may have to go again before it is served
  if (takeSlice(fetch, cache, stored, Math.max(0, sliceAsked)) === undefined) {
    store.remove(stored);
    return undefined;
  }
  noting(fetch.use).isFirstHand = noting(fetch.use).isStored = true;
  writeBehind(cache, stored);
  store.complete(stored);
  for (const other of replaced) dropSlices(cache, other);
  return stored;
}
