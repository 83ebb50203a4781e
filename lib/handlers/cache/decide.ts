/**
 * What a request that may be answered from memory does next, and why. Nothing here
 * sends, waits or changes what is stored; only the outcome takes note of the reasons.
 * So a request that is explained goes through the same decisions as one that is
 * carried out.
 */

import type { ForwardReason } from "../../cache/policy/cache_status.ts";
import { type Reuse, reuse } from "../../cache/policy/reuse.ts";
import type {
  StoredEntry,
  StoredResponse,
} from "../../cache/store/stored_response.ts";
import {
  asksFarAhead,
  isUnreadable,
  needsDecoding,
} from "../../deliver/deliver.ts";
import type { CacheOutcome } from "../../exchange/cache_outcome.ts";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { findEntry, identify, keyOf } from "../../exchange/lookup.ts";
import { hasCredentials } from "../../exchange/route.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { type ForwardingPlan, NO_VALIDATORS } from "../../head/forwarding.ts";
import { hasCondition } from "../../http/condition.ts";
import { CONDITIONAL, FIELD, FIELD_FLAGS } from "../../http/field.ts";
import { METHOD } from "../../http/method.ts";
import { isWholeRange, rangeBegin } from "../../http/range.ts";
import type { RequestHead } from "../../http/request_head.ts";
import type { FieldSection } from "../../http/section.ts";
import type { BypassReason, Reason } from "../../reasons/reason.ts";
import { noting } from "../writes.ts";
import { storedReply } from "./stored_reply.ts";
import { slicePlan } from "./slices/slice_fetch.ts";
import { isWithoutRanges } from "./slices/take_whole.ts";
import { sharingHash } from "./store_response.ts";

/** What a request has waited for when it looks into the store. */
export type WaitedFor = "nothing" | "tiers" | "fetch" | "both";

/**
 * What a request does once it has looked into the store: it `use`s what is stored, or
 * uses it and has it `refresh`ed, looks into slower tiers (`recall`), is `refuse`d
 * because the client wants nothing but what is stored, or goes to the origin: `alone`,
 * or so that what it brings is `share`d, as far as that may be.
 */
export type LookupStep =
  | "use"
  | "refresh"
  | "recall"
  | "refuse"
  | "alone"
  | "share";

/** Fields that make the origin see another method than the key stands for. */
const METHOD_OVERRIDES = [
  FIELD.XHttpMethodOverride,
  FIELD.XHttpMethod,
  FIELD.XMethodOverride,
] as const;
/** Reasons that the request gives, and not what is stored. */
const REASONS_OF_REQUESTS: ReadonlySet<Reason> = new Set([
  "request",
  "request-max-age",
  "request-min-fresh",
]);
/** Fields of trusted proxies that make the origin see another target than the key stands for. */
const TARGET_OVERRIDES = [FIELD.XOriginalUrl, FIELD.XRewriteUrl] as const;

/**
 * Makes the request's key, and finds out whether anything is looked up for it.
 *
 * @returns Whether a stored response could answer; if not, the outcome has the reason.
 */
export function beginLookup(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
): boolean {
  const { outcome } = x;
  noting(outcome).shown = x.route.cache!.status;
  const isLookedUp = mayLookUp(x, plan);
  // The other codings are made here, of one copy.
  noting(outcome).asksFewCodings = isLookedUp && x.route.coding !== undefined;
  identify(x.fetch, cache);
  if (outcome.shown === "full") noting(outcome).key = keyOf(x.fetch, cache);
  if (!isLookedUp) noting(outcome).result = "bypass";
  return isLookedUp;
}

/** What is known of the key that has just been made, and which stored response of it the request selects: held. */
export function select(
  x: Exchange,
  cache: SharedCache,
): {
  entry?: StoredEntry | undefined;
  stored?: StoredResponse | undefined;
} {
  const { extraKey } = x.outcome;
  for (;;) {
    const entry = findEntry(x.fetch, cache);
    const stored = entry?.select(cache.sent, extraKey);
    if (stored === undefined || !isReadable(x, stored)) return { entry };
    // If it is not there any more, another worker has just moved it or taken it out.
    if (x.fetch.hold(stored)) return { entry, stored };
  }
}

