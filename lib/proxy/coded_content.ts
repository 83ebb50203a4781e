/** The content of a stored response in another form: made once, on first use, then kept with it. */

import { decode, encode } from "../coding/encoder.ts";
import type { ContentForm } from "../coding/negotiate.ts";
import type { StoredResponse } from "../cache/stored_response.ts";
import type { SharedCache } from "./shared_cache.ts";

/**
 * The content of a whole stored response in another form; a promise while it is
 * made, which those who come meanwhile share. It rejects if content that the origin
 * has encoded cannot be decoded, or not within the bound of an object.
 */
export function contentIn(
  cache: SharedCache,
  stored: StoredResponse,
  coding: ContentForm,
): Promise<Uint8Array> | Uint8Array {
  const known = stored.coded.get(coding);
  if (known !== undefined) return known;
  const making = make(cache, stored, coding);
  stored.coded.set(coding, making);
  return making;
}

async function make(
  cache: SharedCache,
  stored: StoredResponse,
  coding: ContentForm,
): Promise<Uint8Array> {
  cache.store.pin(stored); // its octets are being read; who asks has pinned it, too
  try {
    const body = ownOctets(stored.body);
    const content = coding === "identity"
      ? await decode(body, "gzip", cache.policy.objectBytesMax)
      : await encode(body, coding);
    stored.coded.set(coding, content);
    cache.store.recount(stored);
    return content;
  } finally {
    cache.store.unpin(stored);
  }
}

/** The runtime's streams take no memory that threads share. */
function ownOctets(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? bytes as Uint8Array<ArrayBuffer>
    : bytes.slice();
}
