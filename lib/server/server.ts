/**
 * The server: it listens, accepts connections and stops cleanly.
 */

import { STOPS } from "../admin/administered.ts";
import {
  WEAKENED_TAGS_BYTES,
  WeakenedTags,
} from "../cache/store/weakened_tags.ts";
import type { SharedMemory } from "../cache/store/shared/shared_memory.ts";
import type { Config } from "../config/config.ts";
import type { Counts } from "../access/limits/limit_memory.ts";
import { Kept } from "../access/kept.ts";
import { PasswordThread } from "../access/basic/password_thread.ts";
import { CertificateTable } from "../certificates/table.ts";
import type { ListenAddress, SocketAddress } from "../net/address.ts";
import { ClientCounts, createClientCounts } from "../net/client_counts.ts";
import type { Clock } from "../net/clock.ts";
import { CurrentDate } from "../net/current_date.ts";
import { DeadlineWheel } from "../net/deadline.ts";
import { isExhaustion } from "../net/exhaustion.ts";
import type { Inherited } from "../net/inherited.ts";
import type { ListenerOwner } from "../net/listener.ts";
import type { AccessLog } from "../observe/access_log.ts";
import { flushEvents } from "../observe/event_log.ts";
import { createTraceMemory, LiveTraces } from "../observe/live_traces.ts";
import { Incidents, type IncidentSink } from "../observe/incidents.ts";
import { Meter } from "../observe/metrics/meter.ts";
import { Tracing } from "../observe/tracing.ts";
import { VERSION } from "../config/version.ts";
import { NO_NAMES } from "../observe/metrics/meter_names.ts";
import { threadRequestIds } from "../exchange/identify.ts";
import { CodingLoad } from "../exchange/coding_load.ts";
import { ClientBounds } from "../client/client_bounds.ts";
import type { Site } from "../exchange/site.ts";
import { IdleClients } from "../client/idle_clients.ts";
import { FilesPlace } from "../handlers/files/options.ts";
import type { Tier } from "../cache/store/tiers/tier.ts";
import { LoopClock } from "../net/loop_clock.ts";
import { Clients } from "./clients.ts";
import {
  Generations,
  type GenerationsPlace,
  type Prepared,
} from "./generations.ts";
import { ANSWERS } from "./answers.ts";
import type { Asked, Questions } from "./questions.ts";
import type { TierFacts } from "../observe/metrics/snapshot.ts";
import { Metrics } from "./metrics.ts";
import { memoryTier } from "./tier_facts.ts";
import { UpstreamMemories } from "./upstream_memory.ts";
import { logOptions } from "./log_options.ts";
import { boundsIn, countsOf } from "./client_limits.ts";
import { cacheOf, tiersOf } from "./site_cache.ts";
import { Listeners, type ListenersChange } from "./listeners.ts";

/** The state that a worker shares with the others. */
export interface SharedPlace {
  /** Which worker this is, from 0. */
  readonly worker: number;
  /** How many connections each client address has. */
  readonly clientCounts: SharedArrayBuffer;
  /** How many requests there were. */
  readonly limits: SharedArrayBuffer;
  /** What is counted of them. */
  readonly metrics: SharedArrayBuffer;
  /** Undefined if nothing is stored. */
  readonly memory: SharedMemory | undefined;
  /** Requests that are followed. */
  readonly traces?: SharedArrayBuffer;
}

/** A server that listens from `listen` to `stop`. */
export class Server implements ListenerOwner, Asked {
  readonly #config: Config;
  readonly #generations: Generations;
  /** Undefined in one of several workers. */
  readonly #memories: UpstreamMemories | undefined;
  /** Undefined in one of several workers. */
  readonly #metrics: Metrics | undefined;
  readonly #meter: Meter;
  readonly #tracing = Tracing.ofRuntime(VERSION);
  /** Requests that are followed. */
  readonly traces: LiveTraces;
  readonly #files: FilesPlace;
  readonly #site: Site;
  readonly #clock: Clock;
  readonly #wheel: DeadlineWheel;
  readonly #listeners: Listeners;
  readonly #clients: Clients;
  #certificates: CertificateTable | undefined;
  readonly #bounds: ClientBounds;
  readonly #incidents: IncidentSink;
  readonly #counts: Counts;
  readonly #passwords = new PasswordThread();
  #isStopping = false;

