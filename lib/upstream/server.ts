/**
 * One server of an upstream: where it is, and its state. What it has to do with
 * connections is its pool's.
 *
 * A server that fails is ejected for a while; see `eject.ts`. Probes put it out and
 * bring it back, too. All workers see the same.
 */

import type { OriginAddress } from "../net/address.ts";
import { formatOriginAddress } from "../net/address.ts";
import type { When } from "../router/when.ts";
import type { Candidate } from "./balance/candidate.ts";
import { hashOfText } from "./balance/consistent_hash.ts";
import { type Standing, startFraction } from "./balance/eligible.ts";
import { OWN, SERVER, SharedState } from "./shared_state.ts";

/** What the configuration says of one server: plain data. */
export interface ServerOptions {
  readonly address: OriginAddress;
  readonly weight: number;
  /** Its share of all requests; undefined for what is left. */
  readonly percent: number | undefined;
  readonly backup: boolean;
  readonly drain: boolean;
  /** Requests that it is for; undefined for all. */
  readonly when: When | undefined;
}

/** What the operator has said of a server while it runs: it is in place of the configuration's word. */
export const ADMINISTERED = { Nothing: 0, Drain: 1, Down: 2, Up: 3 } as const;

/** See the module's comment. */
export class Server implements Candidate, Standing {
  readonly options: ServerOptions;
  /** What is dialed: one of the addresses of a name, or what the configuration has. */
  readonly address: OriginAddress;
  /** As an operator knows it: `10.0.0.11:3000`, or `app:3000 (10.0.0.11)`. */
  readonly name: string;
  readonly id: number;
  /** Which part of the upstream it belongs to: see `balance/split.ts`. */
  readonly part: number;
  readonly slot: number;
  readonly #state: SharedState;
  readonly #slowStartMs: number;
  /** What this worker's pool has noted. */
  #connections = 0;
  #load = 0;
  /** Whether it gives its slot back when its last connection ends. */
  #isLeaving = false;
  #isGone = false;

  /**
   * @param part Which part of the upstream it belongs to.
   * @param twin How many servers before it have the same URL.
   */
  constructor(
    options: ServerOptions,
    address: OriginAddress,
    part: number,
    twin: number,
    state: SharedState,
    slowStartMs: number,
  ) {
    this.options = options;
    this.address = address;
    this.part = part;
    const { name, id } = identityOf(options, address, twin);
    this.name = name;
    this.id = id;
    this.slot = state.enter(this.id | 0);
    const { socket } = address;
    if (address !== options.address && socket.transport === "tcp") {
      state.setText(this.slot, SERVER.Address, socket.hostname);
    }
    this.#state = state;
    this.#slowStartMs = slowStartMs;
  }

  /** The name that its certificate must have. */
  get tlsName(): string {
    const { socket } = this.options.address;
    return socket.transport === "tcp" ? socket.hostname : "";
  }

  /** Gives its slot back when its last connection has ended: until then, these count. */
  leave(): void {
    this.#isLeaving = true;
    this.#leaveIfUnused();
  }

  #leaveIfUnused(): void {
    if (!this.#isLeaving || this.#isGone || this.#connections > 0) return;
    this.#isGone = true;
    this.#state.leave(this.slot);
  }

  get isBackup(): boolean {
    return this.options.backup;
  }

  get isDraining(): boolean {
    const said = this.#state.get(this.slot, SERVER.Administered);
    return said === ADMINISTERED.Nothing
      ? this.options.drain
      : said !== ADMINISTERED.Up;
  }

  /** Whether the operator has taken it out of use. */
  get isDown(): boolean {
    return this.#state.get(this.slot, SERVER.Administered) ===
      ADMINISTERED.Down;
  }

  /** Whether probes or failed requests have put it out. */
  get isOut(): boolean {
    return this.#state.get(this.slot, SERVER.Down) !== 0 || this.isEjected;
  }

  /** Whether failed requests have put it out. */
  get isEjected(): boolean {
    const until = this.#state.get(this.slot, SERVER.EjectedUntil);
    return until !== 0 && SharedState.between(this.#state.ticks(), until) > 0;
  }

  /** Its weight when it does not start slowly: the operator's, or the configuration's. */
  get fullWeight(): number {
    const { weight } = this.options;
    const state = this.#state;
    const given = state.get(this.slot, SERVER.Weight);
    return given === 0 || state.get(this.slot, SERVER.WeightBefore) !== weight
      ? weight
      : given;
  }

  get weight(): number {
    const weight = this.fullWeight;
    if (this.#slowStartMs === 0) return weight;
    const since = this.#state.get(this.slot, SERVER.BackSince);
    if (since === 0) return weight;
    const backMs = SharedState.between(since, this.#state.ticks());
    return weight * startFraction(backMs, this.#slowStartMs);
  }

  /** Requests in flight, of all workers. */
  get load(): number {
    return this.#state.sum(this.slot, OWN.Load);
  }

  /** Connections of all workers, and of all generations of the configuration. */
  get connections(): number {
    return this.#isGone ? 0 : this.#state.sum(this.slot, OWN.Connections);
  }

  /** Notes what this worker's pool has. */
  note(connections: number, load: number): void {
    if (this.#isGone) return;
    const state = this.#state;
    if (load !== this.#load) {
      state.addOwnSoon(this.slot, OWN.Load, load - this.#load);
      this.#load = load;
    }
    if (connections === this.#connections) return;
    const more = connections - this.#connections;
    state.addOwn(this.slot, OWN.Connections, more);
    this.#connections = connections;
    this.#leaveIfUnused();
  }
}

/** By server: how many before it have the same URL, for other requests perhaps. */
export function twinsOf(servers: readonly ServerOptions[]): number[] {
  const urls = servers.map(({ address }) => JSON.stringify(address));
  return urls.map((url, index) =>
    urls.slice(0, index).filter((other) => other === url).length
  );
}

/** What a server is called, and what tells it from others, in all workers and after a restart. */
export function identityOf(
  options: ServerOptions,
  dialed: OriginAddress,
  twin: number,
): { readonly name: string; readonly id: number } {
  const name = nameOf(options.address, dialed);
  const id = hashOfText(twin === 0 ? name : `${name} ${twin}`) | 1;
  return { name, id };
}

function nameOf(configured: OriginAddress, dialed: OriginAddress): string {
  const name = formatOriginAddress(configured);
  const { socket } = dialed;
  return configured === dialed || socket.transport === "unix"
    ? name
    : `${name} (${socket.hostname})`;
}
