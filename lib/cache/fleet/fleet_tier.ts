/**
 * The store that a fleet shares, as a tier behind the store of one worker: see
 * `docs/fleet.md` for what is where, and why nothing that was purged comes back.
 */

import type { Clock } from "../../net/clock.ts";
import { describe, type StoredRecord } from "../store/stored_record.ts";
import type {
  AwaitedRecord,
  KeptRecord,
  Tier,
  TierPurge,
  TierQuery,
} from "../store/tiers/tier.ts";
import {
  type Connect,
  connectToStore,
  type Reply,
  type StoreAccess,
} from "./connection.ts";
import { keptContent, plainContent } from "./content_coding.ts";
import { type FleetMemory, FleetState, generationText } from "./fleet_state.ts";
import { Leases } from "./leases.ts";
import { keptMs } from "./lifetime.ts";
import { digestOf, FleetNames } from "./names.ts";
import { purgeText } from "./purge_text.ts";
import { FIND, PURGE, PUT } from "./scripts.ts";
import {
  CHUNK_BYTES,
  chunkCount,
  CONTENT_BYTES_MAX,
  fitsWire,
  INLINE_BYTES_MAX,
  nameText,
  newContentName,
  readWire,
  type WireHead,
  writeWire,
} from "./wire.ts";

/** Purges that the store remembers, for nodes that were away. */
export const PURGES_KEPT = 10_000;
/** Variants of a key. */
const VARIANTS_MAX = 32;
/** For the content of a record that is in pieces, in ms. */
const CONTENT_MS = 2000;
/** Pieces that are asked for at a time. */
const CHUNKS_AT_ONCE = 8;
/** For another node to bring what it fetches, in ms. */
const WAIT_MS = 10_000;
/** Between two looks whether it has, in ms: more each time. */
const LOOK_MS = { first: 5, last: 50 } as const;

/** The store that a fleet shares. */
export interface FleetOptions {
  readonly url: string;
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

/** A variant that is good. */
interface Found {
  readonly wire: WireHead;
  readonly isMarkedStale: boolean;
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
  /** Puts that are under way, by digest: they come one after another. */
  readonly #puts = new Map<string, Promise<void>>();

  constructor(
    { url, prefix, timeoutMs, node, memory }: FleetLink,
    clock: Clock,
    connect: Connect = connectToStore,
  ) {
    this.timeoutMs = timeoutMs;
    this.#node = node;
    this.#clock = clock;
    this.#names = new FleetNames(prefix);
    this.#state = new FleetState(memory);
    this.#connection = connect({ url });
    this.#leases = new Leases(this.#connection, this.#names, node, clock);
  }