/** Whether the client reads the coding of what it selects, or gets it without. */
function isReadable(
  x: Exchange,
  { head, traits: { selecting } }: StoredResponse,
): boolean {
  return !isUnreadable(x, head) ||
    selecting.some(({ id }) => id === FIELD.AcceptEncoding); // the origin has chosen it
}

/**
 * Decides what the request does.
 *
 * @param entry What is known of its key.
 * @param stored The response that it selects, which it holds; undefined for none.
 */
export function decideStep(
  x: Exchange,
  cache: SharedCache,
  entry: StoredEntry | undefined,
  stored: StoredResponse | undefined,
  waitedFor: WaitedFor,
  nowMs: number,
): LookupStep {
  const { outcome } = x;
  if (stored !== undefined) {
    const { verdict, reason } = reuseOf(outcome, stored, nowMs);
    if (verdict === "use" || verdict === "refresh" && !outcome.hadDotSegments) {
      if (stored.incoming !== undefined && asksBeside(x, stored)) {
        return "alone";
      }
      noting(outcome).detail = reason === "fresh" ? "" : reason;
      return verdict;
    }
    noting(outcome).reason = REASONS_OF_REQUESTS.has(reason)
      ? "request"
      : "stale";
    noting(outcome).why = reason === "stale" ? "" : reason;
  } else {
    noting(outcome).reason = entry?.variants.length ? "vary-miss" : "uri-miss";
    noting(outcome).why = "";
    // What another has fetched and memory has not may be in a tier that is still writing it.
    const mayBeBehind = waitedFor === "nothing" ||
      waitedFor === "fetch" && outcome.isCollapsed;
    if (cache.tiers?.mayLookUp && mayBeBehind && mayRecall(x, cache)) {
      return "recall";
    }
  }
  if (outcome.directives.has("only-if-cached")) return "refuse";
  // The origin may read such a target as another one than the key stands for.
  if (outcome.hadDotSegments) return "alone";
  noting(outcome).alone = waitedFor === "fetch" || waitedFor === "both"
    ? "waited-once"
    : isForOne(x)
    ? "for-one-client"
    : whyNotLead(x, cache, stored);
  return "share";
}

/** What may be done with what is stored, by the rules that concern it and the request. */
export function reuseOf(
  { directives }: CacheOutcome,
  { head: { metadata }, isMarkedStale }: StoredResponse,
  nowMs: number,
): Reuse {
  return reuse(metadata, directives, nowMs, isMarkedStale);
}

/**
 * The slice that the origin is asked for in place of the range that the client wants;
 * -1 if it is not.
 */
function sliceAskedBy(x: Exchange, cache: SharedCache): number {
  const { fields } = x.request;
  const { sliceBytes } = cache;
  if (
    sliceBytes === 0 || !fields.has(FIELD.Range) || asksForAll(x.request) ||
    isWithoutRanges(x.fetch, cache)
  ) return -1;
  const begin = rangeBegin(fields.text(FIELD.Range)!);
  return begin === undefined ? -1 : Math.floor(begin / sliceBytes);
}

/** Whether a request waits for another's of its kind, if there is one under way. */
export function mayWait({ alone }: CacheOutcome): boolean {
  return alone !== "waited-once" && alone !== "for-one-client";
}

/**
 * How the request goes on for all who wait for what it brings: if it asks for everything
 * as a range, for the whole; if it asks for another range, perhaps for the slice that it
 * begins in.
 *
 * @param stored What it selects; undefined for nothing.
 */
export function planForAll(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
  stored: StoredResponse | undefined,
): ForwardingPlan {
  const { request, outcome } = x;
  if (asksForAll(request)) {
    noting(outcome).asksForAll = true;
    return { ...plan, validators: NO_VALIDATORS };
  }
  const slice = stored === undefined ? sliceAskedBy(x, cache) : -1;
  noting(outcome).sliceAsked = slice;
  return slice < 0 ? plan : slicePlan(plan, cache.sliceBytes, slice);
}

/**
 * Whether the request goes to the origin although what it selects is arriving; the
 * outcome takes note why. A range may be far behind what has arrived; and gzip can be
 * taken off for a client that does not read it only once all of it is there.
 */