  /**
   * @param place Which worker this is, and what it shares with the others; undefined if it is alone.
   * @param incidents Gets events that may repeat thousands of times, for the operator.
   * @param weakenedTags Shared with the other workers, if there are some.
   * @param tiers Where stored responses are kept besides memory, the fastest first.
   * @throws {SyntaxError} A line for the operator: a certificate is no good.
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
    this.#certificates = config.tls && new CertificateTable(config.tls);
    this.#incidents = incidents;
    this.#counts = countsOf(config, place, clock);
    this.#metrics = place === undefined ? new Metrics(1, clock) : undefined;
    this.#meter = new Meter(
      place?.metrics ?? this.#metrics!.memory,
      place?.worker ?? 0,
    );
    const idle = new IdleClients();
    this.#bounds = this.#boundsFor(place, idle);
    const loop = new LoopClock();
    this.#files = new FilesPlace(clock);
    // The main thread of several workers sees to it for them.
    this.#memories = config.workers === 1
      ? new UpstreamMemories(1, clock)
      : undefined;
    const equipped = this.#memories?.equip(config);
    this.#generations = new Generations(
      this.#learn(equipped?.config ?? config),
      this.#routesPlace(place, loop),
    );
    equipped?.commit();
    this.#metrics?.use(config);
    this.traces = new LiveTraces(place?.traces ?? createTraceMemory(), clock);
    this.#site = {
      clock,
      loop,
      date: new CurrentDate(clock),
      wheel: this.#wheel,
      idle,
      log,
      incidents,
      meter: this.#meter,
      tracing: this.#tracing,
      codingLoad: new CodingLoad(),
      cache: cacheOf(config.store, place, tiersOf(tiers, clock, incidents)),
      weakenedTags: new WeakenedTags(weakenedTags),
      traces: this.traces,
      requestIds: threadRequestIds(),
      isLeaving: false,
      isDraining: false,
      isInMaintenance: false,
    };
    this.#clients = new Clients(
      { ...config, certificates: this.#certificates },
      this.#site,
      this.#bounds,
      this.#generations,
    );
    const isAlone = config.workers === 1;
    this.#listeners = new Listeners(this, isAlone, clock, loop);
  }

  #boundsFor(place: SharedPlace | undefined, idle: IdleClients): ClientBounds {
    const counts = new ClientCounts(
      place?.clientCounts ?? createClientCounts(1),
      place?.worker ?? 0,
    );
    return new ClientBounds(boundsIn(this.#config), {
      idle,
      counts,
      incidents: this.#incidents,
      wheel: this.#wheel,
      meter: this.#meter,
    });
  }

  /** What the routes of all generations share. */
  #routesPlace(
    place: SharedPlace | undefined,
    loop: LoopClock,
  ): GenerationsPlace {
    return {
      upstreams: {
        clock: this.#clock,
        wheel: this.#wheel,
        loop,
        incidents: this.#incidents,
        meter: this.#meter,
        makeRoom: () => this.#bounds.makeRoom(),
        worker: place?.worker ?? 0,
        random: Math.random,
      },
      files: this.#files,
      access: {
        clock: this.#clock,
        counts: this.#counts,
        passwords: this.#passwords,
        users: new Kept(),
        tokens: new Kept(),
        keySets: new Kept(),
      },
      isTraced: this.#tracing !== undefined,
    };
  }

  /** Sees to it that routes and upstreams have their counters. */
  #learn(config: Config): Config {
    const equipped = this.#metrics?.equip(config) ?? config;
    this.#meter.learn(equipped.meterNames ?? NO_NAMES);
    return equipped;
  }

  /**
   * Starts listening on every address.
   *
   * @returns The addresses, with the ports that the system chose for port 0.
   * @throws {Error} A line for the operator: the address is in use, or not ours.
   */
  async listen(inherited?: Inherited): Promise<SocketAddress[]> {
    if (inherited !== undefined) this.#listeners.inherit(inherited);
    (await this.#listeners.prepare(this.#config.listen)).commit();
    return this.#listeners.addresses;
  }

  onConnection(
    socket: Deno.Conn,
    at: ListenAddress,
    since: number,
  ): Promise<void> | undefined {
    return this.#clients.accept(socket, at, since);
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
    const certificates = config.tls &&
      new CertificateTable(config.tls, this.#certificates);
    const equipped = this.#memories?.equip(config);
    const generation = this.#generations.prepare(
      this.#learn(equipped?.config ?? config),
    );
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
        this.#metrics?.use(config);
        this.#certificates = certificates;
        listeners.commit();
        this.#bounds.change(bounds);
        this.#site.log.configure(log);
        this.#clients.change({ connection, drainMs, certificates });
      },
      discard: (): void => {
        generation.discard();
        listeners.discard();
      },
    };
  }

  /** What is known of the servers behind; undefined in one of several workers. */
  get upstreams(): UpstreamMemories | undefined {
    return this.#memories;
  }

  /** What is counted; undefined in one of several workers. */
  get metrics(): Metrics | undefined {
    return this.#metrics;
  }

  /** What is stored, by tier. */
  get tiers(): readonly TierFacts[] {
    const { cache } = this.#site;
    return cache === undefined ? [] : [memoryTier(cache.store)];
  }

  /** Where it listens, and what clients speak there. */
  get listening(): readonly ListenAddress[] {
    return this.#listeners.listening;
  }

  async ask<Kind extends keyof Questions>(
    kind: Kind,
    asked: Questions[Kind]["asked"],
  ): Promise<Questions[Kind]["answer"]> {
    const place = {
      site: this.#site,
      generations: this.#generations,
      connection: this.#clients.options,
    };
    return await ANSWERS[kind](asked, place);
  }

  /**
   * Goes by another configuration, as {@linkcode Server.prepare} says.
   *
   * @throws {Error} Also if the server has begun to stop meanwhile.
   */
  async replace(config: Config): Promise<void> {
    const prepared = await this.prepare(config);
    if (!this.#isStopping) return prepared.commit();
    prepared.discard();
    throw new Error(STOPS);
  }

  /**
   * Stops: no more connections are accepted, idle ones are closed, and in-flight
   * exchanges get up to the drain timeout to finish.
   *
   * @param isReplaced Whether another process listens in its place.
   * @param onDeaf Is called when it does not listen any more.
   */
  async stop(
    isReplaced = false,
    onDeaf: () => void = () => {},
  ): Promise<void> {
    this.#isStopping = true;
    this.#site[isReplaced ? "isLeaving" : "isDraining"] = true;
    await this.#listeners.close(isReplaced);
    onDeaf();
    if (isReplaced) await this.#clients.takeLeave();
    this.#site.isDraining = true;
    this.#memories?.close();
    this.#site.cache?.drain();
    this.#generations.drain();
    await this.#clients.drain();
    await this.#site.cache?.stop();
    this.#generations.close();
    this.#site.codingLoad.close();
    this.#files.close();
    this.#passwords.close();
    this.#counts.fleet?.close();
    await flushEvents(this.#clock);
  }
}