  async get(
    query: TierQuery,
    signal: AbortSignal,
  ): Promise<KeptRecord | AwaitedRecord | undefined> {
    // Whoever follows the fleet tells why.
    if (this.#state.place === undefined || !this.#connection.isOpen) {
      return undefined;
    }
    const digest = digestOf(query.key);
    let { found, lease } = await this.#find(query, digest, false, signal);
    if (found.length === 0 && lease === "") {
      ({ found, lease } = await this.#find(query, digest, true, signal));
    }
    const meant = found.find(({ wire: { record } }) => query.isMeant(record));
    this.#state.count(meant !== undefined);
    if (meant !== undefined) return this.#record(meant);
    if (lease === "" || lease === "alone" || lease === this.#node) {
      return undefined;
    }
    return {
      isAwaited: true,
      withinMs: WAIT_MS + CONTENT_MS,
      record: (wanted) => this.#awaitOther(query, digest, wanted),
    };
  }

  /**
   * Finds the good variants of a key, the youngest first. If there are none, takes the
   * lease, or tells who has it.
   */
  async #find(
    { key }: TierQuery,
    digest: string,
    wantsLease: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly found: Found[]; readonly lease: string }> {
    const names = [this.#names.record(digest), this.#names.lease(digest)];
    const given = [this.#node, this.#leases.wantedMs, wantsLease ? 1 : 0];
    const [variants, owner, isTaken] = await this.#connection.run(
      FIND,
      names,
      given,
      signal,
    ) as readonly [readonly Uint8Array[], Uint8Array, number];
    const found = variants.map((bytes) => this.#read(bytes, key))
      .filter((one) => one !== undefined)
      .sort((a, b) => b.wire.place.position - a.wire.place.position);
    const lease = textOfReply(owner);
    if (isTaken === 1) this.#leases.taken(digest);
    return { found, lease };
  }

  /** Reads a variant; undefined if it is damaged, or something that it was made of has been purged. */
  #read(bytes: Uint8Array, key: Uint8Array): Found | undefined {
    const wire = readWire(bytes);
    if (wire === undefined) return undefined;
    const { description, head } = wire.record;
    const { traits } = describe(description, head);
    const standing = this.#state.standing(wire.place, key, traits.tags);
    if (standing === "gone") return undefined;
    return { wire, isMarkedStale: standing === "stale" };
  }

  #record(
    { wire, isMarkedStale }: Found,
  ): Promise<KeptRecord | undefined> | AwaitedRecord {
    const withContent = async (
      bytes: Uint8Array | undefined,
    ): Promise<KeptRecord | undefined> => {
      const content = bytes && await plainContent(wire, bytes);
      return content && { ...wire.record, content, isMarkedStale };
    };
    if (wire.inline !== undefined) return withContent(wire.inline);
    return {
      isAwaited: true,
      withinMs: CONTENT_MS,
      record: async (wanted) =>
        await withContent(await this.#collect(wire, wanted)),
    };
  }

  /** Brings the pieces of content together; undefined if one is missing. */
  async #collect(
    { contentName, keptLength }: WireHead,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const content = new Uint8Array(keptLength);
    const count = chunkCount(keptLength);
    for (let first = 0; first < count; first += CHUNKS_AT_ONCE) {
      const names: string[] = [];
      for (let i = first; i < Math.min(first + CHUNKS_AT_ONCE, count); i++) {
        names.push(this.#names.chunk(contentName, i));
      }
      const words = ["MGET", ...names];
      const chunks = await this.#connection.command(words, signal);
      for (const [i, chunk] of (chunks as readonly Reply[]).entries()) {
        const start = (first + i) * CHUNK_BYTES;
        const length = Math.min(CHUNK_BYTES, keptLength - start);
        if (!(chunk instanceof Uint8Array) || chunk.length !== length) {
          return undefined;
        }
        content.set(chunk, start);
      }
    }
    return content;
  }

  /** Waits for what another node fetches, as long as it holds its lease; if that ends, this node fetches. */
  async #awaitOther(
    query: TierQuery,
    digest: string,
    signal: AbortSignal,
  ): Promise<KeptRecord | undefined> {
    const untilMs = this.#clock.monotonic() + WAIT_MS;
    let pauseMs: number = LOOK_MS.first;
    while (this.#clock.monotonic() < untilMs && !signal.aborted) {
      await pause(this.#clock, pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LOOK_MS.last);
      const { found, lease } = await this.#find(query, digest, true, signal);
      const meant = found.find(({ wire: { record } }) => query.isMeant(record));
      if (meant !== undefined) {
        if (lease === this.#node) this.#leases.abandon(query.key);
        const record = await this.#record(meant);
        return record !== undefined && "isAwaited" in record
          ? await record.record(signal)
          : record;
      }
      if (lease === "" || lease === "alone" || lease === this.#node) break;
    }
    return undefined;
  }

  async put(
    record: StoredRecord,
    _hash: number,
    signal: AbortSignal,
  ): Promise<void> {
    // In this turn nothing that it is made of has been purged: so it is as good as the node's place.
    const { place } = this.#state;
    const digest = digestOf(record.key);
    this.#leases.fulfilled(digest);
    if (place === undefined) return;
    const before = this.#puts.get(digest);
    const own = this.#putAfter(before, { record, place, digest }, signal);
    this.#puts.set(digest, own.catch(() => {}));
    try {
      await own;
    } finally {
      this.#puts.delete(digest);
    }
  }

  async #putAfter(
    before: Promise<void> | undefined,
    { record, place, digest }: {
      readonly record: StoredRecord;
      readonly place: NonNullable<FleetState["place"]>;
      readonly digest: string;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { metadata } = describe(record.description, record.head).head;
    const livesMs = keptMs(metadata, this.#clock.now());
    if (livesMs === 0 || !fitsWire(record)) return;
    if (record.content.length > CONTENT_BYTES_MAX) return;
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

  abandon(key: Uint8Array): void {
    this.#leases.abandon(key);
  }

  close(): Promise<void> {
    this.#leases.close();
    this.#connection.close();
    return Promise.resolve();
  }
}

function textOfReply(reply: Uint8Array | string): string {
  return typeof reply === "string" ? reply : new TextDecoder().decode(reply);
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, end);
  signal.addEventListener("abort", end);
  function end(): void {
    cancel();
    signal.removeEventListener("abort", end);
    resolve();
  }
  return promise;
}
