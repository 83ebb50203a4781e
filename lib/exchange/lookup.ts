/** What a request is looked up by, and what it asks of caches. */

import {
  type Directives,
  NO_DIRECTIVES,
  parseDirectives,
} from "../cache/policy/directives.ts";
import { directivesOf } from "../cache/policy/metadata.ts";
import type { Scheme } from "../cache/policy/cache_key.ts";
import { extraKeyOf, schemeSaid } from "../cache/policy/extra_key.ts";
import type { StoredEntry } from "../cache/store/stored_response.ts";
import { bytesOf } from "../http/bytes.ts";
import { FIELD } from "../http/field.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { Fetch } from "./fetch_state.ts";
import type { CacheSpace } from "./route.ts";
import type { ForwardingPlan } from "../head/forwarding.ts";
import type { SentRequest } from "../head/sent_request.ts";
import type { SharedCache } from "./shared_cache.ts";
import { keying } from "./writes.ts";

/** A request's `Pragma: no-cache`, where there is no Cache-Control (RFC 9111 §5.4). */
const PRAGMA_NO_CACHE = parseDirectives("no-cache");

const OWN_CODINGS: ForwardingPlan = { maxForwards: -1, upgrade: "" };
const FEW_CODINGS: ForwardingPlan = { ...OWN_CODINGS, asksFewCodings: true };

/** How a request goes on that may be answered from memory. */
export function sharedPlan({ use, target, facts }: Fetch): ForwardingPlan {
  const plan = use.asksFewCodings ? FEW_CODINGS : OWN_CODINGS;
  const isPlain = use.varied === undefined && target === undefined &&
    facts === undefined;
  return isPlain ? plan : { ...plan, varied: use.varied, target, facts };
}

/** What is known of the key that has just been made; look-alikes of what it varies on are removed from here on. */
export function findEntry(
  fetch: Fetch,
  cache: SharedCache,
): StoredEntry | undefined {
  const entry = cache.store.find(cache.key);
  if (entry === undefined || !fetch.request.fields.has(FIELD.Odd)) {
    return entry;
  }
  const varied = new Map<string, string>();
  for (const { traits: { selecting } } of entry.variants) {
    for (const { folded, name } of selecting) varied.set(folded, name);
  }
  keying(fetch.use).varied = varied;
  sentOf(fetch, cache);
  return entry;
}

/**
 * Makes the request's key in `cache.key`.
 *
 * @param space Where it is looked for; mostly where its route stores.
 */
export function makeKey(
  fetch: Fetch,
  cache: SharedCache,
  space: CacheSpace = fetch.route.cacheSpaces[fetch.part]!,
): void {
  const { request, route } = fetch;
  const { fields, target, bytes, targetEnd } = request;
  const host = fields.first(FIELD.Host);
  let authority: Uint8Array = bytes;
  let start = target.authorityStart;
  let end = target.authorityEnd;
  if (target.form !== "absolute" && host >= 0) {
    start = fields.valueStart(host);
    end = fields.valueEnd(host);
  } else if (target.form !== "absolute") {
    authority = bytesOf(route.origin.authority);
    start = 0;
    end = authority.length;
  }
  cache.key.queryUse = space.queryUse;
  cache.key.scope = space.scope;
  const { pathStart } = target;
  const scheme = schemeOf(fetch, cache);
  cache.key.make(authority, start, end, bytes, pathStart, targetEnd, scheme);
}

/** The scheme that the origin is told. */
function schemeOf(fetch: Fetch, cache: SharedCache): Scheme {
  const { peer, request: { fields } } = fetch;
  if (!peer.isTrusted || !fields.has(FIELD.XForwardedProto)) return peer.scheme;
  const isKept = sentOf(fetch, cache).isKept(
    fields.first(FIELD.XForwardedProto),
  );
  return isKept ? schemeSaid(cache.sent) ?? peer.scheme : peer.scheme;
}

/** Makes the key, and reads what else the lookup depends on. */
export function identify(fetch: Fetch, cache: SharedCache): void {
  const { request, use, route } = fetch;
  const { key } = cache;
  makeKey(fetch, cache);
  keying(use).hash = key.hash;
  keying(use).hasQuery = key.hasQuery;
  keying(use).hadDotSegments = key.hadDotSegments;
  keying(use).extraKey = extraKeyOf(
    sentOf(fetch, cache),
    route.cache!.keyParts,
  );
  keying(use).directives = requestDirectives(request);
}

/** The request as the origin gets it, in `cache.sent`. */
export function sentOf(
  fetch: Fetch,
  { sent }: SharedCache,
): SentRequest {
  const { request, route, peer, addedLines } = fetch;
  sent.begin(request, route, peer, sharedPlan(fetch), addedLines);
  return sent;
}

function requestDirectives({ fields }: RequestHead): Directives {
  if (fields.has(FIELD.CacheControl) || !fields.has(FIELD.Pragma)) {
    return directivesOf(fields, FIELD.CacheControl);
  }
  const isNoCache = /(?:^|,)[\t ]*no-cache[\t ]*(?:,|$)/i;
  return isNoCache.test(fields.text(FIELD.Pragma)!)
    ? PRAGMA_NO_CACHE
    : NO_DIRECTIVES;
}

/** The bytes of the request's key, to be kept. */
export function keyOf(
  fetch: Fetch,
  cache: SharedCache,
  space?: CacheSpace,
): Uint8Array {
  makeKey(fetch, cache, space); // others have used the key meanwhile
  return cache.key.written.view().slice();
}
