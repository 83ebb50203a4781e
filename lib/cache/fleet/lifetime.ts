/** How long a record is worth keeping in the shared store (pure). */

import type { Metadata } from "../policy/metadata.ts";

/** For the longest, in ms: the store forgets by itself what nobody asks for. */
const KEPT_MS_MAX = 7 * 86_400_000;
/** What can be validated is kept so long after its lifetime, in ms: a `304` is cheaper than the whole. */
const VALIDATED_MS = 600_000;

/**
 * The time in ms after which no node can use a record, or 0 if none can now.
 *
 * @param nowMs The time of day.
 */
export function keptMs(metadata: Metadata, nowMs: number): number {
  const { lifetimeMs, initialAgeMs, responseMs, etag, lastModified } = metadata;
  const freshMs = lifetimeMs - initialAgeMs - (nowMs - responseMs);
  const hasValidator = etag !== "" || lastModified !== "";
  const afterMs = Math.max(
    metadata.staleWhileRevalidateMs,
    metadata.staleIfErrorMs ?? 0,
    hasValidator ? VALIDATED_MS : 0,
  );
  return Math.floor(Math.min(Math.max(freshMs + afterMs, 0), KEPT_MS_MAX));
}
