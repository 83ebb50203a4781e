/**
 * The server: listens, accepts, and stops in good order.
 */

import { WEAKENED_TAGS_BYTES, WeakenedTags } from "./cache/weakened_tags.ts";
import type { Config, Route } from "./config/config.ts";
import {
  formatOriginAddress,
  formatSocketAddress,
  type SocketAddress,
} from "./net/address.ts";
import { isInBlocks } from "./net/cidr.ts";
import { unmapped } from "./net/client_address.ts";
import { Deadline, DeadlineWheel } from "./net/deadline.ts";
import type { AccessLog } from "./observe/access_log.ts";
import { flushEvents, logEvent } from "./observe/event_log.ts";
import { Incidents, type IncidentSink } from "./observe/incidents.ts";
import { OriginFailures } from "./observe/origin_failures.ts";
import { CodingLoad } from "./proxy/coding_load.ts";
import { ExchangeStock } from "./proxy/exchange_state.ts";
import type { Gateway } from "./proxy/gateway.ts";
import { refuse } from "./proxy/refuse.ts";
import { Session } from "./proxy/session.ts";
import { SharedCache, type WorkerPlace } from "./proxy/shared_cache.ts";
import { useSystemCertificates } from "./upstream/dial.ts";
import { type DialWatcher, Pool } from "./upstream/pool.ts";

/** Connections that the system may hold for us until we accept them. */
const BACKLOG = 4096;
/** After an accept that failed (no descriptors left), before the next. */
const ACCEPT_PAUSE_MS = 100;
/** Connections over the limit that are told so at the same time; more are just closed. */
const REFUSALS_MAX = 256;

/** A server that listens from `listen` to `stop`. */
export class Server {
  readonly #config: Config;
  readonly #gateway: Gateway;
  readonly #stock: ExchangeStock;
  readonly #wheel = new DeadlineWheel();
  readonly #listeners: Deno.Listener[] = [];
  readonly #accepting: Promise<void>[] = [];
  readonly #sessions = new Set<Session>();
  #refusals = 0;
  #onEmpty: (() => void) | undefined;

  /**
   * @param place Which worker this is, and what it shares with the others; undefined if it is alone.
   * @param incidents Is told what an operator must know and need not read a thousand times.
   * @param weakenedTags Shared with the other workers, if there are some.
   */
  constructor(
    config: Config,
    log: AccessLog,
    place?: WorkerPlace,
    incidents: IncidentSink = new Incidents(),
    weakenedTags: SharedArrayBuffer = new SharedArrayBuffer(
      WEAKENED_TAGS_BYTES,
    ),
  ) {
    this.#config = config;
    const { route } = config;
    const originFailures = new OriginFailures(
      formatOriginAddress(route.origin),
      incidents,
    );
    this.#gateway = {
      route,
      pool: poolOf(route, this.#wheel, originFailures),
      wheel: this.#wheel,
      log,
      incidents,
      originFailures,
      codingLoad: new CodingLoad(),
      cache: cacheOf(route, place),
      weakenedTags: new WeakenedTags(weakenedTags),
      isDraining: false,
    };
    this.#stock = new ExchangeStock(this.#gateway);
  }

