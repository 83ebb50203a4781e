/** What a successful unsafe request makes of the stored responses (RFC 9111 §4.4). */

import { FIELD } from "../http/field.ts";
import { isSafe } from "../http/method.ts";
import { octetsOf, textOf } from "../http/octets.ts";
import type { Exchange } from "./exchange_state.ts";
import { keyOf } from "./lookup.ts";
import type { SharedCache } from "./shared_cache.ts";

const SEPARATOR = " ";

/**
 * Forgets what is stored for the target of an unsafe request that did not fail, and
 * for what `Location` and `Content-Location` name of the same authority.
 */
export function forgetInvalidated(x: Exchange, cache: SharedCache): void {
  const { status, fields } = x.response;
  if (isSafe(x.request.method) || status < 200 || status > 399) return;
  const key = keyOf(x, cache);
  cache.store.forget(key, cache.key.hash);
  for (const id of [FIELD.Location, FIELD.ContentLocation]) {
    const reference = fields.text(id);
    if (reference !== undefined) forgetReference(cache, key, reference);
  }
}

function forgetReference(
  cache: SharedCache,
  key: Uint8Array,
  reference: string,
): void {
  const url = resolve(reference, key);
  if (url === undefined) return;
  const { authority, target } = url;
  const host = octetsOf(authority);
  const octets = octetsOf(target);
  cache.key.make(host, 0, host.length, octets, 0, octets.length);
  cache.store.forget(cache.key.octets.view(), cache.key.hash);
}

/** Where a reference leads, if that is the same authority as the key's. */
export function resolve(
  reference: string,
  key: Uint8Array,
): { authority: string; target: string } | undefined {
  const [authority = "", path = "/"] = textOf(key, 0, key.length).split(
    SEPARATOR,
  );
  const base = URL.parse(`http://${authority}${path}`);
  const url = base === null ? null : URL.parse(reference, base);
  if (url === null || url.host !== base!.host) return undefined;
  return { authority, target: url.pathname + url.search };
}
