/** What a request is looked up by, and what it asks of caches. */

import {
  type Directives,
  NO_DIRECTIVES,
  parseDirectives,
} from "../cache/directives.ts";
import { directivesOf } from "../cache/metadata.ts";
import { partitionOf } from "../cache/partition.ts";
import { FIELD } from "../http/field.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { Exchange } from "./exchange_state.ts";
import type { SharedCache } from "./shared_cache.ts";

/** A request's `Pragma: no-cache`, where there is no Cache-Control (RFC 9111 §5.4). */
const PRAGMA_NO_CACHE = parseDirectives("no-cache");

/** Makes the request's key in `cache.key`. */
export function makeKey({ request }: Exchange, cache: SharedCache): void {
  const { fields, target, bytes, targetEnd } = request;
  const host = fields.first(FIELD.Host);
  let authority: Uint8Array = bytes;
  let start = target.authorityStart;
  let end = target.authorityEnd;
  if (target.form !== "absolute" && host >= 0) {
    start = fields.valueStart(host);
    end = fields.valueEnd(host);
  } else if (target.form !== "absolute") {
    ({ authority } = cache);
    start = 0;
    end = authority.length;
  }
  cache.key.make(authority, start, end, bytes, target.pathStart, targetEnd);
}

/** Makes the key, and reads what else the lookup depends on. */
export function identify(x: Exchange, cache: SharedCache): void {
  const { request, use } = x;
  const { key, policy } = cache;
  makeKey(x, cache);
  use.hash = key.hash;
  use.hasQuery = key.hasQuery;
  use.hadDotSegments = key.hadDotSegments;
  use.partition = partitionOf(
    request.fields,
    x.client.isTrusted,
    policy.keyParts,
  );
  use.directives = requestDirectives(request);
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

/** The octets of the request's key, to be kept. */
export function keyOf(x: Exchange, cache: SharedCache): Uint8Array {
  makeKey(x, cache); // others have used the key meanwhile
  return cache.key.octets.view().slice();
}
