/**
 * A tier that nobody has to wait for: every operation has a deadline, so many are under
 * way at a time, and none rejects. A tier that fails is left alone for a while; it is
 * told of what was purged meanwhile before anything is looked up in it again.
 */

import { equalsBytes } from "../../../http/bytes.ts";
import type { LargeContents } from "./large.ts";
import type { StoredRecord } from "../stored_record.ts";
import {
  type AwaitedFrom,
  type AwaitedRecord,
  type KeptRecord,
  mayMean,
  type Renewal,
  type Tier,
  type TierPurge,
  type TierQuery,
} from "./tier.ts";

/** Is told why an operation has failed. */
type Failed = (why: string, isLate: boolean) => void;

type GetResult = KeptRecord | AwaitedRecord | undefined;

/** Lookups that may be under way, those included that were given up and have not ended. */
const LOOKUPS_MAX = 256;
/** Records that may be on their way to the tier. */
const PUTS_MAX = 64;
/** How long a record may be on its way, in ms. */
const PUT_MS = 10_000;
/** How long a purge may take, in ms. */
const PURGE_MS = 5000;
/** How long closing may take, in ms. */
const CLOSE_MS = 5000;
/** How long a tier that has failed is left alone, in ms. */
const PAUSE_MS = 1000;
/** After how long it is told of purges even if nobody looks anything up, in ms: others may read from it. */
const PAY_MS = 2500;
/** Purges that may be under way. */
const PURGES_MAX = 64;
/** Purges that a tier is yet to be told of; of more, everything is purged. */
const OWED_MAX = 1000;

const EVERYTHING: TierPurge = { kind: "all" };

/** The clock of the deadlines: see `lib/net/clock.ts`. */
export interface TierClock {
  monotonic(): number;
  after(ms: number, task: () => void): () => void;
}

/** Is told how a tier fares. */
export interface TierWatcher {
  /** The tier has failed; told as often as it does. */
  failed(tier: string, why: string): void;
  /** It could not keep a record, which says nothing of what it has; told as often. */
  failedToKeep(tier: string, why: string): void;
  /** It works again. */
  recovered(tier: string): void;
}

/** Content that is too large for memory, in a tier that may fail. */
export interface GuardedLarge {
  /** Whether it takes more just now. */
  readonly mayBegin: boolean;
  readonly contents: LargeContents;
  /** Is told that something could not be kept. */
  failedToKeep(why: string): void;
  /** Is told that something could not be read. */
  failedToRead(why: string): void;
}

/** See the module's comment. */
export class GuardedTier {
  readonly #tier: Tier;
  readonly #clock: TierClock;
  readonly #watcher: TierWatcher;
  #lookups = 0;
  #puts = 0;
  /** Until when it is left alone. */
  #pausedUntilMs = 0;
  /** Until when nothing is put there: a full disk can still be read. */
  #putsPausedUntilMs = 0;
  #isFailing = false;
  #isFailingToKeep = false;
  /** Purges that have failed, or came while the tier was left alone. */
  #owed: TierPurge[] = [];
  #isPaying = false;
  #cancelPayment: (() => void) | undefined;
  readonly #purging = new Set<TierPurge>();
  /** Ends what is under way. */
  readonly #ends = new Set<() => void>();
  #isClosed = false;

  constructor(tier: Tier, clock: TierClock, watcher: TierWatcher) {
    this.#tier = tier;
    this.#clock = clock;
    this.#watcher = watcher;
  }

  /** A word for events. */
  get name(): string {
    return this.#tier.name;
  }

  /** As {@linkcode Tier.abandon}. */
  abandon(key: Uint8Array): void {
    this.#tier.abandon?.(key);
  }

  /** As {@linkcode Tier.drop}. */
  drop(hash: number): void {
    this.#tier.drop?.(hash);
  }

  /** Whether it can be looked up in now. */
  get mayLookUp(): boolean {
    return this.#isReady && this.#lookups < LOOKUPS_MAX;
  }

  /** Whether it takes one more record now. */
  get mayPut(): boolean {
    return this.#puts < PUTS_MAX && this.#isReady &&
      this.#clock.monotonic() >= this.#putsPausedUntilMs;
  }

  /** Content that is too large for memory; undefined if it does not keep that. */
  get large(): GuardedLarge | undefined {
    const { large } = this.#tier;
    return large && {
      mayBegin: this.mayPut,
      contents: large,
      failedToKeep: (why) => this.#failedToKeep(why),
      failedToRead: (why) => this.#failed(why),
    };
  }

