/**
 * Fetching for the cache: the origin is asked, and its answer makes a stored
 * response, freshens one, or is no business of the cache's.
 */

import { forgetInvalidated } from "./invalidate.ts";
import { validatorMatches } from "../../cache/policy/freshen.ts";
import { SharedFetch } from "../../cache/store/shared_fetch.ts";
import { tagsOf } from "../../cache/policy/tags.ts";
import type { Times } from "../../cache/policy/metadata.ts";
import { staleDecision } from "../../cache/policy/reuse.ts";
import { concernsOneRequest } from "../../cache/policy/storable.ts";
import type {
  StoredEntry,
  StoredResponse,
} from "../../cache/store/stored_response.ts";
import { HttpError } from "../../http/error.ts";
import { isSafe, METHOD } from "../../http/method.ts";
import { fetchFromOrigin } from "../../fetch/ask.ts";
import type { Fetch } from "../../exchange/fetch_state.ts";
import { type ForwardingPlan, NO_VALIDATORS } from "../../head/forwarding.ts";
import { keyOf } from "../../exchange/lookup.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { endingOf } from "../../exchange/ending.ts";
import { storeResponse } from "./store_response.ts";
import { takeOutStored } from "./take_out.ts";
import { takeHead, takeNotModified } from "./update.ts";
import { noting } from "../writes.ts";

/** Statuses that say that there is too much to do, or that the connection was the wrong one. */
const OF_THE_MOMENT: ReadonlySet<number> = new Set([408, 421, 425, 429]);

/** How to fetch. */
export interface Fetching {
  readonly plan: ForwardingPlan;
  /** The stored response that the request selects, which cannot be used as it is. */
  readonly stored: StoredResponse | undefined;
  /** Where others find that they may wait; undefined if they may not. */
  readonly entry?: StoredEntry | undefined;
}

/**
 * Asks the origin.
 *
 * @returns The stored response that answers the request: new, freshened, or stale
 *   in place of an error. Undefined if `fetch.response` is to be passed on.
 * @throws {HttpError} Why there is no answer.
 */
export function fetchForCache(
  fetch: Fetch,
  cache: SharedCache,
  fetching: Fetching,
): Promise<StoredResponse | undefined> {
  const { entry } = fetching;
  return entry === undefined
    ? fetchAndStore(fetch, cache, fetching)
    : fetchAndShare(fetch, cache, fetching, entry);
}

/** Asks so that others may wait for what comes. */
async function fetchAndShare(
  fetch: Fetch,
  cache: SharedCache,
  fetching: Fetching,
  entry: StoredEntry,
): Promise<StoredResponse | undefined> {
  const { store } = cache;
  const { hash } = entry;
  const sharedFetch = new SharedFetch(fetch);
  entry.sharedFetch = noting(fetch.use).sharedFetch = sharedFetch;
  store.workerFetches?.begin(hash);
  let stored: StoredResponse | undefined;
  try {
    stored = await fetchAndStore(fetch, cache, fetching);
    const isForOne = stored === undefined || fetch.use.isForOne;
    sharedFetch.settle(isForOne ? "alone" : "look");
    return stored;
  } finally {
    sharedFetch.settle("alone");
    noting(fetch.use).sharedFetch = undefined;
    if (entry.sharedFetch === sharedFetch) entry.sharedFetch = undefined;
    if (stored === undefined) cache.tiers?.abandon(entry.key);
    store.workerFetches?.end(hash, stored);
    store.release(entry);
  }
}

async function fetchAndStore(
  fetch: Fetch,
  cache: SharedCache,
  { plan, stored }: Fetching,
): Promise<StoredResponse | undefined> {
  const validated = validatedBy(fetch, stored);
  noting(fetch.use).isValidating = validated !== undefined ||
    fetch.client === undefined;
  const askedMs = fetch.site.clock.now();
  try {
    await fetchFromOrigin(fetch, planOf(fetch, plan, validated));
  } catch (error) {
    if (!isOriginsFault(error) || stored === undefined) throw error;
    if (!mayServeStale(fetch, stored, "unreachable")) {
      throw notValidated(stored, error);
    }
    fetch.noteFailure(error);
    fetch.discardOrigin(endingOf(error.code, true));
    return stored;
  }
  const { status } = fetch.response;
  const times = { requestMs: askedMs, responseMs: fetch.site.clock.now() };
  if (status === 304 && validated !== undefined) {
    return await confirmStored(fetch, cache, validated, { plan, times });
  }
  const kept = storeAnswer(fetch, cache, stored, times);
  if (kept === undefined && stored !== undefined && !stored.isArriving) {
    const isReplaced = validated === undefined
      ? isAnotherNow(fetch)
      : isOfContent(status);
    if (isReplaced) takeOutStored(cache, stored);
  }
  return kept;
}

/**
 * Whether the origin has said something new, to a request without a condition, that
 * may not be stored for reasons that do not lie in the request: what is stored is no
 * longer good. Otherwise it would be served for as long as it may be stale, although
 * each refresh brings word that it is gone.
 */
