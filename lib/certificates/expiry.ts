/** How long certificates are good for, in words for the operator (pure). */

import type { CertificateFacts } from "./certificate.ts";

const DAY_MS = 86_400_000;
/** A warning comes this early, or with a third of the life left, whichever is later. */
const WARNING_MS = 21 * DAY_MS;

/** What there is to say of a certificate. */
export interface ExpiryNotice {
  readonly level: "warn" | "error";
  readonly text: string;
}

/**
 * What the operator should know; undefined if all is well.
 *
 * @param source Where the certificate is from.
 * @param nowMs The time, in ms since the epoch.
 */
export function expiryNotice(
  { notBeforeMs, notAfterMs, names }: CertificateFacts,
  source: string,
  nowMs: number,
): ExpiryNotice | undefined {
  const what = `the certificate of ${names[0]} (${source})`;
  const end = new Date(notAfterMs).toISOString().slice(0, 10);
  if (nowMs >= notAfterMs) {
    return { level: "error", text: `${what} has expired on ${end}` };
  }
  if (nowMs < notBeforeMs) {
    const begin = new Date(notBeforeMs).toISOString();
    return { level: "error", text: `${what} is not valid before ${begin}` };
  }
  const leftMs = notAfterMs - nowMs;
  const lifeMs = notAfterMs - notBeforeMs;
  if (leftMs > Math.min(WARNING_MS, lifeMs / 3)) return undefined;
  const days = Math.floor(leftMs / DAY_MS);
  const when = days === 0
    ? "today"
    : days === 1
    ? "in 1 day"
    : `in ${days} days`;
  return { level: "warn", text: `${what} expires ${when}, on ${end}` };
}
