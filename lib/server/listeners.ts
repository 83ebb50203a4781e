/**
 * The listening sockets of a server, by the addresses that the configuration names.
 *
 * When the addresses change, one that stays is never closed: closing it would reset
 * what waits to be accepted. New ones are opened first, and only if all of them can
 * be, those that are gone are closed.
 */

import {
  formatSocketAddress,
  type ListenAddress,
  type SocketAddress,
} from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import type { Inherited } from "../net/inherited.ts";
import { Listener, type ListenerOwner } from "../net/listener.ts";
import type { LoopClock } from "../net/loop_clock.ts";
import { assertFree } from "./worker_addresses.ts";

/**
 * Where several sockets may listen on one port, they do, so that another process can
 * take the place of this one. Elsewhere, the last one would get all connections.
 */
const SHARES_PORTS = Deno.build.os === "linux";

/** A change of addresses that is ready: one of the two ends it. */
export interface ListenersChange {
  /** New ones accept connections from now on, those that are gone close. */
  commit(): void;
  /** Everything stays as it was. */
  discard(): void;
}

interface Place {
  /** As the configuration has it: port 0 is any. */
  readonly name: string;
  readonly listener: Listener;
  /** What it is in the configuration. */
  readonly at: ListenAddress;
}

/** See the module's comment. */
export class Listeners {
  readonly #owner: ListenerOwner;
  readonly #isAlone: boolean;
  #inherited: Inherited | undefined;
  readonly #clock: Clock;
  readonly #loop: LoopClock;
  readonly #accepting = new Set<Promise<void>>();
  #places: readonly Place[] = [];

  /** @param isAlone Whether no other thread of this program listens on the same ports. */
  constructor(
    owner: ListenerOwner,
    isAlone: boolean,
    clock: Clock,
    loop: LoopClock,
  ) {
    this.#owner = owner;
    this.#isAlone = isAlone;
    this.#clock = clock;
    this.#loop = loop;
  }

  /** Uses sockets that have been handed over, where they listen; takes them out. */
  inherit(inherited: Inherited): void {
    this.#inherited = inherited;
  }

  /** The addresses, with the ports that the system chose for port 0. */
  get addresses(): SocketAddress[] {
    return this.#places.map(({ listener }) => listener.address);
  }

  /** The same, with what clients speak there. */
  get listening(): ListenAddress[] {
    return this.#places.map(({ listener, at }) => ({
      ...at,
      ...listener.address,
    }));
  }

  /**
   * Opens what is new among these addresses; nothing is accepted or closed yet.
   *
   * @throws {Error} A line for the operator: an address is in use, or not ours.
   */
  async prepare(addresses: readonly ListenAddress[]): Promise<ListenersChange> {
    const old = [...this.#places];
    const next: Place[] = [];
    const opened: Listener[] = [];
    try {
      for (const address of addresses) {
        const name = formatSocketAddress(address);
        const at = old.findIndex((place) =>
          place.name === name ||
          formatSocketAddress(place.listener.address) === name
        );
        if (at >= 0) next.push({ ...old.splice(at, 1)[0]!, at: address });
        else {
          const listener = await this.#open(address);
          opened.push(listener);
          next.push({ name, listener, at: address });
        }
      }
    } catch (error) {
      for (const listener of opened) listener.close();
      throw error;
    }
    return {
      commit: (): void => {
        this.#places = next;
        for (const { listener, at } of next) listener.at = at;
        for (const listener of opened) this.#accept(listener);
        for (const { listener } of old) listener.close();
      },
      discard: (): void => {
        for (const listener of opened) listener.close();
      },
    };
  }

  async #open(address: ListenAddress): Promise<Listener> {
    for (const name of namesOf(address)) {
      const given = this.#inherited?.get(name);
      if (given === undefined) continue;
      this.#inherited!.delete(name);
      return new Listener(
        given as unknown as Deno.Listener,
        address,
        this.#clock,
      );
    }
    if (this.#isAlone && SHARES_PORTS) assertFree(address);
    return await Listener.open(
      address,
      SHARES_PORTS,
      this.#clock,
      this.#loop,
    );
  }

  #accept(listener: Listener): void {
    const done = listener.acceptAll(this.#owner);
    this.#accepting.add(done);
    done.then(() => this.#accepting.delete(done));
  }

  /**
   * Closes all of them; resolves when no connection comes any more.
   *
   * @param isReplaced Whether another process listens in their place.
   */
  async close(isReplaced = false): Promise<void> {
    const listeners = this.#places.map(({ listener }) => listener);
    if (isReplaced) await Promise.all(listeners.map((one) => one.finish()));
    for (const listener of listeners) listener.close();
    await Promise.all(this.#accepting);
  }
}

/** What a socket for an address may be called that has been handed over. */
function namesOf(address: ListenAddress): string[] {
  const name = formatSocketAddress(address);
  return address.transport === "tcp" && address.isEveryFamily === true
    ? [name, `[::]:${address.port}`]
    : [name];
}
