/** Answering with what is kept in slices: ranges and conditions are those of the whole. */

import { rangeOfSlice, sliceCount } from "../../../cache/policy/slices.ts";
import type { StoredResponse } from "../../../cache/store/stored_response.ts";
import type { Reply } from "../../../deliver/reply.ts";
import {
  type Exchange,
  resumeReading,
} from "../../../exchange/exchange_state.ts";
import type { SharedCache } from "../../../exchange/shared_cache.ts";
import { HttpError } from "../../../http/error.ts";
import type { ByteRange } from "../../../http/range.ts";
import { deliverOrPage } from "../../intercept.ts";
import { noting } from "../../writes.ts";
import { apartReply, type Wanted, wantedOf } from "../apart_reply.ts";
import { noteOf } from "../stored_reply.ts";
import { obtainSlice, tierOfSlice, VersionGone } from "./slice_fetch.ts";
import { findSlice, hasSlice } from "./slice_store.ts";
import { type FirstSlice, SlicedReader } from "./sliced_reader.ts";
import { offerUsed } from "../write_behind.ts";

/**
 * Answers the exchange with a whole that is kept in slices, which it holds. The first
 * slice that is wanted is there, or begins to arrive, before anything is sent.
 *
 * @param askAnew Looks it up once more, if that slice is not of the same version any more.
 * @throws {HttpError} Why there is no answer, or why it breaks off.
 */
export async function deliverSliced(
  x: Exchange,
  cache: SharedCache,
  whole: StoredResponse,
  nowMs: number,
  askAnew: () => Promise<void>,
): Promise<void> {
  resumeReading(x);
  const wanted = wantedSlices(x, cache, whole);
  let first: FirstSlice | undefined;
  if (wanted !== undefined) {
    const found = await firstSlice(x, cache, whole, wanted);
    if (found === "changed") return await askAnew();
    first = found;
  }
  let isOpened = false;
  const open = (): SlicedReader => {
    const begin = isOpened ? undefined : first;
    isOpened = true;
    return new SlicedReader(x, cache, whole, begin);
  };
  try {
    const reply = slicedReply(whole, open);
    await deliverOrPage(x, { ...reply, note: noteOf(x, whole, nowMs) });
  } finally {
    if (!isOpened && first !== undefined) cache.store.unpin(first.stored);
  }
}

function slicedReply(whole: StoredResponse, open: () => SlicedReader): Reply {
  return apartReply(whole, { length: whole.slices!.length, open });
}

/** The reply that a whole makes, for those who only look at it. */
export function unreadReply(
  x: Exchange,
  cache: SharedCache,
  whole: StoredResponse,
): Reply {
  return slicedReply(
    whole,
    () => new SlicedReader(x, cache, whole, undefined),
  );
}

/** A slice that is not in memory. */
export interface SliceElsewhere {
  readonly index: number;
  /** The tier that has it; undefined if the origin is to be asked. */
  readonly tier: string | undefined;
}

/**
 * Finds where the first slice is that the client gets, for those who only want to know. The
 * outcome takes note if the origin is to be asked for it.
 *
 * @returns Undefined if it is in memory, or if the client gets none.
 * @throws {HttpError} `not_cached`.
 */
export async function firstElsewhere(
  x: Exchange,
  cache: SharedCache,
  whole: StoredResponse,
): Promise<SliceElsewhere | undefined> {
  const wanted = wantedSlices(x, cache, whole);
  if (wanted === undefined) return undefined;
  const index = firstIndex(x, cache, whole, wanted);
  if (hasSlice(cache, whole, index)) return undefined;
  const tier = await tierOfSlice(cache, whole, index);
  if (tier === undefined) noteMissing(x);
  return { index, tier };
}

function noteMissing({ outcome }: Exchange): void {
  noting(outcome).reason ??= "partial";
  noting(outcome).result = "miss";
}

function wantedSlices(
  x: Exchange,
  cache: SharedCache,
  whole: StoredResponse,
): Wanted | undefined {
  return wantedOf(x, unreadReply(x, cache, whole), whole.slices!.length);
}

/**
 * The first of the slices that are wanted.
 *
 * @throws {HttpError} `not_cached`: the client takes only what is stored, and not all is.
 */
function firstIndex(
  { outcome }: Exchange,
  cache: SharedCache,
  whole: StoredResponse,
  wanted: Wanted,
): number {
  if (outcome.directives.has("only-if-cached")) {
    for (const range of wanted) checkThere(cache, whole, range);
  }
  return Math.floor(wanted[0].start / whole.slices!.bytes);
}

async function firstSlice(
  x: Exchange,
  cache: SharedCache,
  whole: StoredResponse,
  wanted: Wanted,
): Promise<FirstSlice | "changed"> {
  const { outcome } = x;
  const { end } = wanted[0];
  const index = firstIndex(x, cache, whole, wanted);
  const found = findSlice(cache, whole, index);
  if (found !== undefined) {
    // Not by the request that brings it: what is asked for once goes first.
    if (!outcome.isFirstHand) {
      found.visited = true;
      if (!found.isOffered) offerUsed(cache, found);
    }
    return { index, stored: found, end };
  }
  const hasAskedAnew = outcome.isFirstHand; // what has just come cannot have gone
  const { reason } = outcome;
  noteMissing(x);
  try {
    const { stored, isFetched } = await obtainSlice(x, cache, whole, index);
    if (!isFetched) noting(outcome).reason = reason;
    return { index, stored, end };
  } catch (error) {
    if (!(error instanceof VersionGone) || hasAskedAnew) throw error;
    return "changed";
  }
}

/** @throws {HttpError} `not_cached`: some of it is missing. */
function checkThere(
  cache: SharedCache,
  whole: StoredResponse,
  { start, end }: ByteRange,
): void {
  const slices = whole.slices!;
  const count = sliceCount(slices);
  for (let index = Math.floor(start / slices.bytes); index < count; index++) {
    if (rangeOfSlice(slices, index).start >= end) return;
    if (hasSlice(cache, whole, index)) continue;
    throw new HttpError(
      "not_cached",
      "Not all of it is stored, and the client said only-if-cached",
    );
  }
}