  /** As {@linkcode Tier.wantsUsed}, if it takes one more record now. */
  wantsUsed(hash: number): boolean {
    return this.mayPut && (this.#tier.wantsUsed?.(hash) ?? false);
  }

  get #isReady(): boolean {
    if (this.#isClosed || this.#isPaused) return false;
    if (this.#owed.length === 0) return true;
    this.#payOwed();
    return false;
  }

  get #isPaused(): boolean {
    return this.#clock.monotonic() < this.#pausedUntilMs;
  }

  /**
   * Looks up a record.
   *
   * @param wanted Ends the lookup when nobody wants it any more.
   * @returns Undefined if there is none, or not in time.
   */
  async get(
    query: TierQuery,
    wanted: AbortSignal,
  ): Promise<KeptRecord | undefined> {
    if (!this.mayLookUp || wanted.aborted) return undefined;
    if (this.#isBeingPurged(query.key)) return undefined;
    let isAsked = true;
    const asked: TierQuery = {
      ...query,
      isMeant: (record) => isAsked && query.isMeant(record), // whoever asked may be gone
    };
    const get = (signal: AbortSignal): Promise<GetResult> =>
      this.#tier.get(asked, signal);
    const record = await this.#ask(get, wanted);
    const isRight = record !== undefined &&
      equalsBytes(record.key, query.key) && this.#isMeant(query, record);
    isAsked = false;
    return isRight ? record : undefined;
  }

  /** Whether a purge is under way that may take it out, and may yet fail. */
  #isBeingPurged(key: Uint8Array): boolean {
    return [...this.#purging].some((purge) => mayMean(purge, key));
  }

  /** Looks something up, and waits for it if that takes longer: that many more can be looked up meanwhile. */
  async #ask<Result>(
    ask: (signal: AbortSignal) => Promise<Result | AwaitedFrom<Result>>,
    wanted: AbortSignal,
  ): Promise<Result | undefined> {
    this.#lookups++;
    const end = (): void => void this.#lookups--;
    const result = await this.#run(ask, this.#tier.timeoutMs, end, wanted);
    if (!isAwaited(result)) return result;
    if (this.#lookups >= LOOKUPS_MAX || wanted.aborted) return undefined;
    this.#lookups++;
    const bring = (signal: AbortSignal): Promise<Result> =>
      result.record(signal);
    return await this.#run(bring, result.withinMs, end, wanted);
  }

  /** Whether it can be asked whether others have fetched something anew. */
  get mayRenew(): boolean {
    return this.#tier.renew !== undefined && this.mayLookUp;
  }

  /** As {@linkcode Tier.renew}; what it cannot tell is to be fetched. */
  async renew(query: TierQuery, wanted: AbortSignal): Promise<Renewal> {
    if (!this.mayRenew || this.#isBeingPurged(query.key)) return "fetch";
    const renew = (
      signal: AbortSignal,
    ): Promise<Renewal | AwaitedFrom<Renewal>> =>
      this.#tier.renew!(query, signal);
    const renewal = await this.#ask(renew, wanted);
    if (renewal === undefined) return this.#isClosed ? "leave" : "fetch";
    if (typeof renewal === "string") return renewal;
    const isRight = equalsBytes(renewal.key, query.key) &&
      this.#isMeant(query, renewal);
    return isRight ? renewal : "fetch";
  }

  /** What a tier brings may be damaged: then it counts as nothing. */
  #isMeant(query: TierQuery, record: StoredRecord): boolean {
    try {
      return query.isMeant(record);
    } catch (error) {
      this.#failed(`a record that cannot be read: ${messageOf(error)}`);
      return false;
    }
  }

  /** Stores a record, whose sections must not change until the promise settles. */
  async put(record: StoredRecord, hash: number): Promise<void> {
    if (!this.mayPut) return this.drop(hash);
    this.#puts++;
    const end = (): void => void this.#puts--;
    await this.#run(
      async (signal) => {
        await this.#tier.put(record, hash, signal);
        this.#isFailingToKeep = false;
      },
      PUT_MS,
      end,
      undefined,
      (why, isLate) => this.#failedToKeep(why, isLate),
    );
  }

  #failedToKeep(why: string, isLate = false): void {
    if (this.#isClosed) return;
    this.#tier.failed?.(isLate, 0);
    this.#isFailing = this.#isFailingToKeep = true;
    this.#putsPausedUntilMs = this.#clock.monotonic() + PAUSE_MS;
    this.#watcher.failedToKeep(this.#tier.name, why);
  }

  /** Takes out what a purge names, now or before the tier is looked up in again; tells how many records went now. */
  async purge(purge: TierPurge): Promise<number> {
    if (this.#isClosed) return 0;
    const mustWait = this.#owed.length > 0 || this.#isPaused ||
      this.#purging.size >= PURGES_MAX;
    const count = mustWait ? undefined : await this.#purge(purge);
    if (count === undefined) this.#owe(purge);
    return count ?? 0;
  }

  async #purge(purge: TierPurge): Promise<number | undefined> {
    this.#purging.add(purge);
    const count = await this.#run(
      (signal) => this.#tier.purge(purge, signal),
      PURGE_MS,
    );
    this.#purging.delete(purge);
    return count;
  }