  /**
   * Starts listening on every address.
   *
   * @returns The addresses, with the ports that the system chose for port 0.
   * @throws {Error} A line for the operator: the address is in use, or not ours.
   */
  async listen(): Promise<SocketAddress[]> {
    try {
      for (const address of this.#config.listen) {
        this.#listeners.push(await open(address, this.#config.workers > 1));
      }
    } catch (error) {
      for (const listener of this.#listeners) listener.close();
      throw error;
    }
    for (const listener of this.#listeners) {
      this.#accepting.push(this.#accept(listener));
    }
    return this.#listeners.map(({ addr }) => addressOf(addr));
  }

  async #accept(listener: Deno.Listener): Promise<void> {
    for (;;) {
      let socket: Deno.Conn;
      try {
        socket = await listener.accept();
      } catch (error) {
        if (this.#gateway.isDraining) return;
        logEvent(
          "warn",
          `cannot accept a connection: ${(error as Error).message}`,
        );
        await pause(this.#wheel, ACCEPT_PAUSE_MS);
        continue;
      }
      this.#admit(socket);
    }
  }

  #admit(socket: Deno.Conn): void {
    if (this.#sessions.size >= this.#config.connectionsMax) {
      return this.#refuse(socket);
    }
    const { remoteAddr } = socket;
    const isTcp = remoteAddr.transport === "tcp";
    const address = isTcp ? unmapped(remoteAddr.hostname) : "unknown";
    try {
      // A response that leaves in two writes must not wait for the acknowledgement of the first.
      if (isTcp) (socket as Deno.TcpConn).setNoDelay(true);
    } catch {
      return socket.close(); // the client is gone already
    }
    const isTrusted = isInBlocks(address, this.#config.route.trustedProxies);
    const session = new Session(
      socket,
      address,
      isTrusted,
      this.#gateway,
      this.#stock,
    );
    this.#sessions.add(session);
    session.run().then(() => this.#forget(session));
  }

  #forget(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#onEmpty?.();
  }

  #refuse(socket: Deno.Conn): void {
    if (this.#refusals >= REFUSALS_MAX) return socket.close();
    this.#refusals++;
    refuse(socket, this.#gateway).then(() => this.#refusals--);
  }

  /**
   * Stops: no more connections are accepted, those that wait for a request are
   * closed, and exchanges may go on for the drain timeout.
   */
  async stop(): Promise<void> {
    this.#gateway.isDraining = true;
    for (const listener of this.#listeners) listener.close();
    await Promise.all(this.#accepting);
    this.#gateway.pool.close();
    for (const session of this.#sessions) session.stop();
    if (!await this.#drained()) {
      logEvent(
        "warn",
        `cut off after the drain timeout: ${this.#sessions.size}`,
      );
    }
    for (const session of this.#sessions) session.abort();
    await this.#empty();
    await this.#gateway.cache?.stop();
    this.#gateway.codingLoad.close();
    await flushEvents();
  }

  /** Waits for the sessions to end, for as long as the drain timeout says. */
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
    if (this.#sessions.size === 0) return;
    await new Promise<void>((resolve) => this.#onEmpty = resolve);
  }
}

function cacheOf(
  { cache, origin }: Route,
  place: WorkerPlace | undefined,
): SharedCache | undefined {
  return cache && new SharedCache(cache, origin.authority, place);
}

function poolOf(
  route: Route,
  wheel: DeadlineWheel,
  watcher: DialWatcher,
): Pool {
  if (route.origin.secure) useSystemCertificates();
  const dialOptions = {
    certificates: route.originCertificates,
    timeoutMs: route.timeouts.connectMs,
  };
  return new Pool(route.origin, route.pool, dialOptions, wheel, watcher);
}

async function open(
  address: SocketAddress,
  reusePort: boolean,
): Promise<Deno.Listener> {
  try {
    if (address.transport === "unix") return await openUnix(address.path);
    const { hostname, port } = address;
    return Deno.listen({ hostname, port, tcpBacklog: BACKLOG, reusePort });
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "the address is in use"
      : (error as Error).message;
    throw new Error(
      `cannot listen on ${formatSocketAddress(address)}: ${why}`,
      { cause: error },
    );
  }
}

/** Listens on a Unix socket; one that a process left behind and nobody serves is replaced. */
async function openUnix(path: string): Promise<Deno.Listener> {
  try {
    return Deno.listen({ transport: "unix", path });
  } catch (error) {
    const isServed = await Deno.connect({ transport: "unix", path }).then(
      (socket) => (socket.close(), true),
      () => false,
    );
    if (isServed || !(await Deno.lstat(path)).isSocket) throw error;
    await Deno.remove(path);
    return Deno.listen({ transport: "unix", path });
  }
}

function addressOf(address: Deno.Addr): SocketAddress {
  if (address.transport === "unix") {
    return { transport: "unix", path: address.path };
  }
  const { hostname, port } = address as Deno.NetAddr;
  return { transport: "tcp", hostname, port };
}

async function pause(wheel: DeadlineWheel, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  new Deadline(wheel, { onDeadline: resolve }).set(ms);
  await promise;
}
