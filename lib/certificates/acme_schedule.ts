/** When certificates of ACME are ordered (pure). */

import { isIp } from "../net/cidr.ts";
import type { CertificateFacts } from "./certificate.ts";

/** Renewed after this part of their life … */
const RENEWAL_PART = 2 / 3;
/** … or up to this part of it earlier, so that many are not renewed at once. */
const JITTER_PART = 1 / 20;
/** The pause after the first failure; each further one doubles it. */
const BACKOFF_MS = 60_000;
const BACKOFF_MAX_MS = 6 * 3_600_000;
/** The pause when the authority says that we ask too often, if it does not say for how long. */
const RATE_LIMITED_MS = 3_600_000;

/**
 * Whether a public authority may issue certificates for a name: one that is
 * exact, has a dot, and is neither an address nor of this machine alone.
 */
export function isOrderable(name: string): boolean {
  return name.includes(".") && !name.includes("*") && !isIp(name) &&
    !name.startsWith("[") && !/(?:^|\.)localhost$/.test(name);
}

/**
 * When a certificate is renewed, in ms since the epoch.
 *
 * @param random From 0 to 1.
 */
export function renewalMs(
  { notBeforeMs, notAfterMs }: CertificateFacts,
  random: number,
): number {
  const lifeMs = notAfterMs - notBeforeMs;
  return notBeforeMs + lifeMs * (RENEWAL_PART - JITTER_PART * random);
}

/**
 * The pause after a failed order.
 *
 * @param failures How many have failed in a row, at least 1.
 * @param message What the authority said.
 * @param random From 0 to 1: up to a quarter is added.
 */
export function backoffMs(
  failures: number,
  message: string,
  random: number,
): number {
  const doubled = Math.min(
    BACKOFF_MS * 2 ** Math.min(failures - 1, 20),
    BACKOFF_MAX_MS,
  );
  const isRateLimited = /rateLimited|too many/i.test(message);
  const least = isRateLimited ? Math.max(doubled, RATE_LIMITED_MS) : doubled;
  return least * (1 + random / 4);
}
