/** Refreshing a stored response behind the back of the client that was answered with it (RFC 5861 §3). */

import type { StoredResponse } from "../../cache/store/stored_response.ts";
import { HttpError } from "../../http/error.ts";
import type { HeadLimits } from "../../http/head.ts";
import { RequestHead } from "../../http/request_head.ts";
import { logEvent } from "../../observe/event_log.ts";
import type { Fetch } from "../../exchange/fetch_state.ts";
import { fetchForCache } from "./fetch.ts";
import type { ForwardingPlan } from "../../head/forwarding.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { noting } from "../writes.ts";

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
  const { entry } = stored;
  const isUnderWay = entry.sharedFetch !== undefined ||
    cache.store.workerFetches?.elsewhere(entry.hash) !== undefined;
  if (isUnderWay || !cache.mayRefresh) return;
  const { site, request } = fetch;
  const head = copyOfHead(request);
  const background = fetch.again(head, site.clock.now());
  background.hold(stored); // the client's exchange holds it: it is there
  noting(background.use).epoch = cache.store.epoch;
  cache.refreshCount++;
  const stop = (): void =>
    background.cancel(new HttpError("client_gone", "The server stops"));
  cache.track({ close: stop }, run(background, cache, stored, plan));
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
  try {
    await fetchForCache(fetch, cache, { plan, stored, entry });
  } catch (error) {
    if (error instanceof HttpError && error.code !== "internal") {
      fetch.noteFailure(error);
    } else logEvent("error", `A bug in sluice: ${(error as Error).stack}`);
  } finally {
    cache.refreshCount--;
    fetch.discardOrigin();
    fetch.site.meter?.fetched(fetch);
    fetch.end();
  }
}
