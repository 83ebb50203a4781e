/**
 * The server: it listens, accepts connections and stops cleanly.
 */

import {
  WEAKENED_TAGS_BYTES,
  WeakenedTags,
} from "../cache/store/weakened_tags.ts";
import type { SharedMemory } from "../cache/store/shared/shared_memory.ts";
import type { Config } from "../config/config.ts";
import type { StoreLimits } from "../cache/store/store.ts";
import { PasswordThread } from "../access/basic/password_thread.ts";
import {
  type Counts,
  countsIn,
  createLimitMemory,
} from "../access/limits/limit_memory.ts";
import type { SocketAddress } from "../net/address.ts";
import { matchesBlocks, parseIp } from "../net/cidr.ts";
import { ClientCounts, createClientCounts } from "../net/client_counts.ts";
import { unmapped } from "../net/client_address.ts";
import { type Clock, nextTurn } from "../net/clock.ts";
import { CurrentDate } from "../net/current_date.ts";
import { Deadline, DeadlineWheel } from "../net/deadline.ts";
import { isExhaustion } from "../net/exhaustion.ts";
import type { ListenerOwner } from "../net/listener.ts";
import type { AccessLog } from "../observe/access_log.ts";
import { flushEvents, logEvent } from "../observe/event_log.ts";
import { Incidents, type IncidentSink } from "../observe/incidents.ts";
import { threadRequestIds } from "../exchange/identify.ts";
import { CodingLoad } from "../exchange/coding_load.ts";
import {
  ClientBounds,
  type ClientLimits,
  type CountKey,
} from "../client/client_bounds.ts";
import { ExchangeStock } from "../exchange/exchange_stock.ts";
import type { Site } from "../exchange/site.ts";
import { IdleClients } from "../client/idle_clients.ts";
import { refuse } from "../client/refuse.ts";
import { FilesPlace } from "../handlers/files/options.ts";
import { Connection } from "../proxy/connection.ts";
import { GuardedTier } from "../cache/store/tiers/guarded_tier.ts";
import type { Tier } from "../cache/store/tiers/tier.ts";
import { Tiers } from "../cache/store/tiers/tiers.ts";
import { TierFailures } from "../observe/tier_failures.ts";
import { SharedCache } from "../exchange/shared_cache.ts";
import { LoopClock } from "../net/loop_clock.ts";
import { Generations, type Prepared } from "./generations.ts";
import { UpstreamMemories } from "./upstream_memory.ts";
import { logOptions } from "./log_options.ts";
import { Listeners, type ListenersChange } from "./listeners.ts";

/** The state that a worker shares with the others. */
export interface SharedPlace {
  /** Which worker this is, from 0. */
  readonly worker: number;
  /** How many connections each client address has. */
  readonly clientCounts: SharedArrayBuffer;
  /** How many requests there were. */
  readonly limits: SharedArrayBuffer;
  /** Undefined if nothing is stored. */
  readonly memory: SharedMemory | undefined;
}

/** A server that listens from `listen` to `stop`. */
export class Server implements ListenerOwner {
  #config: Config;
  readonly #generations: Generations;
  /** Undefined in one of several workers. */
  readonly #memories: UpstreamMemories | undefined;
  readonly #files: FilesPlace;
  readonly #site: Site;
  readonly #stock: ExchangeStock;
  readonly #clock: Clock;
  readonly #wheel: DeadlineWheel;
  readonly #listeners: Listeners;
  readonly #connections = new Set<Connection>();
  readonly #bounds: ClientBounds;
  readonly #incidents: IncidentSink;
  readonly #passwords = new PasswordThread();
  #refusals = 0;
  #onEmpty: (() => void) | undefined;

