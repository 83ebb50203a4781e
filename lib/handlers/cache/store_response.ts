/** From a response of the origin's to one that is stored, or to an update of one. */

import { IncomingContent } from "../../cache/store/incoming_content.ts";
import {
  type Metadata,
  readMetadata,
  type StatedDirectives,
  statedDirectives,
  type Times,
} from "../../cache/policy/metadata.ts";
import {
  concernsOneRequest,
  forbiddenOutright,
  mayStore,
  type StorableRequest,
} from "../../cache/policy/storable.ts";
import type { LastRefusal } from "../../cache/store/last_refusals.ts";
import { StoredResponse } from "../../cache/store/stored_response.ts";
import { TAGS_MAX, tagsOf } from "../../cache/policy/tags.ts";
import { selectingFields } from "../../cache/policy/vary.ts";
import {
  forcedDirectives,
  type ForcedRequest,
  mayForce,
} from "../../cache/policy/forced.ts";
import { type CachePolicy, hasCredentials } from "../../exchange/route.ts";
import { FIELD } from "../../http/field.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import { METHOD } from "../../http/method.ts";
import type { FieldSection } from "../../http/section.ts";
import type { Reason } from "../../reasons/reason.ts";
import type { Fetch } from "../../exchange/fetch_state.ts";
import { receiveContent } from "./receive_content.ts";
import { publicReference, resolve } from "./invalidate.ts";
import { keyOf, sentOf } from "../../exchange/lookup.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { type Eligibility, isPlain } from "../../coding/eligible.ts";
import { isDecodable } from "../../head/client_head.ts";
import {
  isSliceAsked,
  slicedLength,
  storeSliced,
  type Whole,
} from "./slices/take_whole.ts";
import { wantsLarge } from "./large/keep_large.ts";
import { headOf } from "./stored_head.ts";
import { noting } from "../writes.ts";

/** Tells a key's requests with cookies from those without. */
const COOKIE_BIT = 1;

/**
 * Stores the response, if it may be: its content flows in from here on.
 *
 * @returns Undefined if it is not stored; `fetch.use.detail` says why.
 */
export function storeResponse(
  fetch: Fetch,
  cache: SharedCache,
  times: Times,
): StoredResponse | undefined {
  const { request, use } = fetch;
  const stored = decideStorage(fetch, cache, times);
  const isStored = stored !== undefined;
  if (request.method === METHOD.Get) {
    noteDecision(fetch, cache, isStored, times.responseMs);
  }
  const isTelling = isStored ||
    use.detail !== "" && !concernsOneRequest(use.detail);
  if (request.method === METHOD.Get && isTelling && !use.hadDotSegments) {
    const { uncacheable } = cache.store;
    const hash = sharingHash(fetch);
    // Slices of what is too large may be had all the same.
    if (use.detail === "too-large" && cache.sliceBytes > 0) {
      uncacheable.noteOutgrown(hash, times.responseMs);
    } else uncacheable.note(hash, isStored, times.responseMs);
  }
  return stored;
}

/** Remembers why a response is not stored: the next request for it is told. */
function noteDecision(
  fetch: Fetch,
  { store: { refusals } }: SharedCache,
  isStored: boolean,
  nowMs: number,
): void {
  const { detail } = fetch.use;
  const hash = sharingHash(fetch);
  if (isStored) refusals.forget(hash);
  else if (detail !== "") refusals.note(hash, detail, nowMs);
}

/**
 * Why the last response for such a request was not stored; undefined if that is not
 * known, or it was. What is known of those with cookies, or without, stands in.
 */
export function lastRefusalOf(
  fetch: Fetch,
  { store: { refusals } }: SharedCache,
): LastRefusal | undefined {
  const hash = sharingHash(fetch);
  return refusals.last(hash) ?? refusals.last(hash ^ COOKIE_BIT);
}

/**
 * By what is remembered whether the key brings what may be stored. What comes for
 * a cookie may be kept from others where what comes without one is not: they are
 * remembered apart.
 */
export function sharingHash({ request, use }: Fetch): number {
  return request.fields.has(FIELD.Cookie) ? use.hash ^ COOKIE_BIT : use.hash;
}

function decideStorage(
  fetch: Fetch,
  cache: SharedCache,
  times: Times,
): StoredResponse | undefined {
  const { response, use } = fetch;
  const policy = fetch.route.cache!;
  const request = storableRequest(fetch);
  // A slice that was asked for is judged as the whole that it is a part of.
  const judged = isSliceAsked(fetch)
    ? { status: 200, fields: response.fields }
    : response;
  const stated = ruledDirectives(judged, request, policy);
  const refusal = forbiddenOutright(request, judged, stated.directives);
  if (refusal !== undefined) {
    noting(use).detail = refusal.reason;
    return undefined;
  }
  const metadata = readMetadata(
    judged,
    stated,
    times,
    policy,
    request.hasCookie,
    use.hasQuery,
  );
  const { setCookie } = policy;
  const { verdict, reason } = mayStore(request, judged, metadata, setCookie);
  noting(use).detail = verdict ? "" : reason;
  return verdict ? store(fetch, cache, metadata) : undefined;
}

