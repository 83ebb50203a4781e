/** `Retry-After`: how long somebody asks us to wait (pure). */

import { parseHttpDate } from "./date.ts";

/**
 * How long `Retry-After` asks to wait, in ms: seconds, or a date (RFC 9110 §10.2.3);
 * undefined if it says neither. What is waited for is the caller's to bound.
 */
export function retryAfterMs(
  value: string | undefined,
  nowMs: number,
): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const dateMs = parseHttpDate(value, nowMs);
  return dateMs && Math.max(0, dateMs - nowMs);
}
