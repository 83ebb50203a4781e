/**
 * How many client connections there may be: in all, and of one address.
 *
 * When there are as many as there may be, the longest idle one is closed for the
 * next; if all are at work, the next is refused. Nobody waits for a place.
 */

import { LOOPBACK, matchesBlocks } from "../net/cidr.ts";
import type { ClientCounts } from "../net/client_counts.ts";
import type { DeadlineWheel } from "../net/deadline.ts";
import type { IncidentSink } from "../observe/incidents.ts";
import type { Meter } from "../observe/metrics/meter.ts";
import type { IdleClients } from "./idle_clients.ts";

/** The bound of one client address, which does not hold for trusted proxies and Unix sockets. */
export interface PerClientLimit {
  /** Connections; Infinity for no limit. */
  readonly connectionsMax: number;
  /**
   * Whether it holds for this machine's own addresses too: only if it was asked for,
   * because all clients of a local TLS terminator have one of these.
   */
  readonly holdsForLoopback: boolean;
}

/** When descriptors run out, this part of the clients' goes to the origin, if it may have so many. */
const ORIGIN_PART = 1 / 4;
/** For how long fewer clients are let in after descriptors ran out. */
const SCARCITY_MS = 60_000;

/** The bounds. */
export interface ClientLimits {
  /** Connections; Infinity for no limit. */
  readonly connectionsMax: number;
  readonly perClient: PerClientLimit;
  /** Connections that the origin may need. */
  readonly originMax: number;
}

/** What a connection is counted by until it leaves; undefined if its address has no bound. */
export type CountKey = number | undefined;

/** See the module's comment. */
export class ClientBounds {
  #limits: ClientLimits;
  readonly #idle: IdleClients;
  readonly #counts: ClientCounts;
  readonly #incidents: IncidentSink;
  readonly #wheel: DeadlineWheel;
  readonly #meter: Meter | undefined;
  /** Connections, but for those that are being closed to make room. */
  #count = 0;
  /** How many there was room for when descriptors ran out; Infinity if that is long ago. */
  #scarceMax = Infinity;
  #scarceUntilMs = 0;

  constructor(
    limits: ClientLimits,
    { idle, counts, incidents, wheel, meter }: {
      readonly idle: IdleClients;
      readonly counts: ClientCounts;
      readonly incidents: IncidentSink;
      readonly wheel: DeadlineWheel;
      /** Counts who is refused. */
      readonly meter?: Meter;
    },
  ) {
    this.#limits = limits;
    this.#idle = idle;
    this.#counts = counts;
    this.#incidents = incidents;
    this.#wheel = wheel;
    this.#meter = meter;
  }

  /**
   * Other bounds, for those who come from now on: nobody is sent away. Whoever is
   * counted by a key is so until it leaves.
   */
  change(limits: ClientLimits): void {
    this.#limits = limits;
  }

  get #max(): number {
    if (
      this.#scarceMax !== Infinity && this.#wheel.now() > this.#scarceUntilMs
    ) {
      this.#scarceMax = Infinity;
    }
    return Math.min(this.#limits.connectionsMax, this.#scarceMax);
  }

  /**
   * Whether the next connection should wait for a turn of the event loop: a connection
   * would have to go for it, and none has been idle for long enough to be sure that
   * it has sent nothing.
   */
  get isHasty(): boolean {
    return this.#count >= this.#max && this.#idle.areAllNew;
  }

  /**
   * What the connections of an address are counted by.
   *
   * @param bytes The address; undefined for a Unix socket.
   * @param limit The bound, if it is another than that of all.
   */
  keyOf(
    bytes: Uint8Array | undefined,
    isTrusted: boolean,
    limit: PerClientLimit = this.#limits.perClient,
  ): CountKey {
    const { connectionsMax, holdsForLoopback } = limit;
    const isCounted = bytes !== undefined && connectionsMax !== Infinity &&
      !isTrusted && (holdsForLoopback || !matchesBlocks(bytes, LOOPBACK));
    return isCounted ? this.#counts.keyOf(bytes) : undefined;
  }

  /**
   * Counts one more connection, if there is room for it or an idle one can make room.
   *
   * @param address For the operator.
   * @param limit The bound of one client address, if it is another than that of all.
   * @returns Whether it was counted: then it has to `leave` in the end.
   */
  enter(
    key: CountKey,
    address: string,
    limit: PerClientLimit = this.#limits.perClient,
  ): boolean {
    const { connectionsMax } = limit;
    if (key !== undefined && !this.#counts.enter(key, connectionsMax)) {
      this.#report(
        "connections_per_client",
        `a connection is refused: ${address} has ${connectionsMax}`,
      );
      this.#meter?.refused("client_limit");
      return false;
    }
    if (!this.#hasRoom()) {
      if (key !== undefined) this.#counts.leave(key);
      this.#meter?.refused("limit");
      return false;
    }
    this.#count++;
    return true;
  }

  #hasRoom(): boolean {
    const max = this.#max;
    if (this.#count < max) return true;
    const hasRoom = this.#evict();
    this.#report(
      "connections",
      `${max} client connections: ${
        hasRoom ? "the longest idle one is closed" : "one more is refused"
      }`,
    );
    return hasRoom;
  }

  #report(reason: string, text: string): void {
    this.#incidents.report({ reason, text, lasts: false, count: 1 });
  }

  /** @param isEvicted Whether it was closed to make room: then its place has been taken. */
  leave(key: CountKey, isEvicted: boolean): void {
    if (!isEvicted) this.#count--;
    if (key !== undefined) this.#counts.leave(key);
  }

  #evict(): boolean {
    const hasEvicted = this.#idle.evict();
    if (hasEvicted) this.#count--;
    return hasEvicted;
  }

  /**
   * Closes idle connections, as no descriptors are left: the origin needs some, or
   * nobody is served. For a while no more are let in than that leaves.
   *
   * @returns Whether there were idle ones.
   */
  makeRoom(): boolean {
    const part = Math.ceil(this.#count * ORIGIN_PART);
    const max = Math.max(
      1,
      this.#count - Math.min(part, this.#limits.originMax),
    );
    this.#scarceMax = max;
    this.#scarceUntilMs = this.#wheel.now() + SCARCITY_MS;
    const before = this.#count;
    while (this.#count > max && this.#evict());
    return this.#count < before;
  }
}