/** The directives that hold for a response: its own, or what the operator puts in their place. */
export function ruledDirectives(
  response: Pick<ResponseHead, "status" | "fields">,
  request: ForcedRequest,
  { targetedField, forceMs }: CachePolicy,
): StatedDirectives {
  const stated = statedDirectives(response.fields, targetedField);
  return forceMs > 0 && mayForce(request, response, stated)
    ? forcedDirectives(stated, forceMs)
    : stated;
}

/** What decides of the request whether its response may be stored. */
export function storableRequest(fetch: Fetch): StorableRequest {
  const { request: { method, fields }, use } = fetch;
  return {
    method,
    hasAuthorization: hasCredentials(fetch.route, fields),
    hasCookie: fields.has(FIELD.Cookie),
    noStore: use.directives.has("no-store"),
    isOwnLocation: method === METHOD.Post && isOwnLocation(fetch),
  };
}

/** Whether `Content-Location` says that the content is what GET would bring (RFC 9110 §8.7). */
function isOwnLocation(fetch: Fetch): boolean {
  const location = fetch.response.fields.text(FIELD.ContentLocation);
  const cache = fetch.site.cache!;
  if (location === undefined) return false;
  const own = keyOf(fetch, cache);
  const named = resolve(publicReference(fetch, location), own);
  return named !== undefined && named.target === resolve("", own)?.target;
}

function store(
  fetch: Fetch,
  cache: SharedCache,
  metadata: Metadata,
): StoredResponse | undefined {
  const { response, use } = fetch;
  const { objectBytesMax } = cache.store.limits;
  const { kind, length } = response.framing;
  const refuse = (why: Reason): undefined => {
    noting(use).detail = why;
    return undefined;
  };
  if (use.reason === "bypass" && use.why !== "") return refuse(use.why);
  if (!fetch.requestBody.done || fetch.upload !== undefined) {
    return refuse("upload");
  }
  if (use.hadDotSegments) return refuse("dot-segments");
  const key = keyOf(fetch, cache);
  const { hash, epoch = cache.store.epoch } = use;
  const tags = tagsOf(response);
  if (tags.length > TAGS_MAX) return refuse("too-many-tags");
  if (cache.store.isOutdated(epoch, { key, hash, tags })) {
    return refuse("invalidated");
  }
  const isOutgrown = kind !== "length" && kind !== "none" &&
    cache.store.uncacheable.hasOutgrown(use.hash, fetch.site.clock.now());
  const isPart = isSliceAsked(fetch);
  const wholeLength = isPart || length > objectBytesMax
    ? slicedLength(fetch, cache, metadata)
    : -1;
  if (isPart && wholeLength < 0) return refuse("no-slice");
  const isLarge = length > objectBytesMax && wholeLength < 0 || isOutgrown;
  if (isLarge && !mayKeepLarge(fetch, cache)) return refuse("too-large");
  // What is in one piece although a part was asked for is stored as a whole.
  const isSliced = wholeLength > length || wholeLength > objectBytesMax;
  // Nobody takes a coding off what is kept in pieces.
  const isApart = isSliced || isLarge;
  const selecting = selectingFields(
    response.fields,
    sentOf(fetch, cache),
    isForWhoReadsIt(
      response.fields,
      isApart ? undefined : fetch.route.coding,
    ),
  );
  if (selecting === undefined) return refuse("vary-unusable");
  const taken = { key, tags, selecting, metadata, epoch };
  const stored = isSliced
    ? storeSliced(fetch, cache, { ...taken, length: wholeLength })
    : storeWhole(fetch, cache, {
      ...taken,
      length: kind === "length" ? length : kind === "none" ? 0 : -1,
    });
  return stored ?? refuse("no-room");
}

/** Whether a tier keeps what is too large for memory. */
function mayKeepLarge(
  { response: { framing }, use: { hash } }: Fetch,
  cache: SharedCache,
): boolean {
  const length = framing.kind === "length" ? framing.length : -1;
  return wantsLarge(cache, hash, length);
}

/** @returns Undefined if there is no room. */
function storeWhole(
  fetch: Fetch,
  cache: SharedCache,
  { key, tags, selecting, metadata, epoch, length }: Whole,
): StoredResponse | undefined {
  const { response, use } = fetch;
  const entry = cache.store.obtain(key, use.hash);
  const traits = {
    status: isSliceAsked(fetch) ? 200 : response.status,
    selecting,
    extraKey: use.extraKey,
    tags,
  };
  const { limits: { objectBytesMax }, ledger } = cache.store;
  const incoming = new IncomingContent(
    length,
    objectBytesMax,
    ledger,
    length > objectBytesMax,
  );
  const head = headOf(fetch, metadata, length);
  const stored = new StoredResponse(entry, traits, head, incoming);
  stored.epoch = epoch;
  if (!cache.store.add(stored)) {
    cache.store.ledger.storage.give(incoming.content());
    cache.store.release(entry);
    return undefined;
  }
  fetch.hold(stored); // it may have to go again before it is served
  noting(use).isFirstHand = true;
  receiveContent(fetch, cache, stored, incoming);
  noting(use).isStored = length >= 0 || stored.incoming === undefined; // else it may turn out too large
  return stored;
}

/**
 * Whether content has a coding that stays: then only whoever asked for such a one gets
 * it. Many origins code what they send and do not say that it varies.
 */
function isForWhoReadsIt(
  fields: FieldSection,
  coding: Eligibility | undefined,
): boolean {
  return !isPlain(fields) && !isDecodable(fields, coding);
}
