/** What the cache makes of a request: its key, what is stored, and what decides about that. */

import type { CachedForm } from "./stored_facts.ts";
import { staleDecision } from "../cache/policy/reuse.ts";
import type {
  StoredEntry,
  StoredResponse,
} from "../cache/store/stored_response.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { sharedPlan } from "../exchange/lookup.ts";
import type { SharedCache } from "../exchange/shared_cache.ts";
import {
  beginLookup,
  decideStep,
  type LookupStep,
  mayWait,
  planForAll,
  reuseOf,
  select,
} from "../handlers/cache/decide.ts";
import { planOf, validatedBy } from "../handlers/cache/fetch.ts";
import {
  firstElsewhere,
  unreadReply,
} from "../handlers/cache/slices/deliver_sliced.ts";
import { slicePlan } from "../handlers/cache/slices/slice_fetch.ts";
import { unreadLargeReply } from "../handlers/cache/large/deliver_large.ts";
import { findBehind } from "../handlers/cache/recall.ts";
import { noteOf, storedReply } from "../handlers/cache/stored_reply.ts";
import { lastRefusalOf } from "../handlers/cache/store_response.ts";
import { type ForwardingPlan, NO_VALIDATORS } from "../head/forwarding.ts";
import { HttpError } from "../http/error.ts";
import { tokenOf } from "../reasons/reason.ts";
import type { Chain } from "./chain.ts";
import { decided, reasonFacts, type Step, told } from "./explanation.ts";
import { explainFetch, explainForward } from "./fetch_steps.ts";
import { keyStep } from "./key_step.ts";
import { storedReplySteps } from "./response_steps.ts";
import { behindStep, sliceStep, storedStep } from "./stored_facts.ts";

/**
 * Explains a request on a route with a cache. It waits for nothing but slower tiers: the
 * key that is being looked up is everybody's.
 *
 * @throws {HttpError} `not_cached`.
 */
export async function explainCached(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
  chain: Chain,
): Promise<void> {
  const { outcome } = x;
  const isLookedUp = beginLookup(x, cache, plan);
  chain.at = "key";
  chain.add(keyStep(x, cache));
  if (!isLookedUp) {
    const why = outcome.why || "method";
    chain.add(decided("reuse", why));
    finish(x, chain, "bypass");
    return explainForward(x, plan, undefined, chain);
  }
  let { entry, stored } = select(x, cache);
  const nowMs = x.site.clock.now();
  let step = decideStep(x, cache, entry, stored, "nothing", nowMs);
  chain.at = "stored";
  const found = step === "recall"
    ? await findBehind(x, cache, cache.tiers!)
    : undefined;
  const behind = step === "recall" ? cache.tiers!.names : [];
  if (step === "recall") {
    stored = found?.stored;
    entry = stored?.entry ?? entry;
    step = decideStep(x, cache, entry, stored, "tiers", nowMs);
  }
  chain.add(
    found === undefined
      ? storedStep(x, behind, entry, stored, nowMs)
      : behindStep(x, found, nowMs),
  );
  chain.at = "reuse";
  chain.add(...reuseSteps(x, stored, nowMs));
  if (step === "use" || step === "refresh") {
    await useStored(x, cache, stored!, step, nowMs, chain);
  } else explainMiss(x, cache, { entry, stored, step }, chain);
}

async function useStored(
  x: Exchange,
  cache: SharedCache,
  stored: StoredResponse,
  step: LookupStep,
  nowMs: number,
  chain: Chain,
): Promise<void> {
  const isSliced = stored.slices !== undefined;
  const elsewhere = isSliced
    ? await firstElsewhere(x, cache, stored)
    : undefined;
  const note = noteOf(x, stored, nowMs);
  const reply = isSliced
    ? { ...unreadReply(x, cache, stored), note }
    : stored.isApart
    ? { ...unreadLargeReply(stored), note }
    : storedReply(stored, note);
  const { steps, status } = storedReplySteps(x, reply);
  if (step === "refresh") {
    chain.add(refreshStep(cache, stored));
    const plan = refreshPlan(x, stored);
    explainFetch(x, plan, validatedBy(x.fetch, stored), chain);
  }
  if (elsewhere !== undefined) {
    chain.add(sliceStep(elsewhere.tier));
    if (elsewhere.tier === undefined) {
      const { bytes } = stored.slices!;
      const plan = slicePlan(sharedPlan(x.fetch), bytes, elsewhere.index);
      explainFetch(x, plan, undefined, chain);
    }
  }
  chain.add(...steps);
  chain.status = status;
  chain.result = x.outcome.result as Chain["result"];
  chain.reason = x.outcome.decisive;
  chain.cacheStatus = cacheStatusOf(x, reply.note!);
}

