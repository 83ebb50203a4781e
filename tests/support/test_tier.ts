/**
 * A tier behind the store as a test wants it: it keeps records as bytes, and does what
 * it is asked at once, after a while, never, or not at all.
 */

import { recordTest } from "../../lib/cache/store/named_records.ts";
import {
  readRecord,
  recordLength,
  type StoredRecord,
  writeRecord,
} from "../../lib/cache/store/stored_record.ts";
import type {
  KeptRecord,
  Tier,
  TierPurge,
  TierQuery,
} from "../../lib/cache/store/tiers/tier.ts";
import { equalsBytes } from "../../lib/http/bytes.ts";

/** How it does what it is asked: well; as its gate opens; never; with an error. */
export type Manner = "works" | "gated" | "hangs" | "rejects";

/** An operation that it was asked for. */
export type Operation = "get" | "put" | "purge" | "close";

/** See the module's comment. */
export class TestTier implements Tier {
  readonly name = "test";
  timeoutMs = 20;
  manner: Manner = "works";
  /** What it was asked for, in order. */
  readonly asked: Operation[] = [];
  /** The signal of the operation that came last. */
  signal: AbortSignal | undefined;
  /** The youngest first. */
  #records: Uint8Array[] = [];
  /** Those that soft purges have named. */
  readonly #marked = new WeakSet<Uint8Array>();
  #gate = Promise.withResolvers<void>();
  #change = Promise.withResolvers<void>();

  /** How many records it keeps. */
  get count(): number {
    return this.#records.length;
  }

  /** How often it was asked for something. */
  countOf(operation: Operation): number {
    return this.asked.filter((other) => other === operation).length;
  }

  /** Resolves once it was asked so often for something. */
  async until(operation: Operation, count: number): Promise<void> {
    while (this.countOf(operation) < count) await this.#change.promise;
  }

  /** Lets what waits at the gate go on. */
  open(): void {
    this.#gate.resolve();
    this.#gate = Promise.withResolvers();
  }

  /** Damages what it keeps. */
  damage(): void {
    for (const bytes of this.#records) readRecord(bytes).description.fill(0);
  }

  async get(
    { key, isMeant }: TierQuery,
    signal: AbortSignal,
  ): Promise<KeptRecord | undefined> {
    const found = this.#records.map((bytes) => ({
      ...readRecord(bytes),
      isMarkedStale: this.#marked.has(bytes),
    })).filter((record) => equalsBytes(record.key, key));
    await this.#note("get", signal);
    return found.find(isMeant);
  }

  async put(
    record: StoredRecord,
    _hash: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.manner === "works") this.#put(record);
    await this.#note("put", signal);
  }

  #put(record: StoredRecord): void {
    const bytes = new Uint8Array(recordLength(record));
    writeRecord(bytes, record);
    this.#take((other) => {
      const { key, variant } = readRecord(other);
      return equalsBytes(key, record.key) &&
        equalsBytes(variant, record.variant);
    });
    this.#records.unshift(bytes);
  }

  async purge(purge: TierPurge, signal: AbortSignal): Promise<number> {
    const works = this.manner === "works" || this.manner === "gated";
    const count = works ? this.#purge(purge) : 0;
    await this.#note("purge", signal);
    return count;
  }

  #purge(purge: TierPurge): number {
    if (!purge.isSoft) return this.#take((bytes) => isNamed(purge, bytes));
    const named = this.#records.filter((bytes) => isNamed(purge, bytes));
    for (const bytes of named) this.#marked.add(bytes);
    return named.length;
  }

  #take(isMeant: (bytes: Uint8Array) => boolean): number {
    const before = this.#records.length;
    this.#records = this.#records.filter((bytes) => !isMeant(bytes));
    return before - this.#records.length;
  }

  async close(): Promise<void> {
    await this.#note("close", undefined);
  }

  /** Notes what it is asked for, and does it in its manner. */
  #note(operation: Operation, signal: AbortSignal | undefined): Promise<void> {
    this.asked.push(operation);
    this.signal = signal;
    this.#change.resolve();
    this.#change = Promise.withResolvers();
    switch (this.manner) {
      case "works":
        return Promise.resolve();
      case "gated":
        return this.#gate.promise;
      case "hangs":
        return new Promise(() => {});
      case "rejects":
        return Promise.reject(new Error("no space left"));
    }
  }
}

/** Whether a purge names a record. */
function isNamed(purge: TierPurge, bytes: Uint8Array): boolean {
  const { key, variant } = readRecord(bytes);
  switch (purge.kind) {
    case "key":
      return equalsBytes(key, purge.key);
    case "variant":
      return equalsBytes(key, purge.key) &&
        equalsBytes(variant, purge.variant);
    default:
      return recordTest(purge, bytes).isNamed(0);
  }
}
