/**
 * The admin listener: it listens, accepts, and serves by the same machinery as any
 * other, with bounds of its own. It lives in the main thread, whatever the workers do,
 * and answers to the end of draining.
 */

import { AdminSite, type AdminSiteOptions } from "../admin/admin_site.ts";
import {
  ADMIN_CONNECTION,
  ADMIN_CONNECTIONS_MAX,
  adminGeneration,
} from "../admin/admin_route.ts";
import type { Resources } from "../admin/resources.ts";
import type { Administered } from "../admin/administered.ts";
import {
  WEAKENED_TAGS_BYTES,
  WeakenedTags,
} from "../cache/store/weakened_tags.ts";
import { ClientBounds } from "../client/client_bounds.ts";
import { clientPeer } from "../client/client_peer.ts";
import { IdleClients } from "../client/idle_clients.ts";
import { OpenConnections } from "../client/open_connections.ts";
import { refuse } from "../client/refuse.ts";
import type { AdminConfig } from "../config/config.ts";
import { CodingLoad } from "../exchange/coding_load.ts";
import { ExchangeStock } from "../exchange/exchange_stock.ts";
import { threadRequestIds } from "../exchange/identify.ts";
import type { Site } from "../exchange/site.ts";
import { formatSocketAddress, type SocketAddress } from "../net/address.ts";
import { ClientCounts, createClientCounts } from "../net/client_counts.ts";
import type { Clock } from "../net/clock.ts";
import { CurrentDate } from "../net/current_date.ts";
import { DeadlineWheel } from "../net/deadline.ts";
import { Listener, type ListenerOwner } from "../net/listener.ts";
import { LoopClock } from "../net/loop_clock.ts";
import { AccessLog } from "../observe/access_log.ts";
import { Incidents, type IncidentSink } from "../observe/incidents.ts";
import { settlesWithin } from "../observe/settles_within.ts";
import { Connection, type ConnectionPlace } from "../proxy/connection.ts";

/** For what is in flight to end when the listener closes, in ms. */
const LAST_MS = 2000;
/** Connections beyond the bound that get a 503 at the same time; more are only closed. */
const REFUSALS_MAX = 16;
/** Who may connect to a Unix socket: its owner and group, at most. */
const SOCKET_MODE = 0o660;

/** A site of its own: it stores nothing, and nothing of it is logged. */
function adminSite(clock: Clock, wheel: DeadlineWheel): Site {
  const sink = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) };
  return {
    clock,
    loop: new LoopClock(),
    date: new CurrentDate(clock),
    wheel,
    idle: new IdleClients(),
    log: new AccessLog("off", sink, clock),
    incidents: ownIncidents(clock),
    meter: undefined, // those who look are not counted
    tracing: undefined,
    codingLoad: new CodingLoad(),
    cache: undefined,
    weakenedTags: new WeakenedTags(new SharedArrayBuffer(WEAKENED_TAGS_BYTES)),
    requestIds: threadRequestIds(),
    isLeaving: false,
    isDraining: false,
    isInMaintenance: false,
  };
}

/** They are told from those of the server that clients see. */
function ownIncidents(clock: Clock): IncidentSink {
  const incidents = new Incidents(clock);
  return {
    report: ({ reason, text, ...rest }) =>
      incidents.report({
        reason: `admin ${reason}`,
        text: `admin: ${text}`,
        ...rest,
      }),
    recovered: (text) => incidents.recovered(`admin: ${text}`),
  };
}

function siteOptions({ address, hosts, token }: AdminConfig): AdminSiteOptions {
  const host = address.transport === "tcp" ? address.hostname : undefined;
  return { host, hosts, token };
}

/** The listener at one address, from `open` to `stop`. */
export class AdminListener implements ListenerOwner {
  readonly #listener: Listener;
  readonly #adminSite: AdminSite;
  readonly #site: Site;
  readonly #shared: ConnectionPlace;
  readonly #bounds: ClientBounds;
  readonly #connections = new OpenConnections<Connection>();
  #accepting: Promise<void> | undefined;
  #refusals = 0;
  #onEmpty: (() => void) | undefined;

