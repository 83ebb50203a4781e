/**
 * An exchange when there is a cache: look, wait, fetch, store, deliver (RFC 9111 §4).
 */

import type { Tiers } from "../../cache/store/tiers/tiers.ts";
import type { SharedFetch } from "../../cache/store/shared_fetch.ts";
import type { StoredResponse } from "../../cache/store/stored_response.ts";
import { HttpError } from "../../http/error.ts";
import { DELIVERED } from "../../deliver/send_content.ts";
import { fetchFromOrigin } from "../../fetch/ask.ts";
import {
  COLLAPSE_WAIT_MS,
  type Exchange,
  resumeReading,
} from "../../exchange/exchange_state.ts";
import { identify, keyOf, sharedPlan } from "../../exchange/lookup.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import type { ForwardingPlan } from "../../head/forwarding.ts";
import { passOn } from "../pass_on.ts";
import { fetchWhole, mayContinueCoded } from "../resumed.ts";
import { noting } from "../writes.ts";
import {
  beginLookup,
  decideStep,
  mayWait,
  planForAll,
  select,
  type WaitedFor,
} from "./decide.ts";
import { fetchForCache, type Fetching, storeAnswer } from "./fetch.ts";
import { recall } from "./recall.ts";
import { refresh } from "./refresh.ts";
import { deliverLarge } from "./large/deliver_large.ts";
import { deliverSliced } from "./slices/deliver_sliced.ts";
import { isSliceAsked } from "./slices/take_whole.ts";
import { deliverStored } from "./stored_reply.ts";
import { offerUsed } from "./write_behind.ts";

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
  if (beginLookup(x, cache, plan)) return lookUp(x, cache, "nothing");
  noting(x.outcome).epoch = cache.store.epoch;
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
  const nowMs = waitedFor === "nothing" ? x.headEndMs : x.site.clock.now();
  const step = decideStep(x, cache, entry, stored, waitedFor, nowMs);
  if (step === "use") return useStored(x, cache, stored!, nowMs);
  const plan = sharedPlan(x.fetch);
  if (step === "refresh") {
    refresh(x.fetch, cache, stored!, plan);
    return useStored(x, cache, stored!, nowMs);
  }
  if (step === "recall") {
    return recallAndLook(x, cache, cache.tiers!, waitedFor);
  }
  noting(outcome).epoch = cache.store.epoch;
  resumeReading(x);
  noting(outcome).result = "miss";
  if (step === "refuse") {
    throw new HttpError(
      "not_cached",
      "Nothing is stored, and the client said only-if-cached",
    );
  }
  if (step === "alone") return fetchAlone(x, cache, plan);
  const leads = outcome.alone === "";
  const sharedFetch = !mayWait(outcome) ? undefined : entry?.sharedFetch ??
    (leads
      ? cache.store.workerFetches?.beginUnlessElsewhere(outcome.hash)
      : undefined);
  if (sharedFetch !== undefined) return lookAgain(x, cache, sharedFetch);
  return stored === undefined && !leads
    ? fetchAlone(x, cache, plan)
    : fetchShared(x, cache, { plan, stored }, leads);
}

/** Answers with what is stored, which the exchange holds. */
function useStored(
  x: Exchange,
  cache: SharedCache,
  stored: StoredResponse,
  nowMs: number,
): Promise<void> {
  // Not by the request that brings it: what is asked for once goes first.
  stored.visited = true;
  if (!stored.isOffered) offerUsed(cache, stored);
  return answerWith(x, cache, stored, nowMs);
}

function answerWith(
  x: Exchange,
  cache: SharedCache,
  stored: StoredResponse,
  nowMs: number,
): Promise<void> {
  if (!stored.isApart) return deliverStored(x, stored, nowMs);
  const askAnew = (): Promise<void> => {
    identify(x.fetch, cache); // others have used the key meanwhile
    noting(x.outcome).reason = undefined;
    return lookUp(x, cache, "nothing");
  };
  if (stored.slices !== undefined) {
    return deliverSliced(x, cache, stored, nowMs, askAnew);
  }
  const askBeside = (): Promise<void> => {
    noteBeside(x);
    return fetchAlone(x, cache, sharedPlan(x.fetch));
  };
  return deliverLarge(x, cache, stored, nowMs, { askAnew, askBeside });
}

/** The client wants a part that is still to come, and goes to the origin for it. */
function noteBeside({ outcome }: Exchange): void {
  noting(outcome).reason = "partial";
  noting(outcome).why = "range-ahead";
  noting(outcome).detail = "";
  noting(outcome).result = "miss";
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

/** Brings what a tier has into the store, and looks again. */
async function recallAndLook(
  x: Exchange,
  cache: SharedCache,
  tiers: Tiers,
  waitedFor: WaitedFor,
): Promise<void> {
  resumeReading(x);
  const key = keyOf(x.fetch, cache);
  await recall(x, cache, tiers);
  identify(x.fetch, cache); // others have used the key meanwhile
  noting(x.outcome).reason = undefined;
  try {
    await lookUp(x, cache, waitedFor === "nothing" ? "tiers" : "both");
  } finally {
    tiers.abandon(key); // unless what came is on its way to the tiers
  }
}

/** Asks the origin when nothing is stored and nobody waits. */
async function fetchAlone(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
): Promise<void> {
  const requestMs = x.startedMs;
  await fetchFromOrigin(x.fetch, plan);
  if (mayContinueCoded(x)) await fetchWhole(x, plan);
  const times = { requestMs, responseMs: requestMs + x.fetch.originMs };
  const stored = storeAnswer(x.fetch, cache, undefined, times);
  const delivered = stored === undefined
    ? passOn(x, plan.upgrade)
    : answerWith(x, cache, stored, times.responseMs);
  if (delivered !== DELIVERED) await delivered;
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
  const plan = leads
    ? planForAll(x, cache, fetching.plan, fetching.stored)
    : fetching.plan;
  const stored = await fetchForCache(x.fetch, cache, {
    ...fetching,
    plan,
    entry,
  });
  if (stored === undefined && isSliceAsked(x.fetch)) {
    return await fetchOwnRange(x, cache, fetching.plan);
  }
  if (stored === undefined) return await passOn(x, plan.upgrade);
  if (stored === fetching.stored) stored.visited = true;
  await answerWith(x, cache, stored, x.site.clock.now());
}

/** Asks once more: the slice that came cannot be stored, and is not what the client wants. */
async function fetchOwnRange(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
): Promise<void> {
  noting(x.outcome).sliceAsked = -1;
  x.fetch.discardOrigin();
  await fetchAlone(x, cache, plan);
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
