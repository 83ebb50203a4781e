/**
 * The story of an exchange when there is a cache: look, wait, ask, take in, serve
 * (RFC 9111 §4).
 */

import type { Flight } from "../cache/flight.ts";
import { reuse } from "../cache/reuse.ts";
import type { StoredResponse } from "../cache/stored_response.ts";
import { CONDITIONAL, FIELD, FIELD_FLAGS } from "../http/field.ts";
import { HttpError } from "../http/error.ts";
import { METHOD } from "../http/method.ts";
import type { RequestHead } from "../http/request_head.ts";
import { type Exchange, goOnReading } from "./exchange_state.ts";
import { fetchForCache } from "./fetch.ts";
import { identify, keepKey } from "./lookup.ts";
import type { ForwardingPlan } from "./origin_request.ts";
import { finishRequest, respond, switchProtocols } from "./pass.ts";
import { refresh } from "./refresh.ts";
import { serve } from "./serve.ts";
import type { SharedCache } from "./shared_cache.ts";

/** For a request of another client to bring a response head; then one goes on alone. */
const COLLAPSE_WAIT_MS = 5000;
/** Fields that make the origin see another method than the key stands for. */
const METHOD_OVERRIDES = [
  FIELD.XHttpMethodOverride,
  FIELD.XHttpMethod,
  FIELD.XMethodOverride,
] as const;
/** Fields of trusted proxies that make the origin see another target than the key stands for. */
const TARGET_OVERRIDES = [FIELD.XOriginalUrl, FIELD.XRewriteUrl] as const;

/** Carries out an exchange that may be answered from memory. */
export async function handleCached(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
): Promise<void> {
  const { use } = x;
  use.shown = cache.policy.status;
  identify(x, cache);
  if (!mayLookUp(x, plan)) return await pass(x, cache, plan);
  for (let hasWaited = false;; hasWaited = true) {
    const resource = cache.store.find(cache.key);
    const stored = resource?.select(x.request.fields, use.partition);
    const nowMs = Date.now();
    if (stored !== undefined) {
      const { verdict, reason } = reuse(
        stored.head.metadata,
        use.directives,
        nowMs,
      );
      if (verdict !== "validate") {
        if (use.shown === "full") keepKey(x, cache);
        if (verdict === "refresh") refresh(x, cache, stored, plan);
        use.detail = reason === "fresh" ? "" : reason;
        return await serve(x, stored, nowMs);
      }
      use.reason = reason === "request" ? "request" : "stale";
    } else use.reason = resource?.variants.length ? "vary-miss" : "uri-miss";
    if (!x.isReadingOn) {
      keepKey(x, cache);
      goOnReading(x);
    }
    if (use.directives.has("only-if-cached")) {
      throw new HttpError("not_cached", "Only what is stored was wished for");
    }
    if (hasWaited || resource?.flight === undefined) {
      return await ask(x, cache, { plan, stored, isAlone: hasWaited });
    }
    await waitFor(x, resource.flight);
    identify(x, cache); // others have used the key meanwhile
  }
}

/** Whether a stored response could answer; if not, `use.reason` says why. */
function mayLookUp(x: Exchange, plan: ForwardingPlan): boolean {
  const { request, use, client } = x;
  const { fields, method, framing, target } = request;
  if (method !== METHOD.Get && method !== METHOD.Head) {
    use.reason = "method";
    return false;
  }
  const isPlain = framing.kind === "none" && !plan.isUpgrade &&
    target.form !== "asterisk" &&
    // Conditions that ask about the state of the origin, not of a copy (RFC 9110 §13.1.1, §13.1.4).
    !fields.has(FIELD.IfMatch) && !fields.has(FIELD.IfUnmodifiedSince) &&
    !METHOD_OVERRIDES.some((id) => fields.has(id)) &&
    !(client.isTrusted && TARGET_OVERRIDES.some((id) => fields.has(id)));
  if (!isPlain) use.reason = "bypass";
  return isPlain;
}

/** Asks the origin and passes on what it says; what others hold may end by it (RFC 9111 §4.4). */
async function pass(
  x: Exchange,
  cache: SharedCache,
  plan: ForwardingPlan,
): Promise<void> {
  keepKey(x, cache);
  goOnReading(x);
  const stored = await fetchForCache(x, cache, { plan, stored: undefined });
  x.cacheStatus = "bypass";
  if (stored !== undefined) return await serve(x, stored, Date.now());
  if (x.response.status === 101) return await switchProtocols(x);
  await respond(x);
  if (x.upload !== undefined || !x.requestBody.done) await finishRequest(x);
}

/** What to do when nothing that is stored can be used as it is. */
interface Asking {
  readonly plan: ForwardingPlan;
  /** What is stored and may be validated. */
  readonly stored: StoredResponse | undefined;
  /** Whether it does so for itself alone, after waiting in vain. */
  readonly isAlone: boolean;
}

async function ask(
  x: Exchange,
  cache: SharedCache,
  asking: Asking,
): Promise<void> {
  x.cacheStatus = "miss";
  const resource = mayLead(x, cache, asking)
    ? cache.store.obtain(x.use.key!, x.use.hash)
    : undefined;
  const stored = await fetchForCache(x, cache, { ...asking, resource });
  if (stored !== undefined) return await serve(x, stored, Date.now());
  if (x.response.status === 101) return await switchProtocols(x); // unasked: refused there
  await respond(x);
}

/** Whether others may wait for what this exchange brings. */
function mayLead(x: Exchange, cache: SharedCache, asking: Asking): boolean {
  const { request, use } = x;
  if (request.method !== METHOD.Get || asking.isAlone) return false;
  const brings = asking.stored !== undefined || !isConditional(request);
  return brings && !use.hadDotSegments && !use.directives.has("no-store") &&
    !cache.store.isUncacheable(use.hash, Date.now());
}

/** Whether the origin may answer with less than the whole. */
function isConditional({ fields }: RequestHead): boolean {
  for (let i = 0; i < fields.count; i++) {
    if ((FIELD_FLAGS[fields.id(i)]! & CONDITIONAL) !== 0) return true;
  }
  return false;
}

/** Waits for what another exchange brings, but not for long. */
async function waitFor(x: Exchange, flight: Flight): Promise<void> {
  let isLate = false;
  x.awaited = flight;
  x.expectRelay(COLLAPSE_WAIT_MS, () => {
    isLate = true;
    flight.announce();
  });
  flight.waiting++;
  while (flight.outcome === undefined && !isLate && x.failure === undefined) {
    await flight.changed();
  }
  flight.waiting--;
  x.relayDeadline.clear();
  x.awaited = undefined;
  if (x.failure !== undefined) throw x.failure;
  x.use.isCollapsed = flight.outcome === "look";
}