function asksBeside(x: Exchange, stored: StoredResponse): boolean {
  const { outcome } = x;
  if (outcome.directives.has("only-if-cached")) return false;
  const isCoded = needsDecoding(x, stored.head);
  if (!isCoded && !asksFarAhead(x, storedReply(stored, undefined))) {
    return false;
  }
  const reason: ForwardReason = isCoded ? "vary-miss" : "partial";
  noting(outcome).reason = reason;
  noting(outcome).why = isCoded ? "coding-ahead" : "range-ahead";
  return true;
}

/** Whether a slower tier may have what the store has not. */
function mayRecall(
  { fetch, outcome, startedMs }: Exchange,
  { store }: SharedCache,
): boolean {
  return !outcome.hadDotSegments &&
    !store.uncacheable.has(sharingHash(fetch), startedMs);
}

/** Whether a stored response could answer; if not, `use.reason` and `use.why` say why. */
function mayLookUp(x: Exchange, plan: ForwardingPlan): boolean {
  const { request: { method }, outcome } = x;
  if (method !== METHOD.Get && method !== METHOD.Head) {
    noting(outcome).reason = "method";
    return false;
  }
  noting(outcome).why = whyBypassed(x, plan);
  if (outcome.why !== "") noting(outcome).reason = "bypass";
  return outcome.why === "";
}

/** Why nothing is looked up for the request; empty if it may be. */
function whyBypassed(
  { request, client }: Exchange,
  { upgrade }: ForwardingPlan,
): BypassReason | "" {
  const { fields, framing, target } = request;
  if (upgrade !== "") return "upgrade";
  if (framing.kind !== "none") return "content";
  if (target.form === "asterisk") return "asterisk";
  // Conditions that ask about the state of the origin, not of a copy (RFC 9110 §13.1.1, §13.1.4).
  if (fields.has(FIELD.IfMatch)) return "if-match";
  if (fields.has(FIELD.IfUnmodifiedSince)) return "if-unmodified-since";
  if (hasAny(fields, METHOD_OVERRIDES)) return "method-override";
  return client.isTrusted && hasAny(fields, TARGET_OVERRIDES)
    ? "target-override"
    : "";
}

function hasAny(fields: FieldSection, ids: readonly number[]): boolean {
  for (const id of ids) if (fields.has(id)) return true;
  return false;
}

/**
 * Whether what the request brings is for its client alone, most likely: it neither
 * waits for others nor lets them wait (RFC 9111 §3.5, §5.2.1.5).
 */
function isForOne({ request: { fields }, outcome, route }: Exchange): boolean {
  return hasCredentials(route, fields) || outcome.directives.has("no-store");
}

/** Why others may not wait for what this exchange brings; empty if they may. */
function whyNotLead(
  x: Exchange,
  cache: SharedCache,
  stored: StoredResponse | undefined,
): Reason | "" {
  const { request } = x;
  if (request.method !== METHOD.Get) return "head";
  const { uncacheable } = cache.store;
  const hash = sharingHash(x.fetch);
  const nowMs = x.startedMs;
  const asksForSlice = sliceAskedBy(x, cache) >= 0;
  const brings = stored !== undefined || !isConditional(request) ||
    asksForAll(request) || asksForSlice;
  if (!brings) return "conditional";
  const isKnown = uncacheable.has(hash, nowMs) &&
    !(asksForSlice && uncacheable.hasOutgrown(hash, nowMs));
  return isKnown ? "known-uncacheable" : "";
}

/** Whether the origin may answer with less than the whole. */
function isConditional({ fields }: RequestHead): boolean {
  for (let i = 0; i < fields.count; i++) {
    if ((FIELD_FLAGS[fields.id(i)]! & CONDITIONAL) !== 0) return true;
  }
  return false;
}

/** Whether the request asks for everything as a range, as browsers do for a video: then the origin is asked for the whole. */
function asksForAll({ fields }: RequestHead): boolean {
  return fields.has(FIELD.Range) && isWholeRange(fields.text(FIELD.Range)!) &&
    !fields.has(FIELD.IfRange) && !hasCondition(fields);
}
