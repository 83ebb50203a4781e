/** What a request is looked up by, and what it asks of caches. */

import { NO_DIRECTIVES, parseDirectives } from "../cache/directives.ts";
import { partitionOf } from "../cache/partition.ts";
import { FIELD } from "../http/field.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { Exchange } from "./exchange_state.ts";
import type { SharedCache } from "./shared_cache.ts";

/** A request's `Pragma: no-cache`, where there is no Cache-Control (RFC 9111 §5.4). */
const PRAGMA_NO_CACHE = parseDirectives("no-cache");

/** Makes the request's key in `cache.key`. */
export function makeKey({ request }: Exchange, cache: SharedCache): void {
  const { fields, target, bytes } = request;
  const { key, authority } = cache;
  const host = fields.first(FIELD.Host);
  const { pathStart } = target;
  if (target.form === "absolute") {
    const { authorityStart, authorityEnd } = target;
    key.make(
      bytes,
      authorityStart,
      authorityEnd,
      bytes,
      pathStart,
      request.targetEnd,
    );
  } else if (host >= 0) {
    const start = fields.valueStart(host);
    key.make(
      bytes,
      start,
      fields.valueEnd(host),
      bytes,
      pathStart,
      request.targetEnd,
    );
  } else {
    key.make(
      authority,
      0,
      authority.length,
      bytes,
      pathStart,
      request.targetEnd,
    );
  }
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
  use.directives = directivesOf(request);
}

function directivesOf({ fields }: RequestHead): typeof NO_DIRECTIVES {
  if (fields.has(FIELD.CacheControl)) {
    return parseDirectives(fields.text(FIELD.CacheControl)!);
  }
  if (!fields.has(FIELD.Pragma)) return NO_DIRECTIVES;
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
