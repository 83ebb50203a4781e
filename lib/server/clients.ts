/** The clients of a server: their connections, from the first byte to the last. */

import type { CertificateTable } from "../certificates/table.ts";
import type { ClientBounds } from "../client/client_bounds.ts";
import { type ClientPeer, clientPeer } from "../client/client_peer.ts";
import type { ConnectionOptions } from "../client/connection_options.ts";
import { ListenerCounts } from "../client/listener_counts.ts";
import { PLAIN_ON_TLS } from "../client/opening.ts";
import { OpenConnections } from "../client/open_connections.ts";
import { Openings } from "../client/openings.ts";
import { refuse } from "../client/refuse.ts";
import type { Config } from "../config/config.ts";
import { ExchangeStock } from "../exchange/exchange_stock.ts";
import type { Site } from "../exchange/site.ts";
import type { OwnResponse } from "../head/own_response.ts";
import { formatSocketAddress, type ListenAddress } from "../net/address.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import { nextTurn } from "../net/clock.ts";
import { endsWithin } from "../net/deadline.ts";
import { logEvent } from "../observe/event_log.ts";
import { Connection, type ConnectionPlace } from "../proxy/connection.ts";
import type { CurrentGeneration } from "../proxy/phases.ts";
import type { CloseReason } from "../reasons/close.ts";

/** For the last request of each connection when another process has taken over, in ms. */
const LAST_REQUEST_MS = 5000;

/** What of the configuration concerns connections, and may change while they are open. */
export interface ClientTerms
  extends Pick<Config, "connection" | "drainMs" | "refusalsMax"> {
  /** Undefined if nobody speaks TLS. */
  readonly certificates: CertificateTable | undefined;
}

/** See the module's comment. */
export class Clients {
  #terms: ClientTerms;
  readonly #site: Site;
  readonly #bounds: ClientBounds;
  readonly #generations: CurrentGeneration;
  readonly #openings: Openings;
  readonly #shared: ConnectionPlace;
  readonly #connections = new OpenConnections<Connection>();
  readonly #listeners = new ListenerCounts();
  /** Options at addresses with limits of their own, and what they were made of. */
  readonly #ownOptions = new WeakMap<
    ListenAddress,
    { readonly of: ConnectionOptions; readonly options: ConnectionOptions }
  >();
  /** Connections that begin with what comes before requests. */
  #openingCount = 0;
  #refusals = 0;
  #onEmpty: (() => void) | undefined;

