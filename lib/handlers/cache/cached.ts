/**
 * The story of an exchange when there is a cache: look, wait, ask, take in, serve
 * (RFC 9111 §4).
 */

import { hasCredentials } from "../../exchange/route.ts";
import type { ForwardReason } from "../../cache/policy/cache_status.ts";
import type { Tiers } from "../../cache/store/tiers/tiers.ts";
import type { SharedFetch } from "../../cache/store/shared_fetch.ts";
import { reuse } from "../../cache/policy/reuse.ts";
import type {
  StoredEntry,
  StoredResponse,
} from "../../cache/store/stored_response.ts";
import { hasCondition } from "../../http/condition.ts";
import { CONDITIONAL, FIELD, FIELD_FLAGS } from "../../http/field.ts";
import { HttpError } from "../../http/error.ts";
import { isWholeRange } from "../../http/range.ts";
import { METHOD } from "../../http/method.ts";
import type { RequestHead } from "../../http/request_head.ts";
import type { BypassReason, Reason } from "../../reasons/reason.ts";
import { fetchFromOrigin } from "../../fetch/ask.ts";
import {
  COLLAPSE_WAIT_MS,
  type Exchange,
  resumeReading,
} from "../../exchange/exchange_state.ts";
import { fetchForCache, type Fetching, takeAnswer } from "./fetch.ts";
import {
  findEntry,
  identify,
  keyOf,
  sharedPlan,
} from "../../exchange/lookup.ts";
import { type ForwardingPlan, NO_VALIDATORS } from "../../head/forwarding.ts";
import {
  asksFarAhead,
  isUnreadable,
  needsDecoding,
} from "../../deliver/deliver.ts";
import { passOn } from "../pass_on.ts";
import { recall } from "./recall.ts";
import { refresh } from "./refresh.ts";
import { askForWhole, mayContinueCoded } from "../resumed.ts";
import { deliverStored, storedReply } from "./stored_reply.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { sharingHash } from "./take_in.ts";
import { noting } from "../writes.ts";

/** What a request has waited for when it looks into the store. */
type WaitedFor = "nothing" | "tiers" | "fetch";

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
 * Carries out an exchange that may be answered from memory.
 *
 * Up to the answer, or to the first wait, nothing is asynchronous: a hit costs one
 * promise, that of its write.
 */
export function handleCached(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
): Promise<void> {
  const { outcome } = x;
  noting(outcome).shown = x.route.cache!.status;
  const isLookedUp = mayLookUp(x, plan);
  // The other codings are made here, of one copy.
  noting(outcome).asksFewCodings = isLookedUp && x.route.coding !== undefined;
  identify(x.fetch, cache);
  if (outcome.shown === "full") noting(outcome).key = keyOf(x.fetch, cache);
  if (isLookedUp) return lookUp(x, cache, "nothing");
  noting(x.outcome).result = "bypass";
  resumeReading(x);
  return fetchAlone(x, cache, plan);
}

/** Looks for a stored response, whose key has just been made, and goes on from there. */
function lookUp(
  x: Exchange,
  cache: SharedCache,
  waitedFor: WaitedFor,
): Promise<void> {
  const { outcome } = x;
  const { entry, stored } = select(x, cache);
  const plan = sharedPlan(x.fetch);
  if (stored !== undefined) {
    const nowMs = x.site.clock.now();
    const { metadata } = stored.head;
    const { verdict, reason } = reuse(metadata, outcome.directives, nowMs);
    if (verdict === "use" || verdict === "refresh" && !outcome.hadDotSegments) {
      if (stored.incoming !== undefined) {
        const reason = reasonToAskBeside(x, stored);
        if (reason !== undefined) return askBeside(x, cache, plan, reason);
      }
      if (verdict === "refresh") refresh(x.fetch, cache, stored, plan);
      noting(outcome).detail = reason === "fresh" ? "" : reason;
      // Not by the request that brings it: what is asked for once goes first.
      stored.visited = true;
      return deliverStored(x, stored, nowMs);
    }
    noting(outcome).reason = REASONS_OF_REQUESTS.has(reason)
      ? "request"
      : "stale";
    noting(outcome).why = reason === "stale" ? "" : reason;
  } else {
    noting(outcome).reason = entry?.variants.length ? "vary-miss" : "uri-miss";
    noting(outcome).why = "";
    const { tiers } = cache;
    if (tiers?.mayLookUp && waitedFor === "nothing" && mayRecall(x, cache)) {
      return recallAndLook(x, cache, tiers);
    }
  }
  noting(outcome).epoch = cache.store.epoch(outcome.hash);
  resumeReading(x);
  noting(x.outcome).result = "miss";
  if (outcome.directives.has("only-if-cached")) {
    throw new HttpError(
      "not_cached",
      "Nothing is stored, and the client said only-if-cached",
    );
  }
  // The origin may read such a target as another one than the key stands for.
  if (outcome.hadDotSegments) return fetchAlone(x, cache, plan);
  const hasWaited = waitedFor === "fetch";
  const isAlone = hasWaited || isForOne(x);
  noting(outcome).alone = hasWaited
    ? "waited-once"
    : isAlone
    ? "for-one-client"
    : whyNotLead(x, cache, stored);
  const leads = outcome.alone === "";
  const sharedFetch = isAlone ? undefined : entry?.sharedFetch ??
    (leads
      ? cache.store.workerFetches?.beginUnlessElsewhere(outcome.hash)
      : undefined);
  if (sharedFetch !== undefined) return lookAgain(x, cache, sharedFetch);
  return stored === undefined && !leads
    ? fetchAlone(x, cache, plan)
    : fetchShared(x, cache, { plan, stored }, leads);
}

