/**
 * PURGE: an operator takes stored responses out, by URL, by prefix (`/shop/*`) or by
 * tag (`Cache-Tag`, `Surrogate-Key`).
 *
 * Only some peers may, loopback by default. A request that came through another
 * proxy is the word of whoever sent it there: behind a trusted proxy, the address
 * that it names counts; otherwise a request that shows signs of a proxy is refused.
 */

import { CACHE_NAME, keyParameter } from "../../cache/policy/cache_status.ts";
import { HttpError } from "../../http/error.ts";
import { FIELD, FIELD_FLAGS, PROVENANCE } from "../../http/field.ts";
import { ASTERISK, textOf } from "../../http/bytes.ts";
import type { FieldSection } from "../../http/section.ts";
import { isInBlocks } from "../../net/cidr.ts";
import { makeUsualKey, purgesOfKey } from "./invalidate.ts";
import { keyOf, makeKey } from "../../exchange/lookup.ts";
import { type Exchange, resumeReading } from "../../exchange/exchange_state.ts";
import { clientOf } from "../../exchange/forwarded.ts";
import { deliver, ownReply } from "../../deliver/deliver.ts";
import { purgeResponse } from "../../head/own_response.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { type NamedPurge, takeOut } from "./take_out.ts";
import { readTags } from "../../cache/policy/tags.ts";

/** Carries out a PURGE and tells how many stored responses went. */
export async function purge(x: Exchange, cache: SharedCache): Promise<void> {
  if (!mayPurge(x)) {
    throw new HttpError("forbidden", "PURGE from an address that may not");
  }
  const count = await takeOutNamed(x, cache);
  const reply = ownReply(purgeResponse(count));
  const note = { age: -1, ttl: undefined, ownLines: undefined };
  await deliver(
    x,
    count > 0
      ? reply
      : { ...reply, note: { ...note, cacheStatus: missed(x, cache) } },
  );
}

function mayPurge(x: Exchange): boolean {
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

/** Whether some proxy has left its mark: the peer is not who asks. */
function showsProxy(fields: FieldSection): boolean {
  for (let i = 0; i < fields.count; i++) {
    const id = fields.id(i);
    if (id === FIELD.Via || (FIELD_FLAGS[id]! & PROVENANCE) !== 0) return true;
  }
  return false;
}

/** What was looked for in vain: mostly, the Host is not that of the clients. */
function missed(x: Exchange, cache: SharedCache): string {
  const { fields } = x.request;
  const detail = `${CACHE_NAME}; detail=nothing-stored`;
  if (fields.has(FIELD.CacheTag) || fields.has(FIELD.SurrogateKey)) {
    return detail; // whatever the URL
  }
  const key = keyOf(x.fetch, cache);
  return detail + keyParameter(textOf(key, 0, key.length));
}

/** Takes out what the request names; tells how many responses that were, behind the store too. */
async function takeOutNamed(x: Exchange, cache: SharedCache): Promise<number> {
  const taken = purgesOf(x, cache).map((purge) => takeOut(cache, purge));
  const count = sumOf(taken.map(({ count }) => count));
  if (cache.tiers === undefined) return count;
  resumeReading(x); // so that the client's leaving is seen
  const behind = sumOf(await Promise.all(taken.map(({ behind }) => behind!)));
  return Math.max(count, behind); // mostly the same ones
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What the request names: by tags, or else by its target. */
function purgesOf(x: Exchange, cache: SharedCache): NamedPurge[] {
  const { fields, targetEnd, bytes } = x.request;
  const tags = [FIELD.CacheTag, FIELD.SurrogateKey]
    .flatMap((id) => readTags(fields.text(id) ?? ""));
  if (tags.length > 0) return tags.map((tag) => ({ kind: "tag", tag }));
  if (bytes[targetEnd - 1] !== ASTERISK) {
    return x.route.urlSpaces.flatMap((space) => {
      makeKey(x.fetch, cache, space);
      return purgesOfKey(cache);
    });
  }
  makeKey(x.fetch, cache);
  const prefixes = [prefixIn(cache)];
  if (makeUsualKey(cache)) prefixes.push(prefixIn(cache));
  return prefixes.map((prefix) => ({ kind: "prefix", prefix }));
}

/** The key that has just been made, up to the asterisk at the end of the target: of both schemes. */
function prefixIn({ key: { written } }: SharedCache): Uint8Array {
  const { bytes, length } = written;
  return bytes.slice(0, bytes.lastIndexOf(ASTERISK, length - 1));
}