  constructor(
    terms: ClientTerms,
    site: Site,
    bounds: ClientBounds,
    generations: CurrentGeneration,
  ) {
    this.#terms = terms;
    this.#site = site;
    this.#bounds = bounds;
    this.#generations = generations;
    this.#openings = new Openings(site.idle, site.wheel, site.incidents);
    this.#shared = {
      site,
      generation: generations,
      stock: new ExchangeStock(site),
      onEnd: (connection) => this.#forget(connection),
    };
  }

  /** The options of connections that come now. */
  get options(): Config["connection"] {
    return this.#terms.connection;
  }

  /** Goes by other terms, for connections that come from now on. */
  change(terms: Omit<ClientTerms, "refusalsMax">): void {
    this.#terms = { ...this.#terms, ...terms };
  }

  /**
   * A connection has come.
   *
   * @param since The moment of the event loop at which it was not accepted yet.
   */
  accept(
    socket: Deno.Conn,
    at: ListenAddress,
    since: number,
  ): Promise<void> | undefined {
    if (this.#bounds.isHasty) return this.#admitNextTurn(socket, at, since);
    return this.#admit(socket, at, since);
  }

  /** Lets sent bytes be read from open connections before one of them counts as idle. */
  async #admitNextTurn(
    socket: Deno.Conn,
    at: ListenAddress,
    since: number,
  ): Promise<void> {
    await nextTurn();
    this.#site.idle.passTurn();
    if (this.#site.isDraining) socket.close();
    else this.#admit(socket, at, since);
  }

  #admit(socket: Deno.Conn, at: ListenAddress, since: number): undefined {
    const peer = this.#peerOf(socket, at);
    const opensAtOnce = at.secure !== true && at.proxyProtocol !== true;
    if (!this.#enter(peer)) {
      if (opensAtOnce) this.#refuse(socket);
      else socket.close(); // there is no telling it before it has opened
      return;
    }
    if (opensAtOnce) return void this.#serve(socket, peer, since);
    const isTcp = socket.remoteAddr.transport === "tcp";
    try {
      // The steps of a handshake must not wait for each other's acknowledgement.
      if (isTcp) (socket as Deno.TcpConn).setNoDelay(true);
    } catch {
      this.#leave(peer, false);
      socket.close(); // the client is gone already
      return;
    }
    this.#openingCount++;
    this.#open(socket, peer).then(() => {
      this.#openingCount--;
      if (this.#isEmpty) this.#onEmpty?.();
    });
  }

  #peerOf(socket: ClientSocket, at: ListenAddress): ClientPeer {
    const { trustedProxies } = this.#terms.connection;
    return clientPeer(socket, at, trustedProxies, this.#bounds);
  }

  /** Counts a connection, if there is room for it: then it has to leave in the end. */
  #enter({ key, address, at }: ClientPeer): boolean {
    if (!this.#listeners.enter(at)) {
      this.#site.incidents.report({
        reason: "listener_connections",
        text: `${
          formatSocketAddress(at)
        }: ${at.limits?.connectionsMax} client connections: one more is refused`,
        lasts: false,
        count: 1,
      });
      this.#site.meter?.refused("limit");
      return false;
    }
    if (this.#bounds.enter(key, address, at.limits?.perClient)) return true;
    this.#listeners.leave(at);
    return false;
  }

  #leave({ key, at }: ClientPeer, isEvicted: boolean): void {
    this.#bounds.leave(key, isEvicted);
    this.#listeners.leave(at);
  }

  /** What holds for connections that come to an address now. */
  #optionsAt(at: ListenAddress): ConnectionOptions {
    const { connection } = this.#terms;
    if (at.limits === undefined) return connection;
    let own = this.#ownOptions.get(at);
    if (own?.of !== connection) {
      const { headLimits, headerMs, idleMs, uploadRate } = at.limits;
      const limits = { headLimits, headerMs, idleMs, uploadRate };
      own = { of: connection, options: { ...connection, ...limits } };
      this.#ownOptions.set(at, own);
    }
    return own.options;
  }

  /** Has a connection begin with what comes before requests, then serves it. */
  async #open(
    begun: ClientSocket,
    peer: ClientPeer,
  ): Promise<void> {
    const { at } = peer;
    const { certificates } = this.#terms;
    const opened = await this.#openings.open(begun, at, peer, certificates);
    if (opened.kind !== "open") {
      this.#leave(peer, opened.isEvicted);
      if (opened.kind === "closed") return;
      return this.#refuse(opened.socket, PLAIN_ON_TLS, "bad_request");
    }
    const { socket } = opened;
    // Behind a proxy that tells whose connection it is, the client is another.
    const client = this.#peerOf(socket, at);
    if (client.key !== peer.key) {
      this.#leave(peer, false);
      if (!this.#enter(client)) return this.#refuse(socket);
    }
    if (!this.#site.isDraining) return this.#serve(socket, client, 0);
    this.#leave(client, false);
    socket.close();
  }

  #serve(socket: ClientSocket, peer: ClientPeer, since: number): void {
    const options = this.#optionsAt(peer.at);
    const connection = new Connection(socket, options, peer, this.#shared);
    // The loop looks at its sockets before anything comes on one that it did not know.
    connection.client.sentAt = since;
    this.#connections.add(connection);
    this.#site.meter?.accepted();
    connection.run();
  }

  #forget(connection: Connection): void {
    this.#connections.remove(connection);
    this.#site.meter?.closed();
    this.#leave(connection.peer, connection.isEvicted);
    if (this.#isEmpty) this.#onEmpty?.();
  }

  #refuse(
    socket: ClientSocket,
    response?: OwnResponse,
    reason?: CloseReason,
  ): void {
    const { refusalsMax, connection } = this.#terms;
    if (this.#refusals >= refusalsMax) return socket.close();
    this.#refusals++;
    const { wheel, date } = this.#site;
    const rules = this.#generations.current.fallback.responseRules;
    const options = { connection, wheel, rules, date: date.bytes() };
    refuse(socket, options, response, reason).then(() => this.#refusals--);
  }

  /**
   * Lets each connection have one more request, which is told that it is the last:
   * another process has taken over, and what is on its way here is not to be lost.
   */
  async takeLeave(): Promise<void> {
    await endsWithin(this.#empty(), LAST_REQUEST_MS, this.#site.wheel);
  }

  /**
   * Sends all away: idle ones at once, exchanges in flight when they have ended or the
   * drain timeout has.
   */
  async drain(): Promise<void> {
    this.#openings.close();
    for (const connection of this.#connections.all()) connection.stop();
    const { drainMs } = this.#terms;
    if (!await endsWithin(this.#empty(), drainMs, this.#site.wheel)) {
      logEvent(
        "warn",
        `connections closed after the drain timeout: ${this.#connections.count}`,
      );
    }
    for (const connection of this.#connections.all()) connection.abort();
    await this.#empty();
  }

  get #isEmpty(): boolean {
    return this.#connections.count === 0 && this.#openingCount === 0;
  }

  async #empty(): Promise<void> {
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => this.#onEmpty = resolve);
  }
}
