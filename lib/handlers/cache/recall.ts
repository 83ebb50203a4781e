/**
 * Recalling: what is not in the store may be in a slower tier behind it. Of those who
 * want the same, one looks there; the others wait, and all look into the store again.
 */

import { IncomingContent } from "../../cache/store/incoming_content.ts";
import { describe } from "../../cache/store/stored_record.ts";
import { CacheEntry } from "../../cache/store/cache_entry.ts";
import {
  type StoredEntry,
  StoredResponse,
} from "../../cache/store/stored_response.ts";
import type { Recall } from "../../cache/store/tiers/recalls.ts";
import type { KeptRecord, RecordHead } from "../../cache/store/tiers/tier.ts";
import type { Tiers } from "../../cache/store/tiers/tiers.ts";
import { selects } from "../../cache/policy/vary.ts";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { findEntry, identify, keyOf, sentOf } from "../../exchange/lookup.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { noting } from "../writes.ts";
import { takeContent } from "./receive_content.ts";

/**
 * Brings what the request selects from a tier into the store, if one has it. No tier is
 * waited for longer than its deadline.
 *
 * @throws {HttpError} Why the exchange has been ended meanwhile.
 */
export async function recall(
  x: Exchange,
  cache: SharedCache,
  tiers: Tiers,
): Promise<void> {
  const key = keyOf(x.fetch, cache);
  const known = tiers.recalls.find(key, x.outcome.hash);
  if (known === undefined) return await lookBehind(x, cache, tiers, key);
  await waitFor(x, known);
  const mayBeAnother = known.hasVariants && !isStored(x, cache);
  if (mayBeAnother) await lookBehind(x, cache, tiers, key);
}

/** Waits for what another exchange looks up. */
async function waitFor(x: Exchange, known: Recall): Promise<void> {
  x.waitOn(known);
  known.waiting++;
  while (!known.isOver && x.failure === undefined) await known.wait();
  known.waiting--;
  x.waitOn();
  if (x.failure !== undefined) throw x.failure;
}

/** Whether the store has what the request selects. */
function isStored(x: Exchange, cache: SharedCache): boolean {
  identify(x.fetch, cache); // others have used the key meanwhile
  const entry = findEntry(x.fetch, cache);
  return entry?.select(cache.sent, x.outcome.extraKey) !== undefined;
}

async function lookBehind(
  x: Exchange,
  cache: SharedCache,
  tiers: Tiers,
  key: Uint8Array,
): Promise<void> {
  const { hash, extraKey } = x.outcome;
  const { recalls } = tiers;
  const own = recalls.begin(key, hash);
  const { epoch } = cache.store;
  const wanted = new AbortController();
  x.waitOn({
    notify: (): void => {
      if (own.waiting === 0) wanted.abort();
    },
  });
  // The exchange stays until it is answered: the request is there to be compared with.
  const isMeant = ({ description, head }: RecordHead): boolean => {
    const { traits } = describe(description, head);
    const isPlain = traits.selecting.length === 0 && traits.extraKey === "";
    own.hasVariants ||= !isPlain;
    return traits.extraKey === extraKey &&
      selects(traits.selecting, sentOf(x.fetch, cache));
  };
  try {
    const record = await tiers.get({ key, hash, isMeant }, wanted.signal);
    if (record !== undefined && !isStored(x, cache)) {
      addRecord(cache, record, { key, hash, epoch });
    }
  } finally {
    x.waitOn();
    recalls.end(own);
  }
  if (x.failure !== undefined) throw x.failure;
}

/** A response that a tier has, which is not put into the store. */
export interface FoundBehind {
  readonly stored: StoredResponse;
  /** The tier's name. */
  readonly tier: string;
}

/**
 * Looks which tier has what the request selects, for those who only want to know; the key is
 * made anew. Undefined if none has it.
 */
export async function findBehind(
  x: Exchange,
  cache: SharedCache,
  tiers: Tiers,
): Promise<FoundBehind | undefined> {
  const key = keyOf(x.fetch, cache);
  const { hash, extraKey } = x.outcome;
  const isMeant = ({ description, head }: RecordHead): boolean => {
    const { traits } = describe(description, head);
    return traits.extraKey === extraKey &&
      selects(traits.selecting, sentOf(x.fetch, cache));
  };
  const never = new AbortController().signal;
  const found = await tiers.find({ key, hash, isMeant }, never);
  tiers.abandon(key); // nothing is fetched
  identify(x.fetch, cache); // others have used the key meanwhile
  noting(x.outcome).reason = undefined;
  if (found === undefined) return undefined;
  const { record, tier } = found;
  const { traits, head } = describe(record.description, record.head);
  const entry: StoredEntry = new CacheEntry(key, hash);
  const stored = new StoredResponse(entry, traits, head, undefined);
  stored.buffer = record.content;
  stored.length = record.content.length;
  stored.isMarkedStale = record.isMarkedStale ?? false;
  return { stored, tier };
}

/**
 * Puts a record into the store, if nothing of its key has been taken out since.
 *
 * A purge comes to the store and to the tier one after the other, and so does what is
 * put there: in between, a tier may have what the store has taken out. So what this
 * process has put there must not be named by any purge since the origin was asked for it.
 * What a soft purge has marked there was named by that one.
 *
 * @param asked What was looked up, and the epoch when that began.
 * @returns Whether it is there.
 */
export function addRecord(
  { store }: SharedCache,
  record: KeptRecord,
  { key, hash, epoch }: {
    readonly key: Uint8Array;
    readonly hash: number;
    readonly epoch: number;
  },
): boolean {
  const { objectBytesMax } = store.limits;
  const { length } = record.content;
  if (length > objectBytesMax) return false;
  const { traits, head, asked } = describe(record.description, record.head);
  const isOwn = asked?.run === store.run && !record.isMarkedStale;
  const since = isOwn ? Math.min(asked.epoch, epoch) : epoch;
  if (store.isOutdated(since, { key, hash, tags: traits.tags })) {
    return false;
  }
  const entry = store.obtain(key, hash);
  const incoming = new IncomingContent(length, objectBytesMax, store.ledger);
  const stored = new StoredResponse(entry, traits, head, incoming);
  stored.epoch = since;
  stored.isMarkedStale = record.isMarkedStale ?? false;
  if (!store.add(stored)) {
    store.ledger.storage.give(incoming.content());
    store.release(entry);
    return false;
  }
  incoming.append(record.content);
  takeContent(store, stored, incoming);
  store.complete(stored);
  return true;
}
