/**
 * The admin listener as the configuration has it now: it may come, go and move while
 * the program runs. One whose address stays is not closed. What it takes is loaded with
 * the first of them.
 */

import type { Administered } from "../admin/administered.ts";
import type { Resources } from "../admin/resources.ts";
import type { AdminConfig } from "../config/config.ts";
import { formatSocketAddress, type SocketAddress } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { logEvent } from "../observe/event_log.ts";
import type { AdminListener } from "./admin_listener.ts";
import type { Prepared } from "./generations.ts";

/** What listens, and the address that the configuration has for it: port 0 is any. */
interface Place {
  readonly name: string;
  readonly listener: AdminListener;
}

/** See the module's comment. */
export class AdminPlace {
  readonly #administered: Administered;
  readonly #clock: Clock;
  readonly #resources: Resources | undefined;
  #place: Place | undefined;
  /** Listeners that close. */
  readonly #leaving = new Set<Promise<void>>();

  /** @param resources What there is; undefined for all, tests bring their own. */
  constructor(
    administered: Administered,
    clock: Clock,
    resources?: Resources,
  ) {
    this.#resources = resources;
    this.#administered = administered;
    this.#clock = clock;
  }

  /** Where it listens; undefined if it does not. */
  get address(): SocketAddress | undefined {
    return this.#place?.listener.address;
  }

  /**
   * Prepares what another configuration says; nothing changes until it is committed.
   *
   * @throws {Error} A line for the operator: the address is in use, or not ours.
   */
  async prepare(config: AdminConfig | undefined): Promise<Prepared> {
    const old = this.#place;
    if (config === undefined) {
      return { commit: () => this.#put(undefined), discard: () => {} };
    }
    const name = formatSocketAddress(config.address);
    if (old?.name === name) {
      return { commit: () => old.listener.change(config), discard: () => {} };
    }
    const listener = await this.#open(config);
    return {
      commit: (): void => {
        this.#put({ name, listener });
        listener.start();
        logEvent("info", `admin on ${formatSocketAddress(listener.address)}`);
      },
      discard: (): void => this.#leave(listener),
    };
  }

  async #open(config: AdminConfig): Promise<AdminListener> {
    const { AdminListener } = await import("./admin_listener.ts");
    const { RESOURCES } = await import("../admin/resources.ts");
    return await AdminListener.open(
      config,
      this.#administered,
      this.#clock,
      this.#resources ?? RESOURCES,
    );
  }

  #put(place: Place | undefined): void {
    const old = this.#place;
    this.#place = place;
    if (old !== undefined) this.#leave(old.listener);
  }

  #leave(listener: AdminListener): void {
    const left = listener.stop();
    this.#leaving.add(left);
    left.then(() => this.#leaving.delete(left));
  }

  /** Closes it. */
  async stop(): Promise<void> {
    this.#put(undefined);
    await Promise.all(this.#leaving);
  }
}