  private constructor(
    listener: Listener,
    config: AdminConfig,
    administered: Administered,
    clock: Clock,
    resources: Resources,
  ) {
    const wheel = new DeadlineWheel(clock);
    this.#listener = listener;
    const name = formatSocketAddress(listener.address);
    this.#adminSite = new AdminSite(
      siteOptions(config),
      name,
      administered,
      clock,
      resources,
    );
    this.#site = adminSite(clock, wheel);
    this.#shared = {
      site: this.#site,
      generation: adminGeneration((x) => this.#adminSite.handle(x)),
      stock: new ExchangeStock(this.#site),
      onEnd: (connection) => this.#forget(connection),
    };
    this.#bounds = new ClientBounds(
      {
        connectionsMax: ADMIN_CONNECTIONS_MAX,
        perClient: { connectionsMax: Infinity, holdsForLoopback: false },
        originMax: 0,
      },
      {
        idle: this.#site.idle,
        counts: new ClientCounts(createClientCounts(1), 0),
        incidents: this.#site.incidents,
        wheel,
      },
    );
  }

  /**
   * Opens it; nothing is accepted yet.
   *
   * @throws {Error} A line for the operator: the address is in use, or not ours.
   */
  static async open(
    config: AdminConfig,
    administered: Administered,
    clock: Clock,
    resources: Resources,
  ): Promise<AdminListener> {
    const listener = await Listener.open(config.address, false, clock)
      .catch((error) => {
        throw new Error(`admin: ${(error as Error).message}`, { cause: error });
      });
    const { address } = listener;
    if (address.transport === "unix") await narrow(address.path);
    return new AdminListener(
      listener,
      config,
      administered,
      clock,
      resources,
    );
  }

  /** Where it listens, with the port that the system chose for port 0. */
  get address(): SocketAddress {
    return this.#listener.address;
  }

  /** Goes by what else the configuration says of this address, from the next request on. */
  change(config: AdminConfig): void {
    this.#adminSite.change(siteOptions(config));
  }

  /** Accepts connections from now on. */
  start(): void {
    this.#accepting = this.#listener.acceptAll(this);
  }

  onConnection(socket: Deno.Conn): undefined {
    if (this.#site.isDraining) return socket.close() as undefined;
    const peer = clientPeer(socket, this.#listener.at, [], this.#bounds);
    if (!this.#bounds.enter(undefined, peer.address)) {
      this.#refuse(socket);
      return;
    }
    try {
      if (socket.remoteAddr.transport === "tcp") {
        (socket as Deno.TcpConn).setNoDelay(true);
      }
    } catch {
      this.#bounds.leave(undefined, false);
      socket.close(); // the client is gone already
      return;
    }
    const connection = new Connection(
      socket,
      ADMIN_CONNECTION,
      peer,
      this.#shared,
    );
    this.#connections.add(connection);
    connection.run();
  }

  #forget(connection: Connection): void {
    this.#connections.remove(connection);
    this.#bounds.leave(undefined, connection.isEvicted);
    if (this.#connections.count === 0) this.#onEmpty?.();
  }

  #refuse(socket: Deno.Conn): void {
    if (this.#refusals >= REFUSALS_MAX) return socket.close();
    this.#refusals++;
    const { wheel, date } = this.#site;
    refuse(socket, {
      connection: ADMIN_CONNECTION,
      wheel,
      rules: [],
      date: date.bytes(),
    }).then(() => this.#refusals--);
  }

  onAcceptFailure(): boolean {
    return false;
  }

  /** Closes it: what is in flight has a moment to end, streams end at once. */
  async stop(): Promise<void> {
    this.#site.isDraining = true;
    this.#listener.close();
    await this.#accepting;
    this.#adminSite.streams.end();
    for (const connection of this.#connections.all()) connection.stop();
    const empty = this.#empty();
    await settlesWithin(empty, LAST_MS, this.#site.clock);
    for (const connection of this.#connections.all()) connection.abort();
    await empty;
    this.#site.codingLoad.close();
  }

  async #empty(): Promise<void> {
    if (this.#connections.count === 0) return;
    await new Promise<void>((resolve) => this.#onEmpty = resolve);
  }
}

/** Nobody but owner and group may connect, whatever the umask is: a socket needs no token. */
async function narrow(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const { mode } = await Deno.stat(path);
  await Deno.chmod(path, (mode ?? SOCKET_MODE) & SOCKET_MODE);
}