  /**
   * @param place Which worker this is, and what it shares with the others; undefined if it is alone.
   * @param incidents Gets events that may repeat thousands of times, for the operator.
   * @param weakenedTags Shared with the other workers, if there are some.
   * @param tiers Where stored responses are kept besides memory, the fastest first.
   */
  constructor(
    config: Config,
    clock: Clock,
    log: AccessLog,
    place?: SharedPlace,
    incidents: IncidentSink = new Incidents(clock),
    weakenedTags: SharedArrayBuffer = new SharedArrayBuffer(
      WEAKENED_TAGS_BYTES,
    ),
    tiers: readonly Tier[] = [],
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#wheel = new DeadlineWheel(clock);
    this.#incidents = incidents;
    const idle = new IdleClients();
    const counts = new ClientCounts(
      place?.clientCounts ?? createClientCounts(1),
      place?.worker ?? 0,
    );
    this.#bounds = new ClientBounds(
      boundsIn(config),
      { idle, counts, incidents, wheel: this.#wheel },
    );
    const loop = new LoopClock();
    this.#files = new FilesPlace(clock);
    // The main thread of several workers sees to it for them.
    this.#memories = config.workers === 1
      ? new UpstreamMemories(1, clock)
      : undefined;
    const equipped = this.#memories?.equip(config);
    this.#generations = new Generations(equipped?.config ?? config, {
      upstreams: {
        clock,
        wheel: this.#wheel,
        loop,
        incidents,
        makeRoom: () => this.#bounds.makeRoom(),
        worker: place?.worker ?? 0,
        random: Math.random,
      },
      files: this.#files,
      access: {
        clock,
        counts: countsOf(config, place),
        passwords: this.#passwords,
      },
    });
    equipped?.commit();
    this.#site = {
      clock,
      loop,
      date: new CurrentDate(clock),
      wheel: this.#wheel,
      idle,
      log,
      incidents,
      codingLoad: new CodingLoad(),
      cache: cacheOf(config.store, place, tiersOf(tiers, clock, incidents)),
      weakenedTags: new WeakenedTags(weakenedTags),
      requestIds: threadRequestIds(),
      isDraining: false,
    };
    this.#stock = new ExchangeStock(this.#site);
    this.#listeners = new Listeners(this, config.workers > 1, clock);
  }

  /**
   * Starts listening on every address.
   *
   * @returns The addresses, with the ports that the system chose for port 0.
   * @throws {Error} A line for the operator: the address is in use, or not ours.
   */
  async listen(): Promise<SocketAddress[]> {
    (await this.#listeners.prepare(this.#config.listen)).commit();
    return this.#listeners.addresses;
  }

  onConnection(socket: Deno.Conn): Promise<void> | undefined {
    if (this.#bounds.isHasty) return this.#admitNextTurn(socket);
    return this.#admit(socket);
  }

  /** Lets sent bytes be read from open connections before one of them counts as idle. */
  async #admitNextTurn(socket: Deno.Conn): Promise<void> {
    await nextTurn();
    this.#site.idle.passTurn();
    if (this.#site.isDraining) socket.close();
    else this.#admit(socket);
  }

  #admit(socket: Deno.Conn): undefined {
    const { remoteAddr } = socket;
    const isTcp = remoteAddr.transport === "tcp";
    const address = isTcp ? unmapped(remoteAddr.hostname) : "unknown";
    const bytes = parseIp(address);
    const isTrusted = matchesBlocks(
      bytes,
      this.#config.connection.trustedProxies,
    );
    const key = this.#bounds.keyOf(bytes, isTrusted);
    if (!this.#bounds.enter(key, address)) {
      this.#refuse(socket);
      return;
    }
    try {
      // A response that leaves in two writes must not wait for the acknowledgement of the first.
      if (isTcp) (socket as Deno.TcpConn).setNoDelay(true);
    } catch {
      this.#bounds.leave(key, false);
      socket.close(); // the client is gone already
      return;
    }
    const connection = new Connection(
      socket,
      this.#config.connection,
      address,
      isTrusted,
      this.#site,
      this.#generations,
      this.#stock,
    );
    this.#connections.add(connection);
    connection.run().then(() => this.#forget(connection, key));
  }

  #forget(connection: Connection, key: CountKey): void {
    this.#connections.delete(connection);
    this.#bounds.leave(key, connection.isEvicted);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #refuse(socket: Deno.Conn): void {
    if (this.#refusals >= this.#config.refusalsMax) return socket.close();
    this.#refusals++;
    const { wheel, date } = this.#site;
    const { connection } = this.#config;
    const rules = this.#generations.current.fallback.responseRules;
    refuse(socket, { connection, wheel, rules, date: date.bytes() })
      .then(() => this.#refusals--);
  }

  onAcceptFailure(error: Error): boolean {
    this.#incidents.report({
      reason: "accept",
      text: `cannot accept a connection: ${error.message}`,
      lasts: false,
      count: 1,
    });
    return isExhaustion(error) && this.#bounds.makeRoom();
  }

  /**
   * Prepares another configuration. Once it is committed, it holds from the next
   * request on, without closing a connection: requests under way end as they began.
   * Of the addresses, those that stay are not touched. What concerns the process stays
   * as it is: the memory of the cache, and who is connected.
   *
   * @throws {Error} What is wrong with it: nothing has changed.
   */
  async prepare(config: Config): Promise<Prepared> {
    const equipped = this.#memories?.equip(config);
    const generation = this.#generations.prepare(equipped?.config ?? config);
    let listeners: ListenersChange;
    try {
      listeners = await this.#listeners.prepare(config.listen);
    } catch (error) {
      generation.discard();
      throw error;
    }
    const { connection, drainMs } = config;
    const bounds = boundsIn(config);
    const log = logOptions(config.log);
    return {
      commit: (): void => {
        generation.commit();
        equipped?.commit();
        listeners.commit();
        this.#bounds.change(bounds);
        this.#site.log.configure(log);
        this.#config = { ...this.#config, connection, drainMs };
      },
      discard: (): void => {
        generation.discard();
        listeners.discard();
      },
    };
  }

  /** Goes by another configuration, as {@linkcode Server.prepare} says. */
  async replace(config: Config): Promise<void> {
    (await this.prepare(config)).commit();
  }

  /**
   * Stops: no more connections are accepted, idle ones are closed, and in-flight
   * exchanges get up to the drain timeout to finish.
   */
  async stop(): Promise<void> {
    this.#site.isDraining = true;
    await this.#listeners.close();
    this.#memories?.close();
    this.#generations.close();
    for (const connection of this.#connections) connection.stop();
    if (!await this.#drained()) {
      logEvent(
        "warn",
        `connections closed after the drain timeout: ${this.#connections.size}`,
      );
    }
    for (const connection of this.#connections) connection.abort();
    await this.#empty();
    await this.#site.cache?.stop();
    this.#site.codingLoad.close();
    this.#files.close();
    this.#passwords.close();
    await flushEvents(this.#clock);
  }

  /** Waits for the connections to end, up to the drain timeout. */
  async #drained(): Promise<boolean> {
    let isLate = false;
    const late = Promise.withResolvers<void>();
    const deadline = new Deadline(this.#wheel, {
      onDeadline(): void {
        isLate = true;
        late.resolve();
      },
    });
    deadline.set(this.#config.drainMs);
    await Promise.race([this.#empty(), late.promise]);
    deadline.dispose();
    return !isLate;
  }

  async #empty(): Promise<void> {
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => this.#onEmpty = resolve);
  }
}

function boundsIn(
  { connectionsMax, perClient, upstreams }: Config,
): ClientLimits {
  const originMax = upstreams.reduce(
    (sum, { pool, servers }) => sum + servers.length * pool.connectionsMax,
    0,
  );
  return { connectionsMax, perClient, originMax };
}

function countsOf({ workers }: Config, place: SharedPlace | undefined): Counts {
  return place === undefined
    ? countsIn(createLimitMemory(1), 1, 0)
    : countsIn(place.limits, workers, place.worker);
}

function cacheOf(
  store: StoreLimits | undefined,
  place: SharedPlace | undefined,
  tiers: Tiers | undefined,
): SharedCache | undefined {
  if (store === undefined) return undefined;
  const { worker = 0, memory } = place ?? {};
  return new SharedCache(store, memory && { worker, memory }, tiers);
}

function tiersOf(
  tiers: readonly Tier[],
  clock: Clock,
  incidents: IncidentSink,
): Tiers | undefined {
  if (tiers.length === 0) return undefined;
  const watcher = new TierFailures(incidents);
  return new Tiers(tiers.map((tier) => new GuardedTier(tier, clock, watcher)));
}
