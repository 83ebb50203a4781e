/**
 * A group of servers under the name that a configuration gives it: which of them a
 * request goes to, their connections, and what the operator is told of their failures.
 *
 * Generations of the configuration share it as long as its options stay the same. One
 * with other options succeeds it: connections, and what is known of servers, outlive
 * the reload where the server stays the same. It closes when the last generation lets
 * it go.
 */

import type { HttpError } from "../http/error.ts";
import type { RequestHead } from "../http/request_head.ts";
import { logEvent } from "../observe/event_log.ts";
import { type Acquisition, noServer, type Wish } from "./acquisition.ts";
import { consistentHash } from "./balance/consistent_hash.ts";
import { eligible } from "./balance/eligible.ts";
import { leastRequests } from "./balance/least_requests.ts";
import { requestKey } from "./balance/request_key.ts";
import { RoundRobin } from "./balance/round_robin.ts";
import { type Parts, partsOf } from "./balance/split.ts";
import { useSystemCertificates } from "./dial.ts";
import { Ejections } from "./eject.ts";
import { type Addresses, NameWatch, systemResolver } from "./name_watch.ts";
import type { OriginConnection } from "./origin_connection.ts";
import type { Pool } from "./pool.ts";
import { ConnectionQueue, type PoolChoice } from "./queue.ts";
import { RetryBudget } from "./retry_budget.ts";
import type { Server } from "./server.ts";
import { ServerPools } from "./server_pools.ts";
import { createUpstreamMemory, SharedState } from "./shared_state.ts";
import { Sticky } from "./sticky.ts";
import {
  type CopyInFlight,
  textOf,
  type UpstreamOptions,
  type UpstreamPlace,
} from "./upstream_options.ts";

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
  /** The row of its counters: see `Meter`. */
  readonly meterRow: number;
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
  readonly #pools: ServerPools;
  /** What goes on in its place: requests of older generations still come here. */
  #successor: Upstream | undefined;
  #isClosed = false;
  readonly #retriesStatuses: boolean;
  /** How many generations use it. */
  #holders = 0;

  /**
   * @param before What has the name of this one until now: names begin with what they
   *   stand for there.
   * @throws {RangeError} There is no place in the shared memory for any of its servers.
   */
  constructor(
    options: UpstreamOptions,
    place: UpstreamPlace,
    before?: Upstream,
  ) {
    const { servers, memory, sticky, eject, retry, name } = options;
    const { clock, worker } = place;
    if (servers.some(({ address }) => address.secure)) useSystemCertificates();
    this.options = options;
    this.meterRow = place.meter.upstreamRow(name);
    this.#place = place;
    this.#state = new SharedState(
      memory ?? createUpstreamMemory(1),
      worker,
      clock,
    );
    this.parts = partsOf(servers);
    this.#queue = new ConnectionQueue(this, options, place, this.#state);
    this.#pools = new ServerPools(
      options,
      place,
      this.#state,
      this.parts,
      this.#queue,
      (address) => this.#names.known(address),
    );
    this.sticky = sticky && new Sticky(sticky, name, this.#state.secret);
    this.#ejections = eject && new Ejections(
      eject,
      this.#state,
      (server, text, isGood) => this.#tell(server, text, isGood),
    );
    const { budgetPercent } = retry;
    this.budget = new RetryBudget(this.#state.budget, budgetPercent, clock);
    this.#retriesStatuses = retry.on.some((on) => /^[45]/.test(on));
    this.#names = new NameWatch(
      servers.map(({ address }) => address),
      place.resolver ?? systemResolver,
      clock,
      {
        onChange: (addresses) => this.#setAddresses(addresses),
        onMove: (address) => this.#pools.renew(address),
      },
      before && before.#names,
    );
    if (this.#setAddresses(this.#names.current)) return;
    this.close();
    throw new RangeError(`There are too many servers in upstream "${name}"`);
  }

  #setAddresses(addresses: Addresses): boolean {
    const hasServers = this.#pools.setAddresses(addresses);
    this.sticky?.setServers(this.#pools.servers);
    if (this.#queue.isAwaited) this.#queue.onRoom();
    return hasServers;
  }

  /**
   * Goes on in place of an upstream with the same name and other options: idle
   * connections and requests that wait are its own from now on, as far as it has the
   * same servers. What is known of these is in the shared memory.
   */
  succeed(before: Upstream): void {
    before.#successor = this;
    before.#names.close();
    before.#pools.handOver(this.#pools);
    before.#queue.handOver(this.#queue, (acquisition) => {
      const wish = this.#wishOf(acquisition.wish, before);
      if (wish === undefined) return false;
      acquisition.wish = wish;
      this.#queue.begin(acquisition);
      return true;
    });
  }

  /** What a request of the upstream before wishes here; undefined if its server is not here. */
  #wishOf(wish: Wish, before: Upstream): Wish | undefined {
    const chosen = wish.server ?? before.servers[0]!;
    const server = this.#pools.sameAs(chosen);
    if (server === undefined) return undefined;
    const tried = new Set<Server>();
    for (const one of wish.tried ?? NONE) {
      const same = this.#pools.sameAs(one);
      if (same !== undefined) tried.add(same);
    }
    return { ...wish, server, part: server.part, tried };
  }

  get servers(): readonly Server[] {
    return this.#pools.servers;
  }

  /** The pool that all requests go to; undefined if there is something to choose. */
  get #only(): Pool | undefined {
    return this.#state.isAdministered ? undefined : this.#pools.single;
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
    return this.#pools.pools();
  }

  orderFor(wish: Wish): Iterable<Pool> {
    const only = this.#only;
    return only === undefined ? this.#orderFor(wish) : [only];
  }

  *#orderFor(wish: Wish): Iterable<Pool> {
    const chosen = wish.server && this.#pools.poolOf(wish.server);
    if (chosen !== undefined && !wish.server!.isOut) yield chosen;
    const { servers } = this.eligible(wish.part ?? 0, wish.tried ?? NONE);
    const byLoad = servers.toSorted((a, b) =>
      a.load / a.weight - b.load / b.weight
    );
    for (const server of byLoad) {
      if (server !== wish.server) yield this.#pools.poolOf(server)!;
    }
  }

  /** The servers that may be asked; those of another part only if its own cannot. */
  eligible(
    part: number,
    tried: ReadonlySet<Server>,
  ): ReturnType<typeof eligible<Server>> {
    const all = this.#pools.servers;
    const own = all.filter((server) => server.part === part);
    const canServe = own.some(({ isOut, isDraining }) => !isOut && !isDraining);
    const main = part === 0 || canServe
      ? own
      : all.filter((server) => server.part === 0);
    const isUsed = main.some(({ isDown }) => !isDown);
    return eligible(isUsed ? main : all, tried);
  }

  /** Some server, for what is no client's request; undefined if none is in use. */
  any(): Server | undefined {
    const { servers } = this.eligible(0, NONE);
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
    this.#ejections?.review(this.#pools.servers);
    const { servers } = this.eligible(part, tried);
    if (servers.length === 0) throw noServer();
    const settled = this.settled(servers, request, client);
    if (settled !== undefined) return settled;
    const { random } = this.#place;
    switch (this.options.balance) {
      case "least-requests":
        return leastRequests(servers, random);
      case "round-robin":
        return this.#inTurn(servers);
      case "hash":
        return consistentHash(servers, Math.floor(random() * 2 ** 32));
    }
  }

  /**
   * The server that the request itself settles, by its cookie or by what is hashed;
   * undefined if the load, the turn or chance does.
   *
   * @param servers Those that may be asked.
   */
  settled(
    servers: readonly Server[],
    request: RequestHead,
    client: string,
  ): Server | undefined {
    const sticky = this.sticky?.serverOf(request);
    if (sticky !== undefined && servers.includes(sticky)) return sticky;
    if (this.options.balance !== "hash") return undefined;
    const key = requestKey(this.options.hashBy, request, client);
    return key === undefined ? undefined : consistentHash(servers, key);
  }

  /** The server whose turn is the next, if one goes round; nothing is counted. */
  nextInTurn(servers: readonly Server[]): Server {
    return servers[this.#turnOf(servers, this.#state.turn)]!;
  }

  #turnOf(servers: readonly Server[], turn: number): number {
    const whole = servers.map(({ id, load, fullWeight }, index) => ({
      id,
      load,
      weight: fullWeight,
      index,
    }));
    return this.#roundRobin.choose(whole, turn).index;
  }

  /** Those that have just come back are passed over now and then, until they have their whole weight. */
  #inTurn(servers: readonly Server[]): Server {
    for (let passes = 0;; passes++) {
      const server = servers[this.#turnOf(servers, this.#state.nextTurn())]!;
      const weight = server.fullWeight;
      const isStarting = server.weight < weight;
      const isPassed = isStarting && passes < servers.length &&
        this.#place.random() >= server.weight / weight;
      if (!isPassed) return server;
    }
  }

  /** Whether a server is left that has not failed this request. */
  hasOther(part: number, tried: ReadonlySet<Server>): boolean {
    const only = this.#only?.server;
    return only ? !tried.has(only) : this.eligible(part, tried).isUntried;
  }

  /**
   * An idle connection, if there is one that this request may use.
   *
   * @param server The one that was chosen; undefined if there is only one.
   * @param isRepeatable Whether the request's method is safe and it has no content.
   */
  take(
    server: Server | undefined,
    isRepeatable: boolean,
  ): OriginConnection | undefined {
    if (this.#queue.isAwaited) return undefined; // they were here before
    const pool = server === undefined ? this.#only : this.#pools.poolOf(server);
    return pool?.take(isRepeatable);
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
      this.#ejections?.failed(server, reason, this.#pools.servers);
    }
  }

  /** Tells the operator of a request that has failed. */
  requestFailed(error: HttpError, server: Server = this.servers[0]!): void {
    const failures = this.#pools.failuresOf(server);
    if (failures !== undefined) return failures.requestFailed(error);
    this.#successor?.requestFailed(error, server);
  }

  /** A server as this upstream knows it: a connection may be that of its successor. */
  known(server: Server): Server {
    return this.#successor === undefined
      ? server
      : this.#pools.sameAs(server) ?? server;
  }

  /** Tells the operator that a server's state has changed. */
  #tell(server: Server, text: string, isGood: boolean): void {
    if (!isGood) this.#place.meter.ejected(this.meterRow);
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

  /**
   * Closes the idle connections and keeps none from now on: the server stops. Busy ones
   * end with their exchange, and requests that wait still get one.
   */
  drain(): void {
    this.#names.close();
    for (const { origin } of this.copies) origin?.close("server_stopped");
    this.#pools.drain();
    this.#queue.onRoom();
  }

  /** Gives everything up: nobody waits for it any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.drain();
    this.#queue.close();
    this.#pools.close();
  }
}

const NONE: ReadonlySet<Server> = new Set();
