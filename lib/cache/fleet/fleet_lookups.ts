/**
 * Looking up in the store that a fleet shares: the good variants of a key, and who
 * fetches it if there are none, or none that is fresh.
 */

import type { Clock } from "../../net/clock.ts";
import { describe } from "../store/stored_record.ts";
import type {
  AwaitedFrom,
  AwaitedRecord,
  KeptRecord,
  Renewal,
  TierQuery,
} from "../store/tiers/tier.ts";
import type { Reply, StoreAccess } from "./connection.ts";
import { plainContent } from "./content_coding.ts";
import type { FleetState } from "./fleet_state.ts";
import type { Leases } from "./leases.ts";
import { digestOf, type FleetNames } from "./names.ts";
import { ALONE, FIND, LEASE } from "./scripts.ts";
import { CHUNK_BYTES, chunkCount, readWire, type WireHead } from "./wire.ts";

/** For the content of a record that is in pieces, in ms. */
const CONTENT_MS = 2000;
/** Pieces that are asked for at a time. */
const CHUNKS_AT_ONCE = 8;
/** For another node to bring what it fetches, in ms. */
const WAIT_MS = 10_000;
/** Between two looks whether it has, in ms: more each time. */
const LOOK_MS = { first: 5, last: 50 } as const;

/** By what it looks up, for one thread of a node. */
export interface LookupParts {
  /** Names this process among the nodes. */
  readonly node: string;
  readonly clock: Clock;
  readonly names: FleetNames;
  readonly state: FleetState;
  readonly connection: StoreAccess;
  readonly leases: Leases;
}

/** A variant that is good. */
interface Found {
  readonly wire: WireHead;
  readonly isMarkedStale: boolean;
}

/** What the store says of a key. */
interface Findings {
  readonly found: readonly Found[];
  /** Who has the lease to fetch it; empty if nobody has, or it was not wanted. */
  readonly lease: string;
  /** Whether this lookup has taken it. */
  readonly isTaken: boolean;
}

/** Which variant is looked for. */
type IsWanted = (found: Found) => boolean;

/** See the module's comment. */
export class FleetLookups {
  readonly #parts: LookupParts;

  constructor(parts: LookupParts) {
    this.#parts = parts;
  }

