/**
 * A group of servers under the name that a configuration gives it: which of them a
 * request goes to, their connections, and what the operator is told of their failures.
 *
 * Generations of the configuration share it as long as its options stay the same:
 * its connections and what is known of its servers outlive a reload. It closes when
 * the last generation lets it go.
 */

import { HttpError } from "../http/error.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { OriginAddress } from "../net/address.ts";
import { logEvent } from "../observe/event_log.ts";
import { OriginFailures } from "../observe/origin_failures.ts";
import type { Acquisition, Wish } from "./acquisition.ts";
import { consistentHash } from "./balance/consistent_hash.ts";
import { eligible } from "./balance/eligible.ts";
import { leastRequests } from "./balance/least_requests.ts";
import { requestKey } from "./balance/request_key.ts";
import { RoundRobin } from "./balance/round_robin.ts";
import { type Parts, partsOf } from "./balance/split.ts";
import { useSystemCertificates } from "./dial.ts";
import { Ejections } from "./eject.ts";
import { Handshakes } from "./handshakes.ts";
import { NameWatch, systemResolver } from "./name_watch.ts";
import type { OriginConnection } from "./origin_connection.ts";
import { Pool } from "./pool.ts";
import { ConnectionQueue, type PoolChoice } from "./queue.ts";
import { RetryBudget } from "./retry_budget.ts";
import { Server, type ServerOptions, twinsOf } from "./server.ts";
import {
  createUpstreamMemory,
  SERVERS_MAX,
  SharedState,
} from "./shared_state.ts";
import { Sticky } from "./sticky.ts";
import {
  textOf,
  type UpstreamOptions,
  type UpstreamPlace,
} from "./upstream_options.ts";

/** A copy of a request, and the connection that it is on, once there is one. */
export interface CopyInFlight {
  origin?: OriginConnection;
}

/** What a request says about where it goes. */
export interface Choice {
  readonly request: RequestHead;
  /** The client's IP address; empty if nobody knows. */
  readonly client: string;
  readonly part: number;
  readonly tried: ReadonlySet<Server>;
}

/** See the module's comment. */
export class Upstream implements PoolChoice {
  readonly options: UpstreamOptions;
  /** How many requests may be sent once more. */
  readonly budget: RetryBudget;
  readonly sticky: Sticky | undefined;
  /** Copies of other upstreams' requests that are under way. */
  readonly copies = new Set<CopyInFlight>();
  readonly #place: UpstreamPlace;
  readonly #state: SharedState;
  readonly #queue: ConnectionQueue;
  readonly #ejections: Ejections | undefined;
  /** Which server belongs to which part of it. */
  readonly parts: Parts;
  readonly #roundRobin = new RoundRobin();
  readonly #names: NameWatch;
  readonly #twins: readonly number[];
  #isClosed = false;
  #servers: readonly Server[] = [];
  readonly #pools = new Map<Server, Pool>();
  readonly #failures = new Map<Server, OriginFailures>();
  /** The pool of the only server; undefined if there are several. */
  #single: Pool | undefined;
  readonly #retriesStatuses: boolean;
  /** How many generations use it. */
  #holders = 0;

