/** Refreshing a stored response behind the back of the client that was answered with it (RFC 5861 §3). */

import type { StoredResponse } from "../cache/stored_response.ts";
import { HttpError } from "../http/error.ts";
import { NO_BODY } from "../http/framing.ts";
import { logEvent } from "../observe/event_log.ts";
import { Exchange } from "./exchange_state.ts";
import { fetchForCache } from "./fetch.ts";
import type { ForwardingPlan } from "./origin_request.ts";
import type { SharedCache } from "./shared_cache.ts";

/**
 * Starts to refresh, unless somebody does so already or too much is going on. The
 * request is the client's, without its conditions.
 */
export function refresh(
  x: Exchange,
  cache: SharedCache,
  stored: StoredResponse,
  plan: ForwardingPlan,
): void {
  const { resource } = stored;
  const isUnderWay = resource.flight !== undefined ||
    cache.store.flightElsewhere(resource.hash) !== undefined;
  if (isUnderWay || !cache.mayRefresh) return;
  const { gateway, request, client } = x;
  const background = new Exchange(gateway, gateway.wheel);
  const octets = request.bytes.slice(request.start, request.end);
  background.begin(client, 0);
  background.isBackground = true;
  background.requestBody.begin(client.reader, NO_BODY, 0, "client_gone");
  if (!background.request.parse(octets, octets.length)) return; // it was whole: it is now
  background.hold(stored); // the client's exchange holds it: it is there
  const { use } = background;
  use.reason = "stale";
  use.hash = resource.hash;
  use.epoch = cache.store.epoch(resource.hash);
  use.hasQuery = cache.key.hasQuery;
  use.partition = x.use.partition;
  use.asksFewCodings = x.use.asksFewCodings;
  use.varied = x.use.varied;
  use.directives = x.use.directives;
  cache.refreshCount++;
  const stop = (): void =>
    background.abort(new HttpError("client_gone", "The server stops"));
  cache.track({ close: stop }, run(background, cache, stored, plan));
}

async function run(
  x: Exchange,
  cache: SharedCache,
  stored: StoredResponse,
  plan: ForwardingPlan,
): Promise<void> {
  const { resource } = stored;
  try {
    await fetchForCache(x, cache, { plan, stored, resource });
  } catch (error) {
    if (error instanceof HttpError && error.code !== "internal") {
      x.gateway.originFailures.requestFailed(error);
    } else logEvent("error", `A defect of sluice: ${(error as Error).stack}`);
  } finally {
    cache.refreshCount--;
    x.discardOrigin();
    x.end();
  }
}
