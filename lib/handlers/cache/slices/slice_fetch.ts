/**
 * Fetching a slice: one request to the origin, for all who want it. It is made in the
 * name of the client that wants it first, and goes on without it.
 */

import {
  codingOf,
  isOfVersion,
  partIn,
  rangeOfSlice,
} from "../../../cache/policy/slices.ts";
import { SharedFetch } from "../../../cache/store/shared_fetch.ts";
import type {
  StoredEntry,
  StoredResponse,
} from "../../../cache/store/stored_response.ts";
import type { Exchange } from "../../../exchange/exchange_state.ts";
import type { Fetch } from "../../../exchange/fetch_state.ts";
import { sharedPlan } from "../../../exchange/lookup.ts";
import type { SharedCache } from "../../../exchange/shared_cache.ts";
import { fetchFromOrigin } from "../../../fetch/ask.ts";
import {
  type ForwardingPlan,
  NO_VALIDATORS,
} from "../../../head/forwarding.ts";
import { HttpError } from "../../../http/error.ts";
import { logEvent } from "../../../observe/event_log.ts";
import { noting } from "../../writes.ts";
import { addRecord } from "../recall.ts";
import { copyOfHead } from "../refresh.ts";
import { noteChanged, noteWithoutRanges } from "./take_whole.ts";
import { takeOutStored } from "../take_out.ts";
import { findSlice, passSlice, sliceKeyOf, takeSlice } from "./slice_store.ts";

/** Waits for other workers' fetches of one slice; then it is fetched here, too. */
const WAITS_MAX = 3;

/** Statuses that say something of the content; others are of the moment, or of the client. */
const TELLING: ReadonlySet<number> = new Set([200, 206, 404, 410, 416]);

/** There is no more of the version that was stored. */
export class VersionGone extends HttpError {}

/** A fetch of a slice that is under way here. */
class SliceFetch extends SharedFetch {
  /** What it brings: pinned, once for each who waits. */
  stored: StoredResponse | undefined;
  /** Whether that is for one of them only. */
  isForOne = false;
  /** Why it brings nothing. */
  error: unknown;

  /** What it brings, for one who has waited; undefined if there is nothing for it. */
  take(): StoredResponse | undefined {
    const { stored } = this;
    if (this.isForOne) this.stored = undefined;
    return stored;
  }
}

/** How the origin is asked for a slice. */
export function slicePlan(
  plan: ForwardingPlan,
  sliceBytes: number,
  index: number,
): ForwardingPlan {
  const start = index * sliceBytes;
  const range = { start, end: start + sliceBytes };
  return { ...plan, validators: NO_VALIDATORS, range };
}

/** A slice that was found, or waited for. */
export interface ObtainedSlice {
  /** Pinned; its content may be on its way. */
  readonly stored: StoredResponse;
  /** Whether the origin was asked for it. */
  readonly isFetched: boolean;
}

/**
 * A slice: found, or waited for, or fetched.
 *
 * @throws {HttpError} Why it cannot be had, or why the exchange has been ended.
 */
export async function obtainSlice(
  x: Exchange,
  cache: SharedCache,
  whole: StoredResponse,
  index: number,
): Promise<ObtainedSlice> {
  let isFetched = false;
  for (let waits = 0;; waits++) {
    const found = findSlice(cache, whole, index);
    if (found !== undefined) return { stored: found, isFetched };
    const mayWait = waits < WAITS_MAX;
    const fetching = fetchSlice(x.fetch, cache, whole, index, mayWait);
    const brought = await waitFor(x, cache, fetching);
    if (brought !== undefined) return { stored: brought, isFetched: true };
    isFetched = !(fetching instanceof SliceFetch); // else a tier had it
  }
}

/** @returns What it brings, pinned; undefined if it was another worker's. */
async function waitFor(
  x: Exchange,
  { store }: SharedCache,
  fetching: SharedFetch,
): Promise<StoredResponse | undefined> {
  x.waitOn(fetching);
  fetching.waiting++;
  while (fetching.outcome === undefined && x.failure === undefined) {
    await fetching.wait();
  }
  const isOver = fetching.outcome !== undefined;
  fetching.leave();
  x.waitOn();
  if (!(fetching instanceof SliceFetch) || !isOver) {
    if (x.failure !== undefined) throw x.failure;
    return undefined;
  }
  const { error } = fetching;
  const stored = fetching.take();
  if (x.failure !== undefined) {
    if (stored !== undefined) store.unpin(stored);
    throw x.failure;
  }
  if (error !== undefined) throw error;
  return stored;
}

/** Has a slice fetched before anybody has asked for it, if not too much is going on. */
export function fetchAhead(
  fetch: Fetch,
  cache: SharedCache,
  whole: StoredResponse,
  index: number,
): void {
  const { ledger } = cache.store;
  if (!cache.mayFetchAhead || !ledger.mayGrow(whole.slices!.bytes)) return;
  const fetching = fetchSlice(fetch, cache, whole, index, true);
  if (!(fetching instanceof SliceFetch)) return; // another worker does
  cache.aheadCount++;
  const leave = (): void => {
    if (fetching.outcome !== undefined) cache.aheadCount--;
    else fetching.wait().then(leave);
  };
  leave();
}

