/**
 * Rates that a fleet counts together, through the store that it shares. Nobody waits for
 * the store: each node decides by what it knows, tells the store a few times in a second
 * what it has let through, and hears what all have. So the nodes together may let
 * through, within that time, what each of them may alone; that is a debt, which all of
 * them pay off by waiting. A node that does not reach the store counts for itself.
 */

import {
  type Connect,
  type ConnectionOptions,
  connectToStore,
  type StoreAccess,
} from "../../cache/fleet/connection.ts";
import { digestOf, FleetNames } from "../../cache/fleet/names.ts";
import { countScript } from "../../cache/fleet/scripts.ts";
import { within } from "../../cache/fleet/within.ts";
import type { Clock } from "../../net/clock.ts";
import type { LimitKey } from "./limit_key.ts";
import type { Allowance, RateTable } from "./rate_table.ts";

/** Between two times that the store is told, in ms. */
const TELL_MS = 25;
/** For its answer, in ms. */
const ANSWER_MS = 1000;
/** Keys that it is told of at a time; of the others, a node counts for itself. */
const KEYS_MAX = 2000;
/** What the nodes have let through in excess is paid off by waiting, up to this, in ms. */
export const DEBT_MS = 10_000;

interface Pending {
  readonly key: LimitKey;
  readonly allowance: Allowance;
  count: number;
}

/** See the module's comment: what one thread counts. */
export class FleetCounts {
  readonly #options: ConnectionOptions;
  readonly #names: FleetNames;
  readonly #clock: Clock;
  readonly #rates: RateTable;
  readonly #connect: Connect;
  #connection: StoreAccess | undefined;
  #pending = new Map<string, Pending>();
  #cancel: (() => void) | undefined;
  #isTelling = false;
  #isClosed = false;

  constructor(
    { url, tls, prefix }: ConnectionOptions & { readonly prefix: string },
    clock: Clock,
    rates: RateTable,
    connect: Connect = connectToStore,
  ) {
    this.#options = { url, tls };
    this.#names = new FleetNames(prefix);
    this.#clock = clock;
    this.#rates = rates;
    this.#connect = connect;
  }

  /**
   * A request has been let through.
   *
   * @param id Of the limit: the same on all nodes.
   * @param text What its requests are told apart by.
   * @param key The same, on this node.
   */
  note(id: string, text: string, key: LimitKey, allowance: Allowance): void {
    const name = `${id}\n${text}`;
    const known = this.#pending.get(name);
    if (known !== undefined) return void known.count++;
    if (this.#isClosed || this.#pending.size >= KEYS_MAX) return;
    this.#pending.set(name, { key: { ...key }, allowance, count: 1 });
    this.#tellSoon();
  }

  #tellSoon(): void {
    if (this.#isTelling || this.#pending.size === 0) return;
    this.#cancel ??= this.#clock.after(TELL_MS, () => this.#tell());
  }

  async #tell(): Promise<void> {
    this.#cancel = undefined;
    this.#connection ??= this.#connect(this.#options);
    const told = this.#pending;
    this.#pending = new Map();
    this.#isTelling = true;
    try {
      await this.#exchange(this.#connection, told);
    } catch {
      // The tier tells that the store is away; until it is back, this node counts for itself.
    }
    this.#isTelling = false;
    if (!this.#isClosed) this.#tellSoon();
  }

  async #exchange(
    connection: StoreAccess,
    told: ReadonlyMap<string, Pending>,
  ): Promise<void> {
    if (!connection.isOpen) return;
    const names = [...told.keys()].map((name) =>
      this.#names.limit(digestOf(name))
    );
    const pending = [...told.values()];
    const given = pending.flatMap(({ allowance, count }) => {
      const { intervalMs, burst } = allowance;
      return [intervalMs, burst, count];
    });
    const script = countScript(names.length);
    const left = await within(
      this.#clock,
      ANSWER_MS,
      (signal) => connection.run(script, names, [DEBT_MS, ...given], signal),
    );
    const nowMs = this.#clock.now();
    for (const [index, { key, allowance }] of pending.entries()) {
      const ms = Number((left as readonly unknown[])[index]);
      if (ms > 0) this.#rates.raise(key, allowance, nowMs, ms);
    }
  }

  /** Ends it. */
  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#connection?.close();
  }
}
