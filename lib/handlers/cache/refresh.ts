/** Refreshing a stored response after a client has been answered with it (RFC 5861 §3). */

import { NO_DIRECTIVES } from "../../cache/policy/directives.ts";
import { reuse } from "../../cache/policy/reuse.ts";
import { selects } from "../../cache/policy/vary.ts";
import { describe } from "../../cache/store/stored_record.ts";
import type { StoredResponse } from "../../cache/store/stored_response.ts";
import type { RecordHead } from "../../cache/store/tiers/tier.ts";
import type { Tiers } from "../../cache/store/tiers/tiers.ts";
import { HttpError } from "../../http/error.ts";
import type { HeadLimits } from "../../http/head.ts";
import { RequestHead } from "../../http/request_head.ts";
import { logEvent } from "../../observe/event_log.ts";
import type { Fetch } from "../../exchange/fetch_state.ts";
import { sentOf } from "../../exchange/lookup.ts";
import { fetchForCache } from "./fetch.ts";
import { addRecord } from "./recall.ts";
import type { ForwardingPlan } from "../../head/forwarding.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { noting, starting } from "../writes.ts";

const UNBOUNDED: HeadLimits = {
  headBytesMax: Infinity,
  targetBytesMax: Infinity,
  fieldCountMax: Infinity,
};

/**
 * Starts to refresh, unless somebody does so already or too much is going on. The
 * request is the client's, without its conditions.
 */
export function refresh(
  fetch: Fetch,
  cache: SharedCache,
  stored: StoredResponse,
  plan: ForwardingPlan,
): void {
  const { entry: { key, hash } } = stored;
  const { tiers } = cache;
  const isUnderWay = isFetched(cache, stored) ||
    tiers?.renewals.find(key, hash) !== undefined;
  if (isUnderWay || !cache.mayRefresh) return;
  const { site, request } = fetch;
  const head = copyOfHead(request);
  const background = fetch.again(head, site.clock.now());
  background.hold(stored); // the client's exchange holds it: it is there
  noting(background.use).epoch = cache.store.epoch;
  cache.refreshCount++;
  const stop = (): void =>
    background.cancel(new HttpError("client_gone", "The server stops"));
  const task = { isAnswered: true, close: stop };
  cache.track(task, run(background, cache, stored, plan));
}

/** Whether somebody of this process fetches it just now. */
function isFetched(
  { store }: SharedCache,
  { entry }: StoredResponse,
): boolean {
  return entry.sharedFetch !== undefined ||
    store.workerFetches?.elsewhere(entry.hash) !== undefined;
}

/**
 * Whether the origin need not be asked: another node has done so, and what it brought is
 * in the store now; or others see to it, or nobody needs it any more.
 */
async function isRenewed(
  fetch: Fetch,
  cache: SharedCache,
  stored: StoredResponse,
  tiers: Tiers,
): Promise<boolean> {
  const { entry: { key, hash } } = stored;
  const { use, site: { clock } } = fetch;
  const { epoch } = cache.store;
  const isMeant = ({ description, head }: RecordHead): boolean => {
    const { traits, head: { metadata } } = describe(description, head);
    return traits.extraKey === use.extraKey &&
      reuse(metadata, NO_DIRECTIVES, clock.now()).verdict === "use" &&
      selects(traits.selecting, sentOf(fetch, cache));
  };
  const under = tiers.renewals.begin(key, hash);
  const wanted = new AbortController(); // only the end of the tier ends it
  const query = { key, hash, isMeant };
  cache.refreshCount--; // the origin is not asked meanwhile
  const renewal = await tiers.renewing!.renew(query, wanted.signal);
  tiers.renewals.end(under);
  // Or what it would confirm has been purged.
  const isUnneeded = !cache.mayRefresh || isFetched(cache, stored) ||
    cache.store.isOutdated(epoch, stored);
  cache.refreshCount++;
  if (renewal === "leave") return true;
  if (renewal !== "fetch") {
    return isUnneeded || addRecord(cache, renewal, { key, hash, epoch });
  }
  if (isUnneeded) tiers.abandon(key);
  return isUnneeded;
}

/** A copy of a request's head, for a request to the origin that goes on without the client. */
export function copyOfHead(request: RequestHead): RequestHead {
  const head = new RequestHead();
  const bytes = request.bytes.slice(request.start, request.end);
  head.begin(0, UNBOUNDED); // it has been accepted once
  head.parse(bytes, bytes.length); // it was whole: it is now
  return head;
}

async function run(
  fetch: Fetch,
  cache: SharedCache,
  stored: StoredResponse,
  plan: ForwardingPlan,
): Promise<void> {
  const { entry } = stored;
  let isUnneeded = false;
  let answer: StoredResponse | undefined;
  try {
    const { tiers } = cache;
    isUnneeded = tiers?.renewing !== undefined &&
      await isRenewed(fetch, cache, stored, tiers);
    if (isUnneeded) return;
    starting(fetch).startedMs = fetch.site.clock.now(); // it may have waited
    answer = await fetchForCache(fetch, cache, { plan, stored, entry });
  } catch (error) {
    if (error instanceof HttpError && error.code !== "internal") {
      fetch.noteFailure(error);
    } else logEvent("error", `A bug in sluice: ${(error as Error).stack}`);
  } finally {
    cache.refreshCount--;
    // Unless what came is on its way to the tiers, or is yet to be whole.
    const isOver = !isUnneeded && answer?.incoming === undefined;
    if (isOver) cache.tiers?.abandon(entry.key);
    fetch.discardOrigin();
    if (!isUnneeded) fetch.site.meter?.fetched(fetch);
    fetch.end();
  }
}
