/**
 * A purge, as the store and the tiers behind it carry it out: what it names is taken
 * out, or, if it is soft, marked stale (pure).
 */

import { beginsWith, COLON, DOT, equalsBytes, SP } from "../../http/bytes.ts";

/** What a purge names. */
export type PurgeTarget =
  /** Everything under a key. */
  | { readonly kind: "key"; readonly key: Uint8Array; readonly hash: number }
  /** Everything whose key begins so. */
  | { readonly kind: "prefix"; readonly prefix: Uint8Array }
  /** Everything of a host, in lower case: of every port, unless it has one. */
  | { readonly kind: "host"; readonly host: Uint8Array }
  /** Everything that carries the tag. */
  | { readonly kind: "tag"; readonly tag: string }
  /** All there is. */
  | { readonly kind: "all" };

/** See the module's comment. */
export type Purge = PurgeTarget & {
  /** Whether what it names is only marked stale; not unless it says so. */
  readonly isSoft?: boolean;
};

/** Whether a purge names a key; one by tag may name something of any. */
export function mayName(purge: PurgeTarget, key: Uint8Array): boolean {
  switch (purge.kind) {
    case "key":
      return equalsBytes(key, purge.key);
    case "prefix":
      return beginsWith(key, purge.prefix);
    case "host":
      return isOfHost(key, 0, key.length, purge.host);
    case "tag":
    case "all":
      return true;
  }
}

/**
 * Whether the key in `bytes[start, end)` is one of a host's: whatever the port, unless
 * the host has one, in upper or lower case, with a dot at its end or without.
 */
export function isOfHost(
  bytes: Uint8Array,
  start: number,
  end: number,
  host: Uint8Array,
): boolean {
  if (end - start <= host.length) return false;
  for (let i = 0; i < host.length; i++) {
    if (foldedCase(bytes[start + i]!) !== host[i]) return false;
  }
  let at = start + host.length;
  if (bytes[at] === DOT) at++;
  return bytes[at] === SP || bytes[at] === COLON;
}

/** The byte in lower case, if it is a letter. */
export function foldedCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
