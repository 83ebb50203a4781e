/** The tiers behind the store, the fastest first, as one. */

import type { StoredRecord } from "../stored_record.ts";
import type { GuardedTier } from "./guarded_tier.ts";
import { Recalls } from "./recalls.ts";
import type { KeptRecord, TierPurge, TierQuery } from "./tier.ts";

/** See the module's comment. Nothing of it rejects, and nothing waits for longer than a tier's deadline. */
export class Tiers {
  /** The lookups that are under way. */
  readonly recalls: Recalls = new Recalls();
  /** What is about to be fetched anew, behind the clients' backs. */
  readonly renewals: Recalls = new Recalls();
  readonly #tiers: readonly GuardedTier[];

  constructor(tiers: readonly GuardedTier[]) {
    this.#tiers = tiers;
  }

  /** Whether there is one that can be looked up in now. */
  get mayLookUp(): boolean {
    return this.#tiers.some(({ mayLookUp }) => mayLookUp);
  }

  /** Whether there is one that takes one more record now. */
  get mayPut(): boolean {
    return this.#tiers.some(({ mayPut }) => mayPut);
  }

  /** Their names, for those who look at them. */
  get names(): readonly string[] {
    return this.#tiers.map(({ name }) => name);
  }

  /** As {@linkcode GuardedTier.get}, of one after the other. */
  async get(
    query: TierQuery,
    wanted: AbortSignal,
  ): Promise<KeptRecord | undefined> {
    return (await this.find(query, wanted))?.record;
  }

  /** The same, with the name of the one that has it. */
  async find(
    query: TierQuery,
    wanted: AbortSignal,
  ): Promise<{ record: KeptRecord; tier: string } | undefined> {
    for (const tier of this.#tiers) {
      const record = await tier.get(query, wanted);
      if (record !== undefined) return { record, tier: tier.name };
    }
    return undefined;
  }

  /** The tier that others use, too, and that may have what is stale here; undefined if there is none. */
  get renewing(): GuardedTier | undefined {
    return this.#tiers.find(({ mayRenew }) => mayRenew);
  }

  /** The tier that keeps content that is too large for memory; undefined if none does. */
  get keepingLarge(): GuardedTier | undefined {
    return this.#tiers.find(({ large }) => large !== undefined);
  }

  /** Those that are to be put what is in memory and was used there. */
  wantingUsed(hash: number): readonly GuardedTier[] {
    return this.#tiers.filter((tier) => tier.wantsUsed(hash));
  }

  /** As {@linkcode GuardedTier.put}, of all of them or some. */
  async put(
    record: StoredRecord,
    hash: number,
    tiers = this.#tiers,
  ): Promise<void> {
    await Promise.all(tiers.map((tier) => tier.put(record, hash)));
  }

  /**
   * As {@linkcode GuardedTier.purge}, of all of them; the count is that of the tier that had the most.
   *
   * @param teller The tier that the purge comes from, and that is not told.
   */
  async purge(purge: TierPurge, teller?: string): Promise<number> {
    const told = this.#tiers.filter(({ name }) => name !== teller);
    const counts = await Promise.all(told.map((tier) => tier.purge(purge)));
    return Math.max(0, ...counts);
  }

  /** As {@linkcode Tier.drop}, of all of them. */
  drop(hash: number): void {
    for (const tier of this.#tiers) tier.drop(hash);
  }

  /** As {@linkcode Tier.abandon}. */
  abandon(key: Uint8Array): void {
    for (const tier of this.#tiers) tier.abandon(key);
  }

  /** Ends them. */
  async close(): Promise<void> {
    await Promise.all(this.#tiers.map((tier) => tier.close()));
  }
}