  constructor(options: UpstreamOptions, place: UpstreamPlace) {
    const { servers, memory, sticky, eject, retry, name } = options;
    const { clock, wheel, loop, worker } = place;
    if (servers.some(({ address }) => address.secure)) useSystemCertificates();
    this.options = options;
    this.#place = place;
    this.#state = new SharedState(
      memory ?? createUpstreamMemory(1),
      worker,
      clock,
    );
    this.parts = partsOf(servers);
    this.#twins = twinsOf(servers);
    this.#queue = new ConnectionQueue(
      this,
      options.pool,
      wheel,
      loop,
      this.#state,
    );
    this.sticky = sticky && new Sticky(sticky, name, this.#state.secret);
    this.#ejections = eject && new Ejections(
      eject,
      this.#state,
      (server, text, isGood) => this.tell(server, text, isGood),
    );
    const { budgetPercent } = retry;
    this.budget = new RetryBudget(this.#state.budget, budgetPercent, clock);
    this.#retriesStatuses = retry.on.some((on) => /^[45]/.test(on));
    this.#names = new NameWatch(
      servers.map(({ address }) => address),
      place.resolver ?? systemResolver,
      clock,
      (addresses) => this.#setAddresses(addresses),
    );
    this.#setAddresses(servers.map(({ address }) => [address]));
  }

  /** Takes on servers: those that stay keep their connections, those that are gone close theirs. */
  #setAddresses(addresses: readonly (readonly OriginAddress[])[]): void {
    const { servers: configured, slowStartMs } = this.options;
    const servers = configured.flatMap((options, index) =>
      addresses[index]!.map((address) =>
        this.#known(options, address) ??
          new Server(
            options,
            address,
            this.parts.numbers[index]!,
            this.#twins[index]!,
            this.#state,
            slowStartMs,
          )
      )
    ).slice(0, SERVERS_MAX);
    const old = this.#servers;
    this.#servers = servers;
    for (const server of servers) {
      if (!this.#pools.has(server)) this.#addPool(server);
    }
    for (const server of old) {
      if (!servers.includes(server)) this.#remove(server);
    }
    this.#single = servers.length === 1
      ? this.#pools.get(servers[0]!)
      : undefined;
    this.sticky?.setServers(servers);
    if (this.#queue.isAwaited) this.#queue.onRoom();
  }

  #known(options: ServerOptions, address: OriginAddress): Server | undefined {
    return this.#servers.find((server) =>
      server.options === options && textOf(server.address) === textOf(address)
    );
  }

  #addPool(server: Server): void {
    const { pool, connectMs, certificates, tls } = this.options;
    const { wheel, loop, incidents, makeRoom } = this.#place;
    const failures = new OriginFailures(server.name, incidents);
    const dial = {
      handshakes: new Handshakes(certificates, tls),
      timeoutMs: connectMs,
      makeRoom,
      tlsName: server.tlsName,
    };
    const place = { wheel, clock: loop };
    this.#failures.set(server, failures);
    this.#pools.set(
      server,
      new Pool(server, pool, dial, place, failures, this.#queue),
    );
  }

  #remove(server: Server): void {
    this.#pools.get(server)?.close();
    this.#pools.delete(server);
    this.#failures.delete(server);
    server.leave();
  }

  get servers(): readonly Server[] {
    return this.#servers;
  }

  /** The pool that all requests go to; undefined if there is something to choose. */
  get #only(): Pool | undefined {
    return this.#state.isAdministered ? undefined : this.#single;
  }

  /** Whether there is something to choose: several servers, or one that the operator may have taken out of use. */
  get isGroup(): boolean {
    return this.#only === undefined;
  }

  /** Whether answers count for or against their servers, or may be tried again. */
  get judgesAnswers(): boolean {
    return this.#only === undefined || this.#retriesStatuses;
  }

  get all(): Iterable<Pool> {
    return this.#pools.values();
  }

  *orderFor(wish: Wish): Iterable<Pool> {
    if (this.#only !== undefined) return yield this.#only;
    const chosen = wish.server && this.#pools.get(wish.server);
    if (chosen !== undefined && !wish.server!.isOut) yield chosen;
    const { servers } = this.#eligible(wish.part ?? 0, wish.tried ?? NONE);
    const byLoad = servers.toSorted((a, b) =>
      a.load / a.weight - b.load / b.weight
    );
    for (const server of byLoad) {
      if (server !== wish.server) yield this.#pools.get(server)!;
    }
  }

  /** The servers that may be asked; those of another part only if its own cannot. */
  #eligible(
    part: number,
    tried: ReadonlySet<Server>,
  ): ReturnType<typeof eligible<Server>> {
    const own = this.#servers.filter((server) => server.part === part);
    const canServe = own.some(({ isOut, isDraining }) => !isOut && !isDraining);
    const main = part === 0 || canServe
      ? own
      : this.#servers.filter((server) => server.part === 0);
    const isUsed = main.some(({ isDown }) => !isDown);
    return eligible(isUsed ? main : this.#servers, tried);
  }

  /** Some server, for what is no client's request; undefined if none is in use. */
  any(): Server | undefined {
    const { servers } = this.#eligible(0, NONE);
    return servers.length === 0
      ? undefined
      : leastRequests(servers, this.#place.random);
  }

  /**
   * Chooses the server for a request; undefined if there is only one.
   *
   * @throws {HttpError} `no_server`.
   */
  choose({ request, client, part, tried }: Choice): Server | undefined {
    if (this.#only !== undefined) return undefined;
    this.#ejections?.review(this.#servers);
    const { servers } = this.#eligible(part, tried);
    if (servers.length === 0) throw noServer();
    const sticky = this.sticky?.serverOf(request);
    if (sticky !== undefined && servers.includes(sticky)) return sticky;
    const { random } = this.#place;
    switch (this.options.balance) {
      case "least-requests":
        return leastRequests(servers, random);
      case "round-robin":
        return this.#inTurn(servers);
      case "hash": {
        const key = requestKey(this.options.hashBy, request, client);
        return consistentHash(servers, key ?? Math.floor(random() * 2 ** 32));
      }
    }
  }

  /** Those that have just come back are passed over now and then, until they have their whole weight. */
  #inTurn(servers: readonly Server[]): Server {
    const whole = servers.map(({ id, load, fullWeight }, index) => ({
      id,
      load,
      weight: fullWeight,
      index,
    }));
    for (let passes = 0;; passes++) {
      const { index, weight } = this.#roundRobin.choose(
        whole,
        this.#state.nextTurn(),
      );
      const server = servers[index]!;
      const isStarting = server.weight < weight;
      const isPassed = isStarting && passes < servers.length &&
        this.#place.random() >= server.weight / weight;
      if (!isPassed) return server;
    }
  }

  /** Whether a server is left that has not failed this request. */
  hasOther(part: number, tried: ReadonlySet<Server>): boolean {
    return this.#only === undefined && this.#eligible(part, tried).isUntried;
  }

  /**
   * An idle connection, if there is one that this request may use.
   *
   * @param server The one that was chosen; undefined if there is only one.
   * @param isSafe Whether the request's method is safe.
   */
  take(
    server: Server | undefined,
    isSafe: boolean,
  ): OriginConnection | undefined {
    if (this.#queue.isAwaited) return undefined; // they were here before
    const pool = server === undefined ? this.#only : this.#pools.get(server);
    return pool?.take(isSafe);
  }

  /** Waits for a connection, as `ConnectionQueue.acquire` has it. */
  acquire(wish: Wish): Acquisition {
    return this.#queue.acquire(wish);
  }

  /** The same, from some time on. */
  acquireLater(wish: Wish, afterMs: number): Acquisition {
    return this.#queue.acquireLater(wish, afterMs);
  }

  /** A server has answered a request. */
  succeeded(server: Server): void {
    this.#ejections?.succeeded(server);
  }

  /** A request has failed through a server's fault; its name may mean another address by now. */
  failed(server: Server, reason: string): void {
    this.#names.hurry();
    if (this.#only === undefined) {
      this.#ejections?.failed(server, reason, this.#servers);
    }
  }

  /** Tells the operator of a request that has failed. */
  requestFailed(error: HttpError, server: Server = this.#servers[0]!): void {
    this.#failures.get(server)?.requestFailed(error);
  }

  /** Tells the operator that a server's state has changed. */
  tell(server: Server, text: string, isGood: boolean): void {
    const line = `upstream ${this.options.name}: ${server.name} is ${text}`;
    logEvent(isGood ? "info" : "warn", line);
  }

  /** Whether it can go on under other options: they say the same. */
  isSame(options: UpstreamOptions): boolean {
    return textOf(this.options) === textOf(options);
  }

  /** A generation begins to use it. */
  hold(): void {
    this.#holders++;
  }

  /** A generation has ceased to use it; after the last one, its connections close. */
  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.close();
  }

  /** Closes the idle connections and keeps none from now on; busy ones end with their exchange. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#names.close();
    this.#queue.close();
    for (const { origin } of this.copies) origin?.close("server_stopped");
    for (const pool of this.#pools.values()) pool.close();
    for (const server of this.#servers) server.leave();
  }
}

const NONE: ReadonlySet<Server> = new Set();

/** The operator has taken all servers out of use. */
function noServer(): HttpError {
  const detail = "The operator has taken all servers out of use";
  return new HttpError("no_server", detail, undefined, "nothing-sent");
}
