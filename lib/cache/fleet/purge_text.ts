/**
 * A purge as nodes tell it one another (pure). A node that cannot read one, because a
 * newer version wrote it, takes it for one of everything.
 */

import { bytesOf, textOf } from "../../http/bytes.ts";
import type { Purge } from "../store/purge.ts";

/** A purge of one key names it by its bytes: its hash is another one in each process. */
export type FleetPurge =
  & (
    | { readonly kind: "key"; readonly key: Uint8Array }
    | { readonly kind: "prefix"; readonly prefix: Uint8Array }
    | { readonly kind: "host"; readonly host: Uint8Array }
    | { readonly kind: "tag"; readonly tag: string }
    | { readonly kind: "all" }
  )
  & { readonly isSoft: boolean };

/** The longest name that a purge may have; of a longer one, everything is purged. */
const NAME_LENGTH_MAX = 128 * 1024;

const EVERYTHING: FleetPurge = { kind: "all", isSoft: false };

/** Writes a purge. */
export function purgeText(purge: Purge): string {
  const soft = purge.isSoft ? "soft" : "hard";
  return JSON.stringify([purge.kind, soft, nameOf(purge)]);
}

function nameOf(purge: Purge): string {
  switch (purge.kind) {
    case "key":
      return text(purge.key);
    case "prefix":
      return text(purge.prefix);
    case "host":
      return text(purge.host);
    case "tag":
      return purge.tag;
    case "all":
      return "";
  }
}

/** Reads a purge. */
export function readPurge(written: string): FleetPurge {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    return EVERYTHING;
  }
  if (!Array.isArray(value) || value.length !== 3) return EVERYTHING;
  const [kind, soft, name] = value as unknown[];
  if (typeof name !== "string" || name.length > NAME_LENGTH_MAX) {
    return EVERYTHING;
  }
  const isSoft = soft === "soft";
  switch (kind) {
    case "key":
      return { kind, key: bytesOf(name), isSoft };
    case "prefix":
      return { kind, prefix: bytesOf(name), isSoft };
    case "host":
      return { kind, host: bytesOf(name), isSoft };
    case "tag":
      return { kind, tag: name, isSoft };
    case "all":
      return { kind, isSoft };
    default:
      return EVERYTHING;
  }
}

/** The same for a store whose keys have these hashes. */
export function localPurge(
  purge: FleetPurge,
  hashOf: (key: Uint8Array) => number,
): Purge {
  return purge.kind === "key" ? { ...purge, hash: hashOf(purge.key) } : purge;
}

function text(bytes: Uint8Array): string {
  return textOf(bytes, 0, bytes.length);
}
