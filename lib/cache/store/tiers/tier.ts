/**
 * The contract of a tier: a slower place for stored responses behind the store, such
 * as a disk or another machine. It is asked after a miss in memory, and only then: a
 * hit never waits for it.
 *
 * A tier may forget whatever it likes, with one exception: what a purge names must not
 * come back. So its operations take effect in the order in which they were called,
 * whether or not the earlier ones have ended.
 *
 * Every operation gets a signal. Once that is aborted, nobody waits for the result any
 * more, and the tier should stop to work on it. How long it is waited for, and how many
 * operations are under way at a time, is not the tier's business: see `GuardedTier`.
 */

import { equalsBytes } from "../../../http/bytes.ts";
import { mayName, type Purge } from "../purge.ts";
import type { LargeContents } from "./large.ts";
import type { StoredRecord } from "../stored_record.ts";

/** See the module's comment. */
export interface Tier {
  /** A word for events: `disk`. */
  readonly name: string;
  /** How long a lookup may take, in ms; then the origin is asked. */
  readonly timeoutMs: number;
  /** Content that is too large for memory, if it keeps that. */
  readonly large?: LargeContents;

  /**
   * Looks up a record. What a tier returns is what was put there, byte by byte: one that
   * may be damaged is checked first.
   *
   * @returns The youngest that the query means, or what has to be waited for; undefined
   *   if there is none.
   */
  get(
    query: TierQuery,
    signal: AbortSignal,
  ): Promise<KeptRecord | AwaitedRecord | undefined>;

  /**
   * Stores a record, in place of the one with the same key and variant. Its sections are
   * views that change once the promise has settled, or the signal is aborted.
   *
   * @param hash That of the key, for this process.
   */
  put(record: StoredRecord, hash: number, signal: AbortSignal): Promise<void>;

  /**
   * Takes note that what is in memory was used there, for a tier that does not keep
   * everything at once; tells whether it is to be put here now.
   */
  wantsUsed?(hash: number): boolean;

  /**
   * Takes out what a purge names, or, if it is soft, marks it stale: until a record is put
   * there anew. Tells how many records that were.
   */
  purge(purge: TierPurge, signal: AbortSignal): Promise<number>;

  /** Takes note that a record is not put here although it could have been: the tier is busy, or failing. */
  drop?(hash: number): void;

  /**
   * What is stale in memory is to be fetched anew, while nobody waits for it: for a tier
   * that others use, too.
   *
   * @param query Means only what is fresh.
   */
  renew?(
    query: TierQuery,
    signal: AbortSignal,
  ): Promise<Renewal | AwaitedFrom<Renewal>>;

  /** What was looked up in vain is fetched, but nothing comes of that: others need not wait for it. */
  abandon?(key: Uint8Array): void;

  /**
   * Is told of what it has failed in, for a tier that counts that.
   *
   * @param isLate It has not answered in time.
   * @param pauseMs How long it is left alone, in ms; 0 if it is not.
   */
  failed?(isLate: boolean, pauseMs: number): void;

  /** Ends it, with what is under way; nothing is called afterwards. */
  close(): Promise<void>;
}

/** What a record says of itself without its content. */
export type RecordHead = Pick<StoredRecord, "description" | "head">;

/** What is looked up. */
export interface TierQuery {
  readonly key: Uint8Array;
  /** The key's, for this process: another one has others. */
  readonly hash: number;
  /** Whether the request selects this record, of those that are stored under the key (RFC 9111 §4.1). */
  isMeant(record: RecordHead): boolean;
}

/** What is to be taken out, or marked stale. */
export type TierPurge =
  | Purge
  /** One variant of a key, by {@linkcode StoredRecord.variant}. */
  | {
    readonly kind: "variant";
    readonly key: Uint8Array;
    readonly hash: number;
    readonly variant: Uint8Array;
    readonly isSoft?: false;
  };

/** Whether a purge may mean something under a key. */
export function mayMean(purge: TierPurge, key: Uint8Array): boolean {
  return purge.kind === "variant"
    ? equalsBytes(key, purge.key)
    : mayName(purge, key);
}

/** A record that a tier has kept. */
export interface KeptRecord extends StoredRecord {
  /** Whether a soft purge has named it since it was put there; not unless it says so. */
  readonly isMarkedStale?: boolean;
}

/** What takes longer than a lookup may: content is large, or another machine is about to bring it. */
export interface AwaitedFrom<Result> {
  readonly isAwaited: true;
  /** How long it may take, in ms. */
  readonly withinMs: number;
  /** Brings it. */
  record(signal: AbortSignal): Promise<Result>;
}

/** A record that has to be waited for; undefined if nothing came of it. */
export type AwaitedRecord = AwaitedFrom<KeptRecord | undefined>;

/**
 * What comes of wanting to fetch something anew: others have done so, and this is it;
 * whoever asks is to `fetch` it, for all; or is to `leave` it, as others do that just
 * now, or have tried in vain.
 */
export type Renewal = KeptRecord | "fetch" | "leave";
