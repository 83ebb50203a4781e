/** What an authority suggests for the renewal of a certificate (RFC 9773); pure. */

import { retryAfterMs } from "../http/retry_after.ts";
import type { CertificateFacts } from "./certificate.ts";
import { readValues } from "./der_reader.ts";

/** When it is asked again, if it does not say: RFC 9773 §4.3.3. */
const AGAIN_MS = 6 * 3_600_000;
const AGAIN_MIN_MS = 60_000;
const AGAIN_MAX_MS = 24 * 3_600_000;
/** Whatever it suggests, a certificate is renewed before so little of its life is left. */
const LAST_PART = 1 / 20;

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const EXTENSIONS = 0xa3;
/** 2.5.29.35 */
const AUTHORITY_KEY_ID = [0x55, 0x1d, 0x23];
const KEY_IDENTIFIER = 0x80;

/** When a certificate should be renewed, and when to ask again, in ms since the epoch. */
export interface RenewalInfo {
  readonly startMs: number;
  readonly endMs: number;
  readonly againMs: number;
}

/**
 * How the authority calls a certificate (RFC 9773 §4.1): the identifier of its own
 * key, and the certificate's number.
 *
 * @param pem The certificate, perhaps with its chain.
 * @returns Undefined if the certificate does not say.
 */
export function renewalId(pem: string): string | undefined {
  const [, base64 = ""] = /-----BEGIN CERTIFICATE-----([^-]*)/.exec(pem) ?? [];
  try {
    const der = Uint8Array.fromBase64(base64);
    const [certificate] = readValues(der);
    const [body] = readValues(certificate!.content);
    const fields = readValues(body!.content);
    const number = fields.find(({ tag }) => tag === INTEGER)!.content;
    const extensions = fields.find(({ tag }) => tag === EXTENSIONS)!.content;
    const [list] = readValues(extensions);
    for (const { tag, content } of readValues(list!.content)) {
      const [name, ...rest] = tag === SEQUENCE ? readValues(content) : [];
      if (!isAuthorityKeyId(name?.content)) continue;
      const [value] = readValues(rest.at(-1)!.content);
      const key = readValues(value!.content).find(({ tag }) =>
        tag === KEY_IDENTIFIER
      );
      return key && `${base64Url(key.content)}.${base64Url(number)}`;
    }
  } catch {
    // It is damaged, or of another kind: the authority cannot be asked.
  }
  return undefined;
}

function isAuthorityKeyId(name: Uint8Array | undefined): boolean {
  return name?.length === AUTHORITY_KEY_ID.length &&
    AUTHORITY_KEY_ID.every((byte, at) => name[at] === byte);
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Reads the authority's answer.
 *
 * @param retryAfter The response's `Retry-After`.
 * @param nowMs The time, in ms since the epoch.
 * @returns Undefined if it is no answer.
 */
export function readRenewalInfo(
  answer: unknown,
  retryAfter: string | undefined,
  nowMs: number,
): RenewalInfo | undefined {
  const { suggestedWindow } = (answer ?? {}) as {
    readonly suggestedWindow?: {
      readonly start?: unknown;
      readonly end?: unknown;
    };
  };
  const startMs = Date.parse(String(suggestedWindow?.start));
  const endMs = Date.parse(String(suggestedWindow?.end));
  if (!(startMs < endMs)) return undefined;
  return { startMs, endMs, againMs: nowMs + againAfterMs(retryAfter, nowMs) };
}

function againAfterMs(retryAfter: string | undefined, nowMs: number): number {
  const requested = retryAfterMs(retryAfter, nowMs) ?? AGAIN_MS;
  return Math.min(Math.max(requested, AGAIN_MIN_MS), AGAIN_MAX_MS);
}

/** When it is asked again after it did not answer, in ms since the epoch. */
export function askAgainMs(nowMs: number): number {
  return nowMs + AGAIN_MS;
}

/**
 * When a certificate is renewed by what its authority suggests, in ms since the epoch.
 *
 * @param random From 0 to 1.
 */
export function suggestedMs(
  { startMs, endMs }: RenewalInfo,
  { notBeforeMs, notAfterMs }: CertificateFacts,
  random: number,
): number {
  const lastMs = notAfterMs - (notAfterMs - notBeforeMs) * LAST_PART;
  return Math.min(startMs + (endMs - startMs) * random, lastMs);
}
