/**
 * The store that a fleet shares, as a tier behind the store of one worker: see
 * `docs/fleet.md` for what is where, and why nothing that was purged comes back.
 */

import type { Clock } from "../../net/clock.ts";
import { describe, type StoredRecord } from "../store/stored_record.ts";
import type {
  AwaitedFrom,
  AwaitedRecord,
  KeptRecord,
  Renewal,
  Tier,
  TierPurge,
  TierQuery,
} from "../store/tiers/tier.ts";
import {
  type Connect,
  connectToStore,
  type StoreAccess,
  type StoreTls,
} from "./connection.ts";
import { keptContent } from "./content_coding.ts";
import { FleetLookups } from "./fleet_lookups.ts";
import { type FleetMemory, FleetState, generationText } from "./fleet_state.ts";
import { Leases } from "./leases.ts";
import { keptMs } from "./lifetime.ts";
import { digestOf, FleetNames } from "./names.ts";
import { purgeText } from "./purge_text.ts";
import { PURGE, PUT } from "./scripts.ts";
import {
  CHUNK_BYTES,
  chunkCount,
  CONTENT_BYTES_MAX,
  fitsWire,
  INLINE_BYTES_MAX,
  nameText,
  newContentName,
  writeWire,
} from "./wire.ts";

/** Purges that the store remembers, for nodes that were away. */
const PURGES_KEPT = 10_000;
/** Variants of a key. */
const VARIANTS_MAX = 32;
/** The store that a fleet shares. */
export interface FleetOptions {
  readonly url: string;
  /** For `rediss://`. */
  readonly tls?: StoreTls | undefined;
  /** What all names in the store begin with. */
  readonly prefix: string;
  /** How long a lookup may take, in ms. */
  readonly timeoutMs: number;
}

/** By what a worker uses the store of its fleet: plain data that threads can share. */
export interface FleetLink extends FleetOptions {
  /** Names this process among the nodes. */
  readonly node: string;
  readonly memory: FleetMemory;
}

/** See the module's comment. */
export class FleetTier implements Tier {
  readonly name = "shared";
  readonly timeoutMs: number;
  readonly #node: string;
  readonly #clock: Clock;
  readonly #names: FleetNames;
  readonly #state: FleetState;
  readonly #connection: StoreAccess;
  readonly #leases: Leases;
  readonly #lookups: FleetLookups;
  /** Puts that are under way, by digest: they come one after another. */
  readonly #puts = new Map<string, Promise<void>>();

  constructor(
    { url, tls, prefix, timeoutMs, node, memory }: FleetLink,
    clock: Clock,
    connect: Connect = connectToStore,
  ) {
    this.timeoutMs = timeoutMs;
    this.#node = node;
    this.#clock = clock;
    this.#names = new FleetNames(prefix);
    this.#state = new FleetState(memory);
    this.#connection = connect({ url, tls });
    this.#leases = new Leases(this.#connection, this.#names, node, clock);
    this.#lookups = new FleetLookups({
      node,
      clock,
      names: this.#names,
      state: this.#state,
      connection: this.#connection,
      leases: this.#leases,
    });
  }

  get(
    query: TierQuery,
    signal: AbortSignal,
  ): Promise<KeptRecord | AwaitedRecord | undefined> {
    return this.#lookups.get(query, signal);
  }

  renew(
    query: TierQuery,
    signal: AbortSignal,
  ): Promise<Renewal | AwaitedFrom<Renewal>> {
    return this.#lookups.renew(query, signal);
  }

  async put(
    record: StoredRecord,
    _hash: number,
    signal: AbortSignal,
  ): Promise<void> {
    // In this turn nothing that it is made of has been purged: so it is as good as the node's place.
    const { place } = this.#state;
    const livesMs = this.#livesMs(record);
    if (place === undefined || livesMs === 0) {
      return this.#leases.abandon(record.key);
    }
    const digest = digestOf(record.key);
    this.#leases.fulfilled(digest);
    const before = this.#puts.get(digest);
    const put = { record, place, digest, livesMs };
    const own = this.#putAfter(before, put, signal);
    const ended = own.catch(() => {});
    this.#puts.set(digest, ended);
    try {
      await own;
    } finally {
      if (this.#puts.get(digest) === ended) this.#puts.delete(digest);
    }
  }

  /** How long a record is worth keeping, in ms; 0 if it is not, or is too large. */
  #livesMs(record: StoredRecord): number {
    if (record.content.length > CONTENT_BYTES_MAX) return 0;
    if (!fitsWire(record)) return 0;
    const { metadata } = describe(record.description, record.head).head;
    return keptMs(metadata, this.#clock.now());
  }

  async #putAfter(
    before: Promise<void> | undefined,
    { record, place, digest, livesMs }: {
      readonly record: StoredRecord;
      readonly place: NonNullable<FleetState["place"]>;
      readonly digest: string;
      readonly livesMs: number;
    },
    signal: AbortSignal,
  ): Promise<void> {
    await before;
    const content = await keptContent(record.content);
    const isInline = content.bytes.length <= INLINE_BYTES_MAX;
    const name = isInline ? undefined : newContentName();
    const bytes = writeWire(record, place, content, name);
    if (name !== undefined) {
      await this.#putChunks(nameText(name), content.bytes, livesMs, signal);
    }
    const variant = digestOf(record.variant).slice(0, 22);
    await this.#connection.run(PUT, [
      this.#names.record(digest),
      this.#names.lease(digest),
      this.#names.control,
    ], [
      generationText(place.generation),
      variant,
      bytes,
      livesMs,
      VARIANTS_MAX,
      this.#node,
    ], signal);
  }

  async #putChunks(
    name: string,
    bytes: Uint8Array,
    livesMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    for (let i = 0; i < chunkCount(bytes.length); i++) {
      const chunk = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
      const key = this.#names.chunk(name, i);
      await this.#connection.command(
        ["SET", key, chunk, "PX", livesMs],
        signal,
      );
    }
  }

  async purge(purge: TierPurge, signal: AbortSignal): Promise<number> {
    if (purge.kind === "variant") return await this.#takeOut(purge, signal);
    const { place } = this.#state;
    if (place === undefined) {
      throw new Error("it is out of step with the fleet");
    }
    const number = await this.#connection.run(
      PURGE,
      [this.#names.control, this.#names.purges],
      [
        generationText(place.generation),
        PURGES_KEPT,
        this.#names.channel,
        purgeText(purge),
      ],
      signal,
    ) as number;
    const { generation } = place;
    const isDone = number > 0 &&
      await this.#state.reached({ generation, position: number }, signal);
    if (!isDone) throw new Error("it has begun anew");
    return 0; // nobody counts what is never found again
  }

  /** Takes out one variant, which is no longer good: the other nodes find that out for themselves. */
  async #takeOut(
    { key, variant }: Extract<TierPurge, { readonly kind: "variant" }>,
    signal: AbortSignal,
  ): Promise<number> {
    const digest = digestOf(key);
    await this.#puts.get(digest);
    const field = digestOf(variant).slice(0, 22);
    const name = this.#names.record(digest);
    return await this.#connection.command(
      ["HDEL", name, field],
      signal,
    ) as number;
  }

  failed(isLate: boolean, pauseMs: number): void {
    this.#state.count(isLate ? "timeouts" : "errors");
    this.#state.pauseUntil(this.#clock.now() + pauseMs);
  }

  abandon(key: Uint8Array): void {
    this.#leases.abandon(key);
  }

  close(): Promise<void> {
    this.#leases.close();
    this.#connection.close();
    return Promise.resolve();
  }
}
