/**
 * The addresses of an upstream's servers: names are resolved again and again, and at
 * once when a request fails, so that a container that has moved is found.
 *
 * The system resolves them, with its file of hosts. A name with one address is dialed
 * by name; of one with several, each address is a server. When the resolver fails, or
 * does not answer, the old addresses are kept.
 */

import type { OriginAddress, SocketAddress } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { type KnownName, PATIENCE_MS } from "./connect.ts";

/** How often names are resolved, in ms. */
const EVERY_MS = 10_000;
/** The shortest time between two, in ms: failures come in crowds. */
const HURRY_MS = 1000;

/** Finds the addresses of a name, the best first; rejects if it cannot. */
export type Resolver = (name: string) => Promise<readonly string[]>;

/** The system's resolver: of addresses of both families, those of the first one's, which the system prefers. */
export async function systemResolver(
  name: string,
): Promise<readonly string[]> {
  const { lookup } = await import("node:dns/promises");
  const found = await lookup(name, { all: true });
  return found.filter(({ family }) => family === found[0]?.family)
    .map(({ address }) => address);
}

/** By server of the configuration: where it is. */
export type Addresses = readonly (readonly OriginAddress[])[];

/** Is told of what names stand for. */
export interface NameWatcher {
  /** There are other addresses than before. */
  onChange(addresses: Addresses): void;
  /** A name that is dialed by itself has one address, and another than before. */
  onMove(address: OriginAddress): void;
}

/** See the module's comment. */
export class NameWatch {
  readonly #configured: readonly OriginAddress[];
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  readonly #watcher: NameWatcher;
  #current: Addresses;
  /** By name: the address of one that has had one at last. */
  readonly #singles: Map<string, string>;
  #stop: (() => void) | undefined;
  /** By number: since when names are being resolved. */
  readonly #resolving = new Map<number, number>();
  /** The numbers of those that the resolver had no answer for at last. */
  readonly #failing = new Set<number>();
  /** When it was last begun, on the clock that never goes back. */
  #begunMs = -Infinity;
  #isClosed = false;

  /**
   * @param before What names stood for until now; those that it does not know are their
   *   own addresses at first.
   */
  constructor(
    configured: readonly OriginAddress[],
    resolver: Resolver,
    clock: Clock,
    watcher: NameWatcher,
    before?: NameWatch,
  ) {
    this.#configured = configured;
    this.#resolver = resolver;
    this.#clock = clock;
    this.#watcher = watcher;
    this.#current = configured.map((address) =>
      (before && before.#standsFor(address)) ?? [address]
    );
    this.#singles = new Map(before && before.#singles);
    if (!configured.some(hasName)) return;
    this.#stop = clock.every(EVERY_MS, () => this.#resolveAll());
    this.#resolveAll();
  }

  /** By server of the configuration: where it is. */
  get current(): Addresses {
    return this.#current;
  }

  #standsFor(address: OriginAddress): readonly OriginAddress[] | undefined {
    const text = JSON.stringify(address);
    const index = this.#configured.findIndex((one) =>
      JSON.stringify(one) === text
    );
    if (index < 0) return undefined;
    const known = this.#current[index]!;
    // One that is dialed by its name is the configured address itself.
    return known[0] === this.#configured[index] ? [address] : known;
  }

  /** Resolves the names soon: a server has failed. */
  hurry(): void {
    if (this.#stop === undefined) return;
    if (this.#clock.monotonic() - this.#begunMs >= HURRY_MS) {
      this.#resolveAll();
    }
  }

  #resolveAll(): void {
    this.#begunMs = this.#clock.monotonic();
    for (const [index, address] of this.#configured.entries()) {
      if (hasName(address)) this.#resolve(address, index);
    }
  }

  /** Resolves one name; the others do not wait for one that takes long. */
  async #resolve(address: OriginAddress, index: number): Promise<void> {
    if (this.#resolving.has(index)) return;
    this.#resolving.set(index, this.#clock.monotonic());
    const found = await this.#found(hostOf(address.socket));
    this.#resolving.delete(index);
    if (found.length === 0) this.#failing.add(index);
    else this.#failing.delete(index);
    if (found.length === 0 || this.#isClosed) return; // the old ones are kept
    const isSingle = found.length === 1;
    if (isSingle) this.#noteSingle(address, found[0]!);
    const next = isSingle
      ? [address]
      : found.map((hostname) => withHost(address, hostname));
    const before = this.#current[index]!;
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    this.#current = this.#current.with(index, next);
    this.#watcher.onChange(this.#current);
  }

  /** What a name stands for; nothing if the resolver does not say. */
  async #found(name: string): Promise<readonly string[]> {
    try {
      return [...new Set(await this.#resolver(name))].sort();
    } catch {
      return []; // the name may be back soon
    }
  }

  #noteSingle(address: OriginAddress, single: string): void {
    const name = hostOf(address.socket);
    const before = this.#singles.get(name);
    this.#singles.set(name, single);
    if (before !== undefined && before !== single) {
      this.#watcher.onMove(address);
    }
  }

  /** What is known of the name of an address that is dialed by it. */
  known(address: OriginAddress): KnownName | undefined {
    const last = this.#singles.get(hostOf(address.socket));
    if (last === undefined) return undefined;
    const index = this.#configured.indexOf(address);
    const sinceMs = this.#resolving.get(index) ?? Infinity;
    const isLate = this.#clock.monotonic() - sinceMs >= PATIENCE_MS;
    return {
      last,
      isUnanswered: isLate || this.#failing.has(index),
      onSlow: () => this.hurry(),
    };
  }

  /** Resolves no more. */
  close(): void {
    this.#isClosed = true;
    this.#stop?.();
    this.#stop = undefined;
  }
}

/** Whether an address has a name that may stand for several. */
function hasName({ socket }: OriginAddress): boolean {
  if (socket.transport === "unix") return false;
  const { hostname } = socket;
  return !/^[\d.]+$|:/.test(hostname) &&
    !/(?:^|\.)localhost\.?$/i.test(hostname);
}

function hostOf(socket: SocketAddress): string {
  return socket.transport === "tcp" ? socket.hostname : "";
}

function withHost(address: OriginAddress, hostname: string): OriginAddress {
  const { socket } = address;
  return socket.transport === "unix"
    ? address
    : { ...address, socket: { ...socket, hostname } };
}
