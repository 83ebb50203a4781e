/** The servers of an upstream, each with its connections; servers come and go as names move. */

import type { HttpError } from "../http/error.ts";
import type { OriginAddress } from "../net/address.ts";
import { OriginFailures } from "../observe/origin_failures.ts";
import type { Parts } from "./balance/split.ts";
import type { KnownName } from "./connect.ts";
import { Handshakes } from "./handshakes.ts";
import type { Addresses } from "./name_watch.ts";
import { Pool } from "./pool.ts";
import type { PoolOwner } from "./pool_terms.ts";
import { Server, type ServerOptions, twinsOf } from "./server.ts";
import { SERVERS_MAX, type SharedState } from "./shared_state.ts";
import {
  textOf,
  type UpstreamOptions,
  type UpstreamPlace,
} from "./upstream_options.ts";

/** What belongs to one server. */
interface Equipment {
  readonly pool: Pool;
  readonly failures: OriginFailures;
}

/** See the module's comment. */
export class ServerPools {
  readonly #options: UpstreamOptions;
  readonly #place: UpstreamPlace;
  readonly #state: SharedState;
  readonly #parts: Parts;
  readonly #owner: PoolOwner;
  readonly #knownName: (of: OriginAddress) => KnownName | undefined;
  readonly #twins: readonly number[];
  readonly #equipment = new Map<Server, Equipment>();
  #servers: readonly Server[] = [];
  /** The pool of the only server; undefined if there are several. */
  single: Pool | undefined;

  /** @param knownName What is known of the name of an address. */
  constructor(
    options: UpstreamOptions,
    place: UpstreamPlace,
    state: SharedState,
    parts: Parts,
    owner: PoolOwner,
    knownName: (of: OriginAddress) => KnownName | undefined,
  ) {
    this.#options = options;
    this.#place = place;
    this.#state = state;
    this.#parts = parts;
    this.#owner = owner;
    this.#knownName = knownName;
    this.#twins = twinsOf(options.servers);
  }

  get servers(): readonly Server[] {
    return this.#servers;
  }

  *pools(): Iterable<Pool> {
    for (const { pool } of this.#equipment.values()) yield pool;
  }

  poolOf(server: Server): Pool | undefined {
    return this.#equipment.get(server)?.pool;
  }

  failuresOf(server: Server): OriginFailures | undefined {
    return this.#equipment.get(server)?.failures;
  }

  /**
   * Takes on servers: those that stay keep their connections, those that are gone close
   * theirs. If the shared memory has no place for any, nothing changes.
   *
   * @returns Whether there are any.
   */
  setAddresses(addresses: Addresses): boolean {
    const old = this.#servers;
    const servers = this.#options.servers.flatMap((options, index) =>
      addresses[index]!.map((address) =>
        this.#known(options, address) ?? this.#made(options, address, index)
      )
    ).slice(0, SERVERS_MAX).filter(({ slot }) => slot >= 0);
    if (servers.length === 0) return old.length > 0;
    this.#servers = servers;
    for (const server of servers) {
      if (!this.#equipment.has(server)) this.#equip(server);
    }
    for (const server of old) {
      if (!servers.includes(server)) this.#remove(server);
    }
    this.single = servers.length === 1 ? this.poolOf(servers[0]!) : undefined;
    return true;
  }

  #known(options: ServerOptions, address: OriginAddress): Server | undefined {
    return this.#servers.find((server) =>
      server.options === options && textOf(server.address) === textOf(address)
    );
  }

  #made(options: ServerOptions, address: OriginAddress, index: number): Server {
    return new Server(
      options,
      address,
      this.#parts.numbers[index]!,
      this.#twins[index]!,
      this.#state,
      this.#options.slowStartMs,
    );
  }

  #equip(server: Server): void {
    const { pool: limits, connectMs, certificates, tls } = this.#options;
    const { wheel, loop, incidents, meter, makeRoom } = this.#place;
    const failures = new OriginFailures(server.name, incidents);
    const row = meter.upstreamRow(this.#options.name);
    const watcher = {
      dialed: (ms: number): void => {
        meter.connected(row, ms);
        failures.dialed();
      },
      dialFailed: (error: HttpError): void => {
        meter.connectFailed(row);
        failures.dialFailed(error);
      },
    };
    const dial = {
      handshakes: new Handshakes(certificates, tls),
      timeoutMs: connectMs,
      makeRoom,
      tlsName: server.tlsName,
      knownName: () => this.#knownName(server.address),
    };
    const place = { wheel, clock: loop };
    const owner = this.#owner;
    const pool = new Pool(server, limits, dial, place, watcher, owner);
    this.#equipment.set(server, { pool, failures });
  }

  #remove(server: Server): void {
    this.poolOf(server)?.close();
    this.#equipment.delete(server);
    server.leave();
  }

  /** A name stands for another address now: no connection to the old one is used again. */
  renew(address: OriginAddress): void {
    for (const [server, { pool }] of this.#equipment) {
      if (server.address === address) pool.renew();
    }
  }

  /** From now on, the pools of another generation have what is idle, where they have the same server. */
  handOver(heirs: ServerPools): void {
    for (const [server, { pool }] of this.#equipment) {
      const heir = heirs.sameAs(server);
      if (heir === undefined || !this.#dialsAs(server, heirs, heir)) continue;
      pool.handOver(heirs.poolOf(heir)!);
    }
  }

  /** The server here that is the same as another generation's; undefined if there is none. */
  sameAs({ slot }: Server): Server | undefined {
    return this.#servers.find((server) => server.slot === slot);
  }

  /** Whether a connection to a server is as good as one that the other generation opens. */
  #dialsAs(server: Server, others: ServerPools, other: Server): boolean {
    const same = ({ certificates, tls, pool }: UpstreamOptions): unknown => [
      certificates,
      tls,
      pool.isUnshared,
    ];
    return textOf([server.address, same(this.#options)]) ===
      textOf([other.address, same(others.#options)]);
  }

  /** Keeps no connection from now on. */
  drain(): void {
    for (const { pool } of this.#equipment.values()) pool.close();
  }

  /** Gives the servers' places back. */
  close(): void {
    for (const server of this.#servers) server.leave();
  }
}