function isAnotherNow({ request, response: { status }, use }: Fetch): boolean {
  return request.method === METHOD.Get && isOfContent(status) &&
    use.detail !== "" && !concernsOneRequest(use.detail);
}

/** Whether a status says something of what is at the URL, and not of the moment. */
function isOfContent(status: number): boolean {
  return status >= 200 && !isServerError(status) && !OF_THE_MOMENT.has(status);
}

/**
 * Takes in what the origin has answered.
 *
 * @param stored The stored response that the request selects, if there is one.
 * @returns As {@linkcode fetchForCache}.
 */
export function storeAnswer(
  fetch: Fetch,
  cache: SharedCache,
  stored: StoredResponse | undefined,
  times: Times,
): StoredResponse | undefined {
  if (fetch.response.status === 101) return undefined; // no response to keep, but a tunnel
  invalidate(fetch, cache);
  if (fetch.request.method === METHOD.Head) {
    if (stored !== undefined) takeHead(fetch, cache, stored, times);
    return undefined;
  }
  if (stored !== undefined && isServerError(fetch.response.status)) {
    if (!mayServeStale(fetch, stored, "status")) return undefined;
    fetch.discardOrigin();
    return stored;
  }
  return storeResponse(fetch, cache, times);
}

/** Forgets what an unsafe request has changed; its own response is not meant, and may be stored. */
function invalidate(fetch: Fetch, cache: SharedCache): void {
  const { use, request, response } = fetch;
  const isSubject = !isSafe(request.method) && use.epoch !== undefined &&
    (use.epoch === cache.store.epoch || !cache.store.isOutdated(use.epoch, {
      key: keyOf(fetch, cache),
      hash: use.hash,
      tags: tagsOf(response),
    }));
  forgetInvalidated(fetch, cache);
  if (isSubject) noting(use).epoch = cache.store.epoch;
}

/** What is stored, if the origin can be asked whether it is still good; undefined if not. */
export function validatedBy(
  { request }: Fetch,
  stored: StoredResponse | undefined,
): StoredResponse | undefined {
  if (stored === undefined || request.method !== METHOD.Get) return undefined;
  const { head: { metadata }, incoming } = stored;
  const hasValidator = metadata.etag !== "" || metadata.lastModified !== "";
  return incoming === undefined && hasValidator ? stored : undefined;
}

/** How the origin is asked. A refresh never asks with the conditions of the client that happened to cause it. */
export function planOf(
  fetch: Fetch,
  plan: ForwardingPlan,
  validated: StoredResponse | undefined,
): ForwardingPlan {
  if (validated !== undefined) {
    return { ...plan, validators: validated.head.metadata };
  }
  return fetch.client === undefined
    ? { ...plan, validators: NO_VALIDATORS }
    : plan;
}

function isOriginsFault(error: unknown): error is HttpError {
  return error instanceof HttpError && error.fault === "origin";
}

/** What must be validated and cannot be is answered with 504 (RFC 9111 §5.2.2.2). */
function notValidated(stored: StoredResponse, error: unknown): unknown {
  const { mustRevalidate, hasSharedMaxAge } = stored.head.metadata;
  return mustRevalidate || hasSharedMaxAge
    ? new HttpError("not_validated", "The origin was not reached", error)
    : error;
}

/** RFC 5861 §4. */
function isServerError(status: number): boolean {
  return status === 500 || (status >= 502 && status <= 504);
}

/** Whether a stale response answers in place of an error (RFC 9111 §4.2.4). */
function mayServeStale(
  fetch: Fetch,
  stored: StoredResponse,
  failure: "unreachable" | "status",
): boolean {
  const { use } = fetch;
  const { metadata } = stored.head;
  if (stored.incoming !== undefined) return false;
  const nowMs = fetch.site.clock.now();
  const decision = staleDecision(metadata, use.directives, failure, nowMs);
  if (!decision.verdict) {
    noting(use).staleRefusal = decision.reason;
    return false;
  }
  if (failure === "status") noting(use).originStatus = fetch.response.status;
  noting(use).detail = decision.reason;
  noting(use).result = "stale";
  return true;
}

interface NotModified {
  readonly plan: ForwardingPlan;
  readonly times: Times;
}

/** RFC 9111 §4.3.4; a 304 that speaks of something else is no answer, so the whole is asked for. */
async function confirmStored(
  fetch: Fetch,
  cache: SharedCache,
  validated: StoredResponse,
  { plan, times }: NotModified,
): Promise<StoredResponse | undefined> {
  if (validatorMatches(fetch.response.fields, validated.head.metadata)) {
    const answer = takeNotModified(fetch, cache, validated, times);
    fetch.releaseOrigin();
    noting(fetch.use).originStatus = 304;
    noting(fetch.use).isFirstHand = true;
    noting(fetch.use).result = "revalidated";
    return answer;
  }
  takeOutStored(cache, validated);
  fetch.releaseOrigin();
  const whole = { ...plan, validators: NO_VALIDATORS };
  const askedMs = fetch.site.clock.now();
  await fetchFromOrigin(fetch, whole);
  return storeResponse(fetch, cache, {
    requestMs: askedMs,
    responseMs: fetch.site.clock.now(),
  });
}
