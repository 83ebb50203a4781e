/**
 * The server: it listens, accepts connections and stops cleanly.
 */

import {
  WEAKENED_TAGS_BYTES,
  WeakenedTags,
} from "../cache/store/weakened_tags.ts";
import type { SharedMemory } from "../cache/store/shared/shared_memory.ts";
import type { Config } from "../config/config.ts";
import { PasswordThread } from "../access/basic/password_thread.ts";
import { CertificateTable } from "../certificates/table.ts";
import {
  type Counts,
  countsIn,
  createLimitMemory,
} from "../access/limits/limit_memory.ts";
import type { ListenAddress, SocketAddress } from "../net/address.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import { ClientCounts, createClientCounts } from "../net/client_counts.ts";
import { type Clock, nextTurn } from "../net/clock.ts";
import { CurrentDate } from "../net/current_date.ts";
import { DeadlineWheel, endsWithin } from "../net/deadline.ts";
import { isExhaustion } from "../net/exhaustion.ts";
import type { ListenerOwner } from "../net/listener.ts";
import type { AccessLog } from "../observe/access_log.ts";
import { flushEvents, logEvent } from "../observe/event_log.ts";
import { Incidents, type IncidentSink } from "../observe/incidents.ts";
import { threadRequestIds } from "../exchange/identify.ts";
import { CodingLoad } from "../exchange/coding_load.ts";
import { ClientBounds, type CountKey } from "../client/client_bounds.ts";
import { type ClientPeer, clientPeer } from "../client/client_peer.ts";
import { ExchangeStock } from "../exchange/exchange_stock.ts";
import type { Site } from "../exchange/site.ts";
import { IdleClients } from "../client/idle_clients.ts";
import { PLAIN_ON_TLS } from "../client/opening.ts";
import { Openings } from "../client/openings.ts";
import { refuse } from "../client/refuse.ts";
import type { OwnResponse } from "../head/own_response.ts";
import type { CloseReason } from "../reasons/close.ts";
import { FilesPlace } from "../handlers/files/options.ts";
import { Connection } from "../proxy/connection.ts";
import type { Tier } from "../cache/store/tiers/tier.ts";
import { LoopClock } from "../net/loop_clock.ts";
import { Generations, type Prepared } from "./generations.ts";
import { ANSWERS } from "./answers.ts";
import type { Asked, Questions } from "./questions.ts";
import { UpstreamMemories } from "./upstream_memory.ts";
import { logOptions } from "./log_options.ts";
import { boundsIn } from "./client_limits.ts";
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
  /** Undefined if nothing is stored. */
  readonly memory: SharedMemory | undefined;
}

/** A server that listens from `listen` to `stop`. */
export class Server implements ListenerOwner, Asked {
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
  readonly #openings: Openings;
  #certificates: CertificateTable | undefined;
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
    const idle = new IdleClients();
    this.#openings = new Openings(idle, this.#wheel, incidents);
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

  onConnection(
    socket: Deno.Conn,
    at: ListenAddress,
  ): Promise<void> | undefined {
    if (this.#bounds.isHasty) return this.#admitNextTurn(socket, at);
    return this.#admit(socket, at);
  }

  /** Lets sent bytes be read from open connections before one of them counts as idle. */
  async #admitNextTurn(
    socket: Deno.Conn,
    at: ListenAddress,
  ): Promise<void> {
    await nextTurn();
    this.#site.idle.passTurn();
    if (this.#site.isDraining) socket.close();
    else this.#admit(socket, at);
  }

  #admit(socket: Deno.Conn, at: ListenAddress): undefined {
    const { address, isTrusted, key } = this.#peerOf(socket);
    const opensAtOnce = at.secure !== true && at.proxyProtocol !== true;
    if (!this.#bounds.enter(key, address)) {
      if (opensAtOnce) this.#refuse(socket);
      else socket.close(); // there is no telling it before it has opened
      return;
    }
    const isTcp = socket.remoteAddr.transport === "tcp";
    try {
      // A response that leaves in two writes must not wait for the acknowledgement of the first.
      if (isTcp) (socket as Deno.TcpConn).setNoDelay(true);
    } catch {
      this.#bounds.leave(key, false);
      socket.close(); // the client is gone already
      return;
    }
    const peer = { address, isTrusted, key };
    if (opensAtOnce) this.#serve(socket, peer);
    else this.#open(socket, at, peer);
  }

  #peerOf(socket: ClientSocket): ClientPeer {
    const { trustedProxies } = this.#config.connection;
    return clientPeer(socket, trustedProxies, this.#bounds);
  }

  /** Has a connection begin with what comes before requests, then serves it. */
  async #open(
    begun: ClientSocket,
    at: ListenAddress,
    peer: ClientPeer,
  ): Promise<void> {
    const terms = this.#certificates;
    const opened = await this.#openings.open(begun, at, peer, terms);
    if (opened.kind !== "open") {
      this.#bounds.leave(peer.key, opened.isEvicted);
      if (opened.kind === "closed") return;
      return this.#refuse(opened.socket, PLAIN_ON_TLS, "bad_request");
    }
    const { socket } = opened;
    // Behind a proxy that tells whose connection it is, the client is another.
    const client = this.#peerOf(socket);
    if (client.key !== peer.key) {
      this.#bounds.leave(peer.key, false);
      const { key, address } = client;
      if (!this.#bounds.enter(key, address)) return this.#refuse(socket);
    }
    if (!this.#site.isDraining) return this.#serve(socket, client);
    this.#bounds.leave(client.key, false);
    socket.close();
  }

  #serve(socket: ClientSocket, { address, isTrusted, key }: ClientPeer): void {
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

  #refuse(
    socket: ClientSocket,
    response?: OwnResponse,
    reason?: CloseReason,
  ): void {
    if (this.#refusals >= this.#config.refusalsMax) return socket.close();
    this.#refusals++;
    const { wheel, date } = this.#site;
    const { connection } = this.#config;
    const rules = this.#generations.current.fallback.responseRules;
    const options = { connection, wheel, rules, date: date.bytes() };
    refuse(socket, options, response, reason).then(() => this.#refusals--);
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
        this.#certificates = certificates;
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

  /** What is known of the servers behind; undefined in one of several workers. */
  get upstreams(): UpstreamMemories | undefined {
    return this.#memories;
  }

  async ask<Kind extends keyof Questions>(
    kind: Kind,
    asked: Questions[Kind]["asked"],
  ): Promise<Questions[Kind]["answer"]> {
    const place = {
      site: this.#site,
      generations: this.#generations,
      connection: this.#config.connection,
    };
    return await ANSWERS[kind](asked, place);
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
    this.#openings.close();
    for (const connection of this.#connections) connection.stop();
    if (!await endsWithin(this.#empty(), this.#config.drainMs, this.#wheel)) {
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

  async #empty(): Promise<void> {
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => this.#onEmpty = resolve);
  }
}

function countsOf({ workers }: Config, place: SharedPlace | undefined): Counts {
  return place === undefined
    ? countsIn(createLimitMemory(1), 1, 0)
    : countsIn(place.limits, workers, place.worker);
}
