/**
 * The leases of one thread: which keys its node fetches for the whole fleet. A lease is
 * short, and is renewed while the fetch goes on, so that a node that dies costs no more
 * than what is left of it.
 */

import type { Clock } from "../../net/clock.ts";
import type { StoreAccess } from "./connection.ts";
import { digestOf, type FleetNames } from "./names.ts";
import { ABANDON, RENEW } from "./scripts.ts";
import { within } from "./within.ts";

/** How long one holds, in ms. */
export const LEASE_MS = 2000;
/** A fetch of more than this is not waited for any more, in ms. */
const HELD_MS_MAX = 30_000;
/** How long nobody waits for a key whose fetch brought nothing that can be stored, in ms. */
const ALONE_MS = 5000;
/** Leases that are held at a time; keys beyond that are fetched without. */
const HELD_MAX = 4096;

/** See the module's comment. */
export class Leases {
  readonly #connection: StoreAccess;
  readonly #names: FleetNames;
  readonly #node: string;
  readonly #clock: Clock;
  /** Since when each is held, by digest; the oldest first. */
  readonly #held = new Map<string, number>();
  #endRenewals: (() => void) | undefined;

  constructor(
    connection: StoreAccess,
    names: FleetNames,
    node: string,
    clock: Clock,
  ) {
    this.#connection = connection;
    this.#names = names;
    this.#node = node;
    this.#clock = clock;
  }

  /** How long a lease that is taken now holds, in ms; 0 if none may be taken. */
  get wantedMs(): number {
    return this.#held.size < HELD_MAX ? LEASE_MS : 0;
  }

  /** A lease has been taken: this node fetches. */
  taken(digest: string): void {
    this.#held.set(digest, this.#clock.monotonic());
    this.#endRenewals ??= this.#clock.every(LEASE_MS / 3, () => this.#renew());
  }

  /** What the fetch brought is being put into the store, which gives the lease back. */
  fulfilled(digest: string): void {
    this.#held.delete(digest);
    if (this.#held.size === 0) this.#pause();
  }

  /** The fetch brought nothing for the store. */
  abandon(key: Uint8Array): void {
    this.#giveBack(key, ALONE_MS);
  }

  /** There is nothing to be fetched: what is wanted is in the store. */
  release(key: Uint8Array): void {
    this.#giveBack(key, 0);
  }

  /** @param aloneMs How long nobody waits for others. */
  #giveBack(key: Uint8Array, aloneMs: number): void {
    if (this.#held.size === 0) return;
    const digest = digestOf(key);
    if (!this.#held.has(digest)) return;
    this.fulfilled(digest);
    const names = [this.#names.lease(digest)];
    this.#send(ABANDON, names, [this.#node, aloneMs]);
  }

  #renew(): void {
    const before = this.#clock.monotonic() - HELD_MS_MAX;
    for (const [digest, sinceMs] of this.#held) {
      if (sinceMs < before) this.fulfilled(digest);
      else {
        const names = [this.#names.lease(digest)];
        this.#send(RENEW, names, [this.#node, LEASE_MS]);
      }
    }
  }

  /** A lease that cannot be renewed, or given back, ends by itself. */
  #send(
    ...[script, names, given]: [
      typeof RENEW,
      readonly string[],
      readonly (string | number)[],
    ]
  ): void {
    const send = (signal: AbortSignal): Promise<unknown> =>
      this.#connection.run(script, names, given, signal);
    within(this.#clock, LEASE_MS, send).catch(() => {});
  }

  #pause(): void {
    this.#endRenewals?.();
    this.#endRenewals = undefined;
  }

  /** Ends it: what is held ends by itself. */
  close(): void {
    this.#held.clear();
    this.#pause();
  }
}
