/**
 * Entity tags on their way back: what clients were given for a coded form is turned
 * into what the origin gave (RFC 9110 §8.8.3.3).
 *
 * `If-Match` compares strongly: with the weak tag of a coded form, no save would ever
 * reach its resource. `If-None-Match` compares weakly, but not every origin does.
 */

import { FIELD } from "../http/field.ts";
import { opaqueTag } from "../http/condition.ts";
import type { Fetch } from "../exchange/fetch_state.ts";
import { makeKey } from "../exchange/lookup.ts";
import type { ForwardingPlan } from "../head/forwarding.ts";

/** The plan with which the origin gets its own tags, where the request has conditions that name some. */
export function withOwnTags(
  fetch: Fetch,
  plan: ForwardingPlan,
): ForwardingPlan {
  const { request: { fields }, route } = fetch;
  if (route.coding === undefined) return plan;
  return fields.has(FIELD.IfMatch) ||
      (fields.has(FIELD.IfNoneMatch) && plan.validators === undefined)
    ? { ...plan, ownTag: ownTagsOf(fetch) }
    : plan;
}

/** What makes of a client's tag the origin's: only a tag that sluice has made weak is changed. */
function ownTagsOf(fetch: Fetch): (tag: string) => string {
  const stored = storedTags(fetch);
  return (tag) => {
    const opaque = opaqueTag(tag);
    if (opaque === tag || stored.includes(tag)) return tag;
    const isOurs = stored.includes(opaque) ||
      fetch.site.weakenedTags.has(opaque);
    return isOurs ? opaque : tag;
  };
}

/** The tags of what is stored for the request's target, as the origin gave them. */
function storedTags(fetch: Fetch): string[] {
  const { cache } = fetch.site;
  if (cache === undefined) return [];
  return fetch.route.urlSpaces.flatMap((space) => {
    makeKey(fetch, cache, space);
    return cache.store.find(cache.key)?.variants
      .map(({ validators }) => validators.etag) ?? [];
  });
}
