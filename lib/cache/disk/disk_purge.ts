/** Which records of the cache on disk a purge names. */

import {
  COLON,
  equalsBytes,
  LEFT_BRACKET,
  RIGHT_BRACKET,
  SP,
  textOf,
} from "../../http/bytes.ts";
import type { StoredRecord } from "../store/stored_record.ts";
import { mayMean, type TierPurge } from "../store/tiers/tier.ts";
import type { SqlValue } from "./schema.ts";

/** Records that one step looks at. */
const STEP = 256;
const NOTHING = new Uint8Array(0);

/** Tells whether a record carries a tag. */
type HasTag = (record: number, tag: string) => boolean;

/** See the module's comment. */
export class DiskPurge {
  readonly #purge: TierPurge;
  readonly #before: number;
  readonly #hasTag: HasTag;

  /** @param before The number of the first record that is not meant. */
  constructor(purge: TierPurge, before: number, hasTag: HasTag) {
    this.#purge = purge;
    this.#before = before;
    this.#hasTag = hasTag;
  }

  /** Whether what it names is only marked stale. */
  get isSoft(): boolean {
    return this.#purge.isSoft ?? false;
  }

  /** Whether it names a record, which is still to be looked at. */
  names(record: number, key: Uint8Array): boolean {
    if (record >= this.#before || !this.meansKey(key)) return false;
    const purge = this.#purge;
    return purge.kind !== "tag" || this.#hasTag(record, purge.tag);
  }

  /** Whether it names something of a key. */
  meansKey(key: Uint8Array): boolean {
    return mayMean(this.#purge, key);
  }

  /** What brings the next records that it may name, behind the last one of those before. */
  selection(last: SelectedRow | undefined): Selection {
    const purge = this.#purge;
    const { id = 0, key = NOTHING, variant = NOTHING } = last ?? {};
    if (purge.kind === "tag") {
      return {
        sql:
          `SELECT id, key, variant FROM tags JOIN records ON id = record WHERE tag = ? AND record > ? AND record < ? ORDER BY record LIMIT ${STEP}`,
        values: [purge.tag, id, this.#before],
      };
    }
    const { where, values } = conditionOf(purge);
    // Each goes along an index, so that a step is no more work than what it brings.
    return purge.kind === "prefix"
      ? {
        sql:
          `SELECT id, key, variant FROM records WHERE ${where} AND (key, variant) > (?, ?) AND id < ? ORDER BY key, variant LIMIT ${STEP}`,
        values: [...values, key, variant, this.#before],
      }
      : {
        sql:
          `SELECT id, key, variant FROM records WHERE ${where} AND id > ? AND id < ? ORDER BY id LIMIT ${STEP}`,
        values: [...values, id, this.#before],
      };
  }
}

/** Whether a purge names a record that is still to be written. */
export function namesWaiting(
  purge: TierPurge,
  { key, variant }: StoredRecord,
  tags: readonly string[],
): boolean {
  switch (purge.kind) {
    case "variant":
      return equalsBytes(key, purge.key) &&
        equalsBytes(variant, purge.variant);
    case "tag":
      return tags.includes(purge.tag);
    default:
      return mayMean(purge, key);
  }
}

/** What a selection brings of a record. */
export interface SelectedRow {
  readonly id: number;
  readonly key: Uint8Array;
  readonly variant: Uint8Array;
}

/** A statement with its values. */
export interface Selection {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

interface Condition {
  readonly where: string;
  readonly values: readonly SqlValue[];
}

function conditionOf(
  purge: Exclude<TierPurge, { readonly kind: "tag" }>,
): Condition {
  switch (purge.kind) {
    case "key":
      return { where: "key = ?", values: [purge.key] };
    case "variant":
      return {
        where: "key = ? AND variant = ?",
        values: [purge.key, purge.variant],
      };
    case "prefix": {
      const end = afterPrefix(purge.prefix);
      return end === undefined
        ? { where: "key >= ?", values: [purge.prefix] }
        : { where: "key >= ? AND key < ?", values: [purge.prefix, end] };
    }
    case "host":
      return { where: "host = ?", values: [hostOf(purge.host)] };
    case "all":
      return { where: "true", values: [] };
  }
}

/** The first bytes that come after all that begin so; undefined if nothing does. */
function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = prefix.slice(0, length);
  end[length - 1]!++;
  return end;
}

/** The host of a key, or of an authority: in lower case, without port and final dot. */
export function hostOf(key: Uint8Array): string {
  let end = 0;
  const isBracketed = key[0] === LEFT_BRACKET;
  while (end < key.length && key[end] !== SP) {
    if (isBracketed && key[end - 1] === RIGHT_BRACKET) break;
    if (!isBracketed && key[end] === COLON) break;
    end++;
  }
  return textOf(key, 0, end).toLowerCase().replace(/\.$/, "");
}
