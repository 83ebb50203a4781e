/**
 * The addresses of an upstream's servers: names are resolved again and again, and at
 * once when a request fails, so that a container that has moved is found.
 *
 * The system resolves them, with its file of hosts. A name with one address is dialed
 * by name, as ever; of one with several, each address is a server. When the resolver
 * fails, the old addresses are kept.
 */

import type { OriginAddress, SocketAddress } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";

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
  /** What a name stands for that has one address. */
  readonly #singles = new Map<OriginAddress, string>();
  #stop: (() => void) | undefined;
  #isResolving = false;
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
      (before && before.#known(address)) ?? [address]
    );
    if (!configured.some(hasName)) return;
    this.#stop = clock.every(EVERY_MS, () => this.#resolve());
    this.#resolve();
  }

  /** By server of the configuration: where it is. */
  get current(): Addresses {
    return this.#current;
  }

  #known(address: OriginAddress): readonly OriginAddress[] | undefined {
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
    if (this.#clock.monotonic() - this.#begunMs >= HURRY_MS) this.#resolve();
  }

  async #resolve(): Promise<void> {
    if (this.#isResolving || this.#isClosed) return;
    this.#isResolving = true;
    this.#begunMs = this.#clock.monotonic();
    const next = await Promise.all(
      this.#configured.map((address, index) =>
        hasName(address) ? this.#addressesOf(address, index) : [address]
      ),
    );
    this.#isResolving = false;
    const isSame = JSON.stringify(next) === JSON.stringify(this.#current);
    if (this.#isClosed || isSame) return;
    this.#current = next;
    this.#watcher.onChange(next);
  }

  async #addressesOf(
    address: OriginAddress,
    index: number,
  ): Promise<readonly OriginAddress[]> {
    let found: readonly string[];
    try {
      found = await this.#resolver(hostOf(address.socket));
    } catch {
      return this.#current[index]!; // the name may be back soon; who dials it is told why it is not
    }
    const distinct = [...new Set(found)].sort();
    const [single] = distinct;
    if (distinct.length > 1) {
      return distinct.map((hostname) => withHost(address, hostname));
    }
    const before = this.#singles.get(address);
    if (single !== undefined && !this.#isClosed) {
      this.#singles.set(address, single);
      if (before !== undefined && before !== single) {
        this.#watcher.onMove(address);
      }
    }
    return [address];
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