/** `Cache-Status` of an answer from memory. */
function cacheStatusOf(
  { outcome }: Exchange,
  { cacheStatus, ttl }: { cacheStatus: string; ttl: number | undefined },
): string {
  return cacheStatus === "" || outcome.shown === "off"
    ? ""
    : ttl === undefined
    ? cacheStatus
    : cacheStatus + ttl;
}

function refreshStep(cache: SharedCache, { entry }: StoredResponse): Step {
  const isUnderWay = entry.sharedFetch !== undefined ||
    cache.store.workerFetches?.elsewhere(entry.hash) !== undefined;
  return told(
    "sharing",
    isUnderWay
      ? "A request that refreshes it is under way."
      : cache.mayRefresh
      ? "The origin is asked in the background."
      : "Too many responses are being refreshed: this one is not.",
  );
}

/** How the origin is asked when what is stored is refreshed: never with the client's conditions. */
function refreshPlan(
  { fetch }: Exchange,
  stored: StoredResponse,
): ForwardingPlan {
  const plan = sharedPlan(fetch);
  const validated = validatedBy(fetch, stored);
  return validated === undefined
    ? { ...plan, validators: NO_VALIDATORS }
    : planOf(fetch, plan, validated);
}

/** The request goes to the origin. */
function explainMiss(
  x: Exchange,
  cache: SharedCache,
  { entry, stored, step }: {
    readonly entry: StoredEntry | undefined;
    readonly stored: StoredResponse | undefined;
    readonly step: LookupStep;
  },
  chain: Chain,
): void {
  const { outcome, fetch } = x;
  if (step === "refuse") {
    throw new HttpError(
      "not_cached",
      "Nothing is stored, and the client said only-if-cached",
    );
  }
  const isShared = step === "share";
  if (isShared) chain.add(...sharingSteps(x, cache, entry));
  chain.add(...storageSteps(x, cache));
  const validated = isShared ? validatedBy(fetch, stored) : undefined;
  const leads = isShared && outcome.alone === "";
  const plan = sharedPlan(fetch);
  const asked = leads ? planForAll(x, cache, plan, stored) : plan;
  finish(x, chain, "miss");
  explainForward(x, planOf(fetch, asked, validated), validated, chain);
}

/** Whether the request waits for another's, or lets others wait. */
function sharingSteps(
  { outcome }: Exchange,
  { store }: SharedCache,
  entry: StoredEntry | undefined,
): Step[] {
  const isUnderWay = mayWait(outcome) &&
    (entry?.sharedFetch !== undefined || outcome.alone === "" &&
        store.workerFetches?.elsewhere(outcome.hash) !== undefined);
  if (isUnderWay) {
    return [told("sharing", "It waits for another request that is under way.")];
  }
  return [
    outcome.alone === ""
      ? told("sharing", "Others that want the same wait for its response.")
      : decided("sharing", outcome.alone),
  ];
}

/** What became of the last response of this kind that was not stored. */
function storageSteps(x: Exchange, cache: SharedCache): Step[] {
  const last = lastRefusalOf(x.fetch, cache);
  if (last === undefined) return [];
  const agoMs = Math.max(0, x.site.clock.now() - last.atMs);
  const step = decided("storage", last.reason, { agoMs });
  return [{ ...step, words: `The last one was not stored. ${step.words}` }];
}

/** The rules about what is stored: what decided, and what would if the origin failed. */
function reuseSteps(
  { outcome }: Exchange,
  stored: StoredResponse | undefined,
  nowMs: number,
): Step[] {
  if (stored === undefined) {
    const reason = outcome.reason === "vary-miss" ? "vary-miss" : "uri-miss";
    return [decided("reuse", reason)];
  }
  const { metadata } = stored.head;
  const { verdict, reason } = reuseOf(outcome, stored, nowMs);
  const steps = [decided("reuse", reason, { verdict })];
  if (verdict !== "validate") {
    return outcome.why === ""
      ? steps
      : [...steps, decided("reuse", outcome.why)];
  }
  const onFailure = (failure: "unreachable" | "status"): CachedForm => {
    const { verdict, reason } = staleDecision(
      metadata,
      outcome.directives,
      failure,
      nowMs,
    );
    return { isUsed: verdict, ...reasonFacts(reason) };
  };
  return [
    ...steps,
    told("reuse", "If the origin fails, this decides about what is stored:", {
      unreachable: onFailure("unreachable"),
      serverError: onFailure("status"),
    }),
  ];
}

function finish(x: Exchange, chain: Chain, result: "bypass" | "miss"): void {
  const { outcome } = x;
  chain.result = result;
  chain.reason = outcome.decisive;
  chain.cacheStatus = outcome.forwardLine();
  if (result === "bypass" && outcome.why !== "") {
    chain.reason = tokenOf(outcome.why);
  }
}