/**
 * Why the request goes to the origin although what it selects is arriving; undefined
 * if it does not. A range may be far behind what has arrived; and gzip can be taken
 * off for a client that does not read it only once all of it is there.
 */
function reasonToAskBeside(
  x: Exchange,
  stored: StoredResponse,
): ForwardReason | undefined {
  if (x.outcome.directives.has("only-if-cached")) return undefined;
  if (needsDecoding(x, stored.head)) return "vary-miss";
  return asksFarAhead(x, storedReply(stored, undefined))
    ? "partial"
    : undefined;
}

/** Asks the origin for this client alone, beside what is arriving. */
function askBeside(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
  reason: ForwardReason,
): Promise<void> {
  const { outcome } = x;
  noting(outcome).reason = reason;
  noting(outcome).why = reason === "partial" ? "range-ahead" : "coding-ahead";
  noting(outcome).epoch = cache.store.epoch(outcome.hash);
  resumeReading(x);
  noting(x.outcome).result = "miss";
  return fetchAlone(x, cache, plan);
}

/** What is known of the key that has just been made, and which stored response of it the request selects: held. */
function select(
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

/** Waits for what another exchange brings, once, and looks again. */
async function lookAgain(
  x: Exchange,
  cache: SharedCache,
  sharedFetch: SharedFetch,
): Promise<void> {
  await waitFor(x, sharedFetch);
  identify(x.fetch, cache); // others have used the key meanwhile
  await lookUp(x, cache, "fetch");
}

/** Whether a slower tier may have what the store has not. */
function mayRecall(
  { fetch, outcome, startedMs }: Exchange,
  { store }: SharedCache,
): boolean {
  return !outcome.hadDotSegments &&
    !store.uncacheable.has(sharingHash(fetch), startedMs);
}

/** Brings what a tier has into the store, and looks again. */
async function recallAndLook(
  x: Exchange,
  cache: SharedCache,
  tiers: Tiers,
): Promise<void> {
  resumeReading(x);
  await recall(x, cache, tiers);
  identify(x.fetch, cache); // others have used the key meanwhile
  noting(x.outcome).reason = undefined;
  await lookUp(x, cache, "tiers");
}

/** Asks the origin when nothing is stored and nobody waits. */
async function fetchAlone(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
): Promise<void> {
  const requestMs = x.startedMs;
  await fetchFromOrigin(x.fetch, plan);
  if (mayContinueCoded(x)) await askForWhole(x, plan);
  const times = { requestMs, responseMs: requestMs + x.fetch.originMs };
  const stored = takeAnswer(x.fetch, cache, undefined, times);
  await (stored === undefined
    ? passOn(x, plan.upgrade)
    : deliverStored(x, stored, times.responseMs));
}

/** Asks the origin when something is stored that it may confirm, or others wait for what it says. */
async function fetchShared(
  x: Exchange,
  cache: SharedCache,
  fetching: Fetching,
  leads: boolean,
): Promise<void> {
  const { store } = cache;
  const entry = leads
    ? store.obtain(keyOf(x.fetch, cache), x.outcome.hash)
    : undefined;
  noting(x.outcome).asksForAll = leads && asksForAll(x.request);
  const plan = x.outcome.asksForAll
    ? { ...fetching.plan, validators: NO_VALIDATORS }
    : fetching.plan;
  const stored = await fetchForCache(x.fetch, cache, {
    ...fetching,
    plan,
    entry,
  });
  if (stored === undefined) return await passOn(x, plan.upgrade);
  if (stored === fetching.stored) stored.visited = true;
  await deliverStored(x, stored, x.site.clock.now());
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
  if (METHOD_OVERRIDES.some((id) => fields.has(id))) return "method-override";
  return client.isTrusted && TARGET_OVERRIDES.some((id) => fields.has(id))
    ? "target-override"
    : "";
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
  const brings = stored !== undefined || !isConditional(request) ||
    asksForAll(request);
  if (!brings) return "conditional";
  return cache.store.uncacheable.has(sharingHash(x.fetch), x.startedMs)
    ? "known-uncacheable"
    : "";
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

/** Waits for what another exchange brings, but not for long. */
async function waitFor(x: Exchange, sharedFetch: SharedFetch): Promise<void> {
  let isLate = false;
  x.waitOn(sharedFetch);
  x.expectRelay(COLLAPSE_WAIT_MS, () => {
    isLate = true;
    sharedFetch.notify();
  });
  sharedFetch.waiting++;
  while (
    sharedFetch.outcome === undefined && !isLate && x.failure === undefined
  ) {
    await sharedFetch.wait();
  }
  sharedFetch.leave();
  x.relayDeadline.clear();
  x.waitOn();
  if (x.failure !== undefined) throw x.failure;
  noting(x.outcome).isCollapsed = sharedFetch.outcome === "look";
}