  #owe(purge: TierPurge): void {
    if (this.#owed.length < OWED_MAX) this.#owed.push(purge);
    else this.#owed = [EVERYTHING];
    this.#payLater();
  }

  #payLater(): void {
    if (this.#isClosed || this.#owed.length === 0) return;
    this.#cancelPayment ??= this.#clock.after(PAY_MS, async () => {
      this.#cancelPayment = undefined;
      if (!this.#isPaused) await this.#payOwed();
      this.#payLater();
    });
  }

  /** Tells the tier of what it has not been told of, until it fails. */
  async #payOwed(): Promise<void> {
    if (this.#isPaying) return;
    this.#isPaying = true;
    let failed: TierPurge[] = [];
    while (this.#owed.length > 0 && failed.length === 0) {
      const purges = this.#owed.splice(0, PURGES_MAX);
      const counts = await Promise.all(purges.map((one) => this.#purge(one)));
      failed = purges.filter((_, index) => counts[index] === undefined);
    }
    this.#owed.unshift(...failed);
    this.#isPaying = false;
  }

  /** Ends it, with what is under way; what it has not been told of, it is told now, if it listens. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPayment?.();
    for (const end of [...this.#ends]) end();
    await this.#payOwed();
    await this.#run(() => this.#tier.close(), CLOSE_MS);
  }

  /**
   * Runs an operation, but not for longer than this.
   *
   * @param ended Called when the tier has done with it, however late.
   * @param wanted Ends it early, which is no failure.
   * @param failed Told why it has failed.
   * @returns Undefined if it was ended or has failed.
   */
  #run<Result>(
    operation: (signal: AbortSignal) => Promise<Result>,
    withinMs: number,
    ended?: () => void,
    wanted?: AbortSignal,
    failed: Failed = (why, isLate): void => this.#failed(why, isLate),
  ): Promise<Result | undefined> {
    const { promise, resolve } = Promise.withResolvers<Result | undefined>();
    const abort = new AbortController();
    let isSettled = false;
    const settle = (result: Result | undefined): boolean => {
      if (isSettled) return false;
      isSettled = true;
      cancel();
      wanted?.removeEventListener("abort", giveUp);
      this.#ends.delete(giveUp);
      resolve(result);
      return true;
    };
    const giveUp = (): void => {
      if (settle(undefined)) abort.abort();
    };
    const cancel = this.#clock.after(withinMs, () => {
      if (isSettled) return;
      failed(`no answer within ${withinMs} ms`, true);
      giveUp();
    });
    this.#ends.add(giveUp);
    wanted?.addEventListener("abort", giveUp);
    attempt(operation, abort.signal).then((result) => {
      if (settle(result)) this.#succeeded();
    }, (error) => {
      if (settle(undefined)) failed(messageOf(error), false);
    }).finally(ended);
    return promise;
  }

  #failed(why: string, isLate = false): void {
    this.#isFailing = true;
    this.#tier.failed?.(isLate, PAUSE_MS);
    this.#pausedUntilMs = this.#clock.monotonic() + PAUSE_MS;
    this.#watcher.failed(this.#tier.name, why);
  }

  #succeeded(): void {
    if (!this.#isFailing || this.#isFailingToKeep) return;
    this.#isFailing = false;
    this.#watcher.recovered(this.#tier.name);
  }
}

/** Also what throws at once is a rejection. */
async function attempt<Result>(
  operation: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  return await operation(signal);
}

function isAwaited<Result>(
  result: Result | AwaitedFrom<Result> | undefined,
): result is AwaitedFrom<Result> {
  return typeof result === "object" && result !== null && "isAwaited" in result;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
