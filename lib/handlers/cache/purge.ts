/**
 * PURGE: an operator takes stored responses out, by URL, by prefix (`/shop/*`) or by
 * tag (`Cache-Tag`, `Surrogate-Key`).
 *
 * Only some peers may, loopback by default. A request that came through another
 * proxy is the word of whoever sent it there: behind a trusted proxy, the address
 * that it names counts; otherwise a request that shows signs of a proxy is refused.
 */

import type { PurgeTarget } from "../../cache/store/purge.ts";
import type { CacheSpace } from "../../exchange/route.ts";
import { CACHE_NAME, keyParameter } from "../../cache/policy/cache_status.ts";
import { HttpError } from "../../http/error.ts";
import { FIELD, FIELD_FLAGS, FORWARDING } from "../../http/field.ts";
import { ASTERISK, bytesOf, QUESTION_MARK, textOf } from "../../http/bytes.ts";
import type { FieldSection } from "../../http/section.ts";
import { isInBlocks } from "../../net/cidr.ts";
import { keysLike, makeUsualKey } from "./invalidate.ts";
import { keyOf, makeKey } from "../../exchange/lookup.ts";
import { type Exchange, resumeReading } from "../../exchange/exchange_state.ts";
import { clientOf } from "../../exchange/forwarded.ts";
import { deliver, ownReply } from "../../deliver/deliver.ts";
import { purgeResponse } from "../../head/own_response.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { purgeAll } from "./take_out.ts";
import { readTags } from "../../cache/policy/tags.ts";
import { namedText } from "../../http/named_field.ts";

/** Says that what is named is to be marked stale only; the name is Fastly's. */
const SOFT_FIELD = "fastly-soft-purge";
/** Keys with the target as it came. */
const WITH_QUERY: CacheSpace = { scope: bytesOf(""), queryUse: "keep" };

/** Carries out a PURGE and tells how many stored responses went. */
export async function purge(x: Exchange, cache: SharedCache): Promise<void> {
  if (!mayPurge(x)) {
    throw new HttpError("forbidden", "PURGE from an address that may not");
  }
  const count = await takeOutNamed(x, cache);
  x.site.meter?.purged(count);
  const reply = ownReply(purgeResponse(count));
  const note = { age: -1, ttl: undefined, ownLines: undefined };
  await deliver(
    x,
    count > 0
      ? reply
      : { ...reply, note: { ...note, cacheStatus: missed(x, cache) } },
  );
}

/** Whether the peer, or the client behind it, is one that may. */
export function mayPurge(x: Exchange): boolean {
  const { purgeFrom } = x.route.cache!;
  const { fields } = x.request;
  const { address, isTrusted } = x.client;
  const known = fields.text(FIELD.XForwardedFor);
  if (known === undefined || !isTrusted) {
    return !showsProxy(fields) && isInBlocks(address, purgeFrom);
  }
  const client = clientOf(x);
  return client.isKnown && isInBlocks(client.address, purgeFrom);
}

/** Whether some proxy has left its mark: the peer is not the client then. */
function showsProxy(fields: FieldSection): boolean {
  for (let i = 0; i < fields.count; i++) {
    const id = fields.id(i);
    if (id === FIELD.Via || (FIELD_FLAGS[id]! & FORWARDING) !== 0) return true;
  }
  return false;
}

/** What was looked for in vain: mostly, the Host is not that of the clients. */
function missed(x: Exchange, cache: SharedCache): string {
  const { fields } = x.request;
  const detail = `${CACHE_NAME}; detail=nothing-stored`;
  if (namesTags(fields)) return detail; // whatever the URL
  const key = keyOf(x.fetch, cache);
  return detail + keyParameter(textOf(key, 0, key.length));
}

/** Whether what is purged is named by tags. */
function namesTags(fields: FieldSection): boolean {
  return fields.has(FIELD.CacheTag) || fields.has(FIELD.SurrogateKey);
}

/** Takes out what the request names; tells how many responses that were, behind the store too. */
function takeOutNamed(x: Exchange, cache: SharedCache): Promise<number> {
  const isSoft = namedText(x.request.fields, SOFT_FIELD) === "1";
  const purges = targetsOf(x, cache).map((target) => ({ ...target, isSoft }));
  resumeReading(x); // so that the client's leaving is seen
  return purgeAll(cache, purges);
}

/** What the request names: by tags, or else by its target. */
function targetsOf(x: Exchange, cache: SharedCache): PurgeTarget[] {
  const { fields, targetEnd, bytes } = x.request;
  const tags = [FIELD.CacheTag, FIELD.SurrogateKey]
    .flatMap((id) => readTags(fields.text(id) ?? ""));
  if (tags.length > 0) return tags.map((tag) => ({ kind: "tag", tag }));
  if (namesTags(fields)) {
    throw new HttpError("bad_field_line", "PURGE names no tag that can be one");
  }
  const { urlSpaces } = x.route;
  if (bytes[targetEnd - 1] !== ASTERISK) {
    return urlSpaces.flatMap((space) => {
      makeKey(x.fetch, cache, space);
      return keysLike(cache);
    });
  }
  const holdQueries = urlSpaces.map(({ queryUse }) => queryUse === "keep");
  return [...new Set(holdQueries)].flatMap((holds) =>
    prefixesIn(x, cache, holds)
  );
}

/** What begins as the target does, up to the asterisk at its end: of both schemes. */
function prefixesIn(
  x: Exchange,
  cache: SharedCache,
  holdsQuery: boolean,
): PurgeTarget[] {
  makeKey(x.fetch, cache, WITH_QUERY);
  const prefixes = [prefixIn(cache, holdsQuery)];
  if (makeUsualKey(cache)) prefixes.push(prefixIn(cache, holdsQuery));
  return prefixes.map((prefix) => ({ kind: "prefix", prefix }));
}

/** The key that has just been made, up to the asterisk, or to a query that keys do not hold as it came. */
function prefixIn(
  { key: { written } }: SharedCache,
  holdsQuery: boolean,
): Uint8Array {
  const bytes = written.view();
  const query = holdsQuery ? -1 : bytes.indexOf(QUESTION_MARK);
  const asterisk = bytes.lastIndexOf(ASTERISK);
  return bytes.slice(0, query < 0 ? asterisk : Math.min(query, asterisk));
}