/** The fetch of a slice that is under way, here or elsewhere; begun if there is none. */
function fetchSlice(
  fetch: Fetch,
  cache: SharedCache,
  whole: StoredResponse,
  index: number,
  mayWait: boolean,
): SharedFetch {
  const { store } = cache;
  const { key, hash } = sliceKeyOf(cache, whole, index);
  const entry = store.obtain(key, hash);
  if (entry.sharedFetch !== undefined && mayWait) return entry.sharedFetch;
  const elsewhere = mayWait
    ? store.workerFetches?.beginUnlessElsewhere(hash)
    : undefined;
  if (elsewhere !== undefined) {
    store.release(entry);
    return elsewhere;
  }
  const background = fetch.again(
    copyOfHead(fetch.request),
    fetch.site.clock.now(),
  );
  noting(background.use).epoch = store.epoch;
  const stop = (): void =>
    background.cancel(new HttpError("client_gone", "Nobody wants the slice"));
  const fetching = new SliceFetch({ onNoWaiters: stop });
  entry.sharedFetch ??= fetching;
  const asked = { whole, index, isRecalled: mayWait };
  cache.track({ close: stop }, run(background, cache, asked, entry, fetching));
  return fetching;
}

/** What is fetched. */
interface AskedSlice {
  readonly whole: StoredResponse;
  readonly index: number;
  /** Whether the tiers behind the store are asked first. */
  readonly isRecalled: boolean;
}

async function run(
  fetch: Fetch,
  cache: SharedCache,
  { whole, index, isRecalled }: AskedSlice,
  entry: StoredEntry,
  fetching: SliceFetch,
): Promise<void> {
  const { store } = cache;
  let stored: StoredResponse | undefined;
  try {
    if (isRecalled && await recallSlice(cache, entry)) return;
    if (fetch.failure !== undefined) throw fetch.failure;
    const plan = slicePlan(sharedPlan(fetch), whole.slices!.bytes, index);
    await fetchFromOrigin(fetch, plan);
    checkSlice(fetch, cache, whole, index);
    stored = takeSlice(fetch, cache, whole, index);
    if (stored === undefined && fetching.waiting > 0) {
      fetching.isForOne = true;
      fetching.stored = passSlice(fetch, cache, whole, entry);
      store.pin(fetching.stored);
    } else if (stored !== undefined) {
      for (let i = 0; i < fetching.waiting; i++) store.pin(stored);
      fetching.stored = stored;
    }
  } catch (error) {
    fetching.error = error;
    if (!(error instanceof HttpError) || error.code === "internal") {
      logEvent("error", `A bug in sluice: ${(error as Error).stack}`);
    }
  } finally {
    if (entry.sharedFetch === fetching) entry.sharedFetch = undefined;
    fetching.settle(stored === undefined ? "alone" : "look");
    store.workerFetches?.end(entry.hash, stored);
    store.release(entry);
    fetch.discardOrigin();
    fetch.end();
  }
}

/** Brings a slice from a tier into the store; tells whether one had it. No tier is waited for longer than its deadline. */
async function recallSlice(
  cache: SharedCache,
  { key, hash }: StoredEntry,
): Promise<boolean> {
  const { tiers, store: { epoch } } = cache;
  if (tiers?.mayLookUp !== true) return false;
  const query = { key, hash, isMeant: (): boolean => true };
  const record = await tiers.get(query, new AbortController().signal);
  return record !== undefined && addRecord(cache, record, { key, hash, epoch });
}

/** The tier that has a slice, for those who only want to know; undefined if none has it. */
export async function tierOfSlice(
  cache: SharedCache,
  whole: StoredResponse,
  index: number,
): Promise<string | undefined> {
  const { tiers } = cache;
  if (tiers?.mayLookUp !== true) return undefined;
  const { key, hash } = sliceKeyOf(cache, whole, index);
  const query = { key, hash, isMeant: (): boolean => true };
  const found = await tiers.find(query, new AbortController().signal);
  tiers.abandon(key); // nothing is fetched
  return found?.tier;
}

/**
 * Looks whether the origin has answered with the slice of the version that there is. If
 * not, that version goes, or, where the origin has just not cut it out, nobody asks it
 * for slices for a while.
 *
 * @throws {VersionGone} It cannot be put together with what there is.
 * @throws {HttpError} `origin_bad_message`.
 */
function checkSlice(
  fetch: Fetch,
  cache: SharedCache,
  whole: StoredResponse,
  index: number,
): void {
  const { response } = fetch;
  const { bytes, length, coding } = whole.slices!;
  const part = partIn(response, index, bytes);
  const isSame = isOfVersion(response.fields, whole.head.metadata) &&
    codingOf(response.fields) === coding;
  if (isSame && part?.length === length) return;
  if (!TELLING.has(response.status)) {
    const { start } = rangeOfSlice(whole.slices!, index);
    throw new HttpError(
      "origin_bad_message",
      `The origin answered ${response.status} to the slice at ${start}`,
    );
  }
  if (isSame) noteWithoutRanges(fetch, cache);
  else noteChanged(fetch, cache);
  takeOutStored(cache, whole);
  throw new VersionGone(
    "origin_bad_message",
    isSame
      ? "The origin does not send ranges any more"
      : "The content has changed at the origin",
  );
}
