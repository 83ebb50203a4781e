/** The content of a stored response in another coding: made once, on first use, then kept with it. */

import { encode } from "../coding/encoder.ts";
import type { Coding } from "../coding/negotiate.ts";
import type { StoredResponse } from "../cache/stored_response.ts";
import type { SharedCache } from "./shared_cache.ts";

/**
 * The content of a whole stored response in a coding; a promise while it is made,
 * which those who come meanwhile share.
 */
export function contentIn(
  cache: SharedCache,
  stored: StoredResponse,
  coding: Coding,
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
  coding: Coding,
): Promise<Uint8Array> {
  stored.pins++; // its octets are being read
  try {
    const content = await encode(stored.body, coding);
    stored.coded.set(coding, content);
    cache.store.recount(stored);
    return content;
  } finally {
    stored.pins--;
    cache.store.reclaim(stored);
  }
}
