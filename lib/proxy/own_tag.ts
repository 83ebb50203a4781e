/**
 * Entity tags on their way back: what clients were given for a coded form is turned
 * into what the origin gave (RFC 9110 §8.8.3.3).
 *
 * `If-Match` compares strongly: with the weak tag of a coded form, no save would ever
 * reach its resource. `If-None-Match` compares weakly, but not every origin does.
 */

import { FIELD } from "../http/field.ts";
import { opaqueTag } from "../http/condition.ts";
import type { Exchange } from "./exchange_state.ts";
import { makeKey } from "./lookup.ts";
import type { ForwardingPlan } from "./origin_request.ts";

/** The plan with which the origin gets its own tags, where the request has conditions that name some. */
export function withOwnTags(
  x: Exchange,
  plan: ForwardingPlan,
): ForwardingPlan {
  const { request: { fields }, gateway: { route } } = x;
  if (route.coding === undefined) return plan;
  return fields.has(FIELD.IfMatch) ||
      (fields.has(FIELD.IfNoneMatch) && plan.validators === undefined)
    ? { ...plan, ownTag: ownTagsOf(x) }
    : plan;
}

/** What makes of a client's tag the origin's: only a tag that sluice has made weak is changed. */
function ownTagsOf(x: Exchange): (tag: string) => string {
  const stored = storedTags(x);
  return (tag) => {
    const opaque = opaqueTag(tag);
    if (opaque === tag || stored.includes(tag)) return tag;
    const isOurs = stored.includes(opaque) ||
      x.gateway.weakenedTags.has(opaque);
    return isOurs ? opaque : tag;
  };
}

/** The tags of what is stored for the request's target, as the origin gave them. */
function storedTags(x: Exchange): string[] {
  const { cache } = x.gateway;
  if (cache === undefined) return [];
  makeKey(x, cache);
  return cache.store.find(cache.key)?.variants
    .map(({ validators }) => validators.etag) ?? [];
}