  /** Whether the store can be asked; `Follower` logs why it cannot. */
  get #isReachable(): boolean {
    const { state, connection } = this.#parts;
    return state.place !== undefined && connection.isOpen;
  }

  /** As {@linkcode Tier.get}. */
  async get(
    query: TierQuery,
    signal: AbortSignal,
  ): Promise<KeptRecord | AwaitedRecord | undefined> {
    if (!this.#isReachable) return undefined;
    const { node } = this.#parts;
    const isWanted: IsWanted = ({ wire }) => query.isMeant(wire.record);
    const { wanted, lease } = await this.#look(query, isWanted, false, signal);
    if (wanted !== undefined) return this.#record(wanted);
    if (lease === "" || lease === ALONE || lease === node) return undefined;
    return {
      isAwaited: true,
      withinMs: WAIT_MS + CONTENT_MS,
      record: async (signal) => {
        const renewal = await this.#awaitOther(query, isWanted, signal);
        return typeof renewal === "string" ? undefined : renewal;
      },
    };
  }

  /** As {@linkcode Tier.renew}. */
  async renew(
    query: TierQuery,
    signal: AbortSignal,
  ): Promise<Renewal | AwaitedFrom<Renewal>> {
    if (!this.#isReachable) return "fetch";
    const { node } = this.#parts;
    const isWanted: IsWanted = ({ wire, isMarkedStale }) =>
      !isMarkedStale && query.isMeant(wire.record);
    const { wanted, lease, isTaken } = await this.#look(
      query,
      isWanted,
      true,
      signal,
    );
    if (wanted !== undefined) return this.#renewal(wanted);
    if (lease === "" || isTaken) return "fetch";
    // Another worker of this node fetches it, or the last fetch has brought nothing.
    if (lease === node || lease === ALONE) return "leave";
    return {
      isAwaited: true,
      withinMs: WAIT_MS + CONTENT_MS,
      record: (signal) => this.#awaitOther(query, isWanted, signal),
    };
  }

  /**
   * Looks for a variant. If there is none, takes the lease, or tells who has it.
   *
   * @param isNeeded Whether the lease is to be taken although there are others.
   */
  async #look(
    query: TierQuery,
    isWanted: IsWanted,
    isNeeded: boolean,
    signal: AbortSignal,
  ): Promise<Findings & { readonly wanted: Found | undefined }> {
    let findings = await this.#find(query, LEASE.IfNothing, signal);
    let wanted = findings.found.find(isWanted);
    const takes = wanted === undefined && findings.lease === "" &&
      (isNeeded || findings.found.length === 0);
    if (takes) {
      findings = await this.#find(query, LEASE.Take, signal);
      wanted = findings.found.find(isWanted);
    }
    const { state } = this.#parts;
    state.count(wanted === undefined ? "misses" : "hits");
    if (findings.isTaken) this.#taken(query, wanted);
    return { ...findings, wanted };
  }

  /** The lease has been taken: to fetch, or in vain, as somebody has just put there what is wanted. */
  #taken({ key }: TierQuery, wanted: Found | undefined): void {
    const { leases, state } = this.#parts;
    if (wanted !== undefined) leases.release(key);
    else state.count("leasesTaken");
  }

  /** Finds the good variants of a key, the youngest first. */
  async #find(
    { key }: TierQuery,
    wish: number,
    signal: AbortSignal,
  ): Promise<Findings> {
    const { node, names, connection, leases } = this.#parts;
    const digest = digestOf(key);
    const [variants, owner, taken] = await connection.run(
      FIND,
      [names.record(digest), names.lease(digest)],
      [node, leases.wantedMs, wish],
      signal,
    ) as readonly [readonly Uint8Array[], Uint8Array, number];
    const found = variants.map((bytes) => this.#read(bytes, key))
      .filter((one) => one !== undefined)
      .sort((a, b) => b.wire.place.position - a.wire.place.position);
    const isTaken = taken === 1;
    if (isTaken) leases.taken(digest);
    return { found, lease: textOfReply(owner), isTaken };
  }

  /** Reads a variant; undefined if it is damaged, or something that it was made of has been purged. */
  #read(bytes: Uint8Array, key: Uint8Array): Found | undefined {
    const wire = readWire(bytes);
    if (wire === undefined) return undefined;
    const { description, head } = wire.record;
    const { traits } = describe(description, head);
    const standing = this.#parts.state.standing(wire.place, key, traits.tags);
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
      record: async (signal) =>
        await withContent(await this.#collect(wire, signal)),
    };
  }

  /** A variant that others have fetched anew; one whose content is gone is to be fetched here. */
  async #renewal(
    found: Found,
  ): Promise<Renewal | AwaitedFrom<Renewal>> {
    const record = await this.#record(found);
    if (record === undefined || !("isAwaited" in record)) {
      return record ?? "fetch";
    }
    return {
      ...record,
      record: async (signal) => await record.record(signal) ?? "fetch",
    };
  }

  /** Brings the pieces of content together; undefined if one is missing. */
  async #collect(
    { contentName, keptLength }: WireHead,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const { names, connection } = this.#parts;
    const content = new Uint8Array(keptLength);
    const count = chunkCount(keptLength);
    for (let first = 0; first < count; first += CHUNKS_AT_ONCE) {
      const wanted: string[] = [];
      for (let i = first; i < Math.min(first + CHUNKS_AT_ONCE, count); i++) {
        wanted.push(names.chunk(contentName, i));
      }
      const chunks = await connection.command(["MGET", ...wanted], signal);
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

  /**
   * Waits for what another node fetches, as long as it holds its lease. If that ends, this
   * node is to fetch; if nothing can be stored, or it takes too long, it is to leave it.
   */
  async #awaitOther(
    query: TierQuery,
    isWanted: IsWanted,
    signal: AbortSignal,
  ): Promise<Renewal> {
    const { node, clock, state } = this.#parts;
    const untilMs = clock.monotonic() + WAIT_MS;
    let pauseMs: number = LOOK_MS.first;
    while (clock.monotonic() < untilMs && !signal.aborted) {
      await pause(clock, pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LOOK_MS.last);
      let findings = await this.#find(query, LEASE.Tell, signal);
      let wanted = findings.found.find(isWanted);
      if (wanted === undefined && findings.lease === "") {
        findings = await this.#find(query, LEASE.Take, signal);
        wanted = findings.found.find(isWanted);
      }
      if (findings.isTaken) this.#taken(query, wanted);
      if (wanted !== undefined) return await this.#shared(wanted, signal);
      const { lease, isTaken } = findings;
      if (lease === ALONE) {
        state.count("leasesAlone");
        return "leave";
      }
      if (lease === "" || isTaken) {
        state.count("leasesLost");
        return "fetch";
      }
      if (lease === node) return "leave"; // another worker has taken it over
    }
    if (!signal.aborted) state.count("leasesLate");
    return "leave";
  }

  /** Another node has brought it. */
  async #shared(wanted: Found, signal: AbortSignal): Promise<Renewal> {
    this.#parts.state.count("leasesShared");
    const renewal = await this.#renewal(wanted);
    return typeof renewal === "object" && "isAwaited" in renewal
      ? await renewal.record(signal)
      : renewal;
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
