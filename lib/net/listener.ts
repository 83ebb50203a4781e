/**
 * Listens on a port or a Unix socket, and accepts connections.
 *
 * No error ends accepting. An error of the client (it connected and left before it was
 * accepted) is skipped at once: with a pause, clients that only come and go could keep
 * the others out. There is a pause only when the system has run out of something and
 * the owner cannot make room.
 */

import {
  formatSocketAddress,
  type ListenAddress,
  type SocketAddress,
} from "./address.ts";
import { type Clock, nextTurn } from "./clock.ts";
import type { LoopClock } from "./loop_clock.ts";
import { listenTcp } from "./listen_tcp.ts";
import { openUnix } from "./unix_listener.ts";

/** The most connections that the system holds for us until we accept them. */
const BACKLOG = 4096;
/** Turns of the event loop without a connection after which none waits any more. */
const QUIET_TURNS = 3;
/** Turns to wait for that. */
const LAST_TURNS_MAX = 100;
/** The pause before the next attempt when the system has run out of something. */
const PAUSE_MS = 100;

/**
 * Errors of `accept` that concern only the one connection to accept: the client has
 * reset it, or its network has failed (accept(2) of Linux).
 */
const CLIENTS_ERRORS: ReadonlySet<string> = new Set([
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EINTR",
  "ENETDOWN",
  "ENETUNREACH",
  "ENONET",
  "ENOPROTOOPT",
  "ENOTCONN",
  "EOPNOTSUPP",
  "EPERM", // a firewall's rule
  "EPIPE",
  "EPROTO",
  "ETIMEDOUT",
]);

/** Receives the connections that a listener accepts. */
export interface ListenerOwner {
  /**
   * Takes a connection; its promise is awaited before the next connection is accepted.
   *
   * @param at The address that the listener has been given.
   * @param since The moment of the event loop at which it was not accepted yet; 0 if
   *   nobody knows.
   */
  onConnection(
    socket: Deno.Conn,
    at: ListenAddress,
    since: number,
  ): Promise<void> | undefined;
  /**
   * Nothing can be accepted now: most likely no descriptors or memory are left.
   *
   * @returns Whether room has been made, so that there need be no pause.
   */
  onAcceptFailure(error: Error): boolean;
}

/** A listening socket, from `open` to `close`. */
export class Listener {
  /** What clients speak here may change while it is open. */
  at: ListenAddress;
  readonly #listener: Deno.Listener;
  readonly #removeFile: () => void;
  readonly #loop: LoopClock | undefined;
  /** Connections so far. */
  #accepted = 0;
  readonly #clock: Clock;
  #isClosed = false;
  /** Ends the current pause. */
  #endPause: (() => void) | undefined;

  /**
   * @param loop The clock of the event loop; undefined if connections may come to
   *   `listener` before they are asked for.
   * @param removeFile Called when it is closed.
   */
  constructor(
    listener: Deno.Listener,
    at: ListenAddress,
    clock: Clock,
    loop?: LoopClock,
    removeFile = (): void => {},
  ) {
    this.#listener = listener;
    this.#removeFile = removeFile;
    this.#loop = loop;
    this.at = at;
    this.#clock = clock;
  }

  /**
   * Listens on `address`.
   *
   * @param reusePort Whether others of this program listen on the same port.
   * @throws {Error} A line for the operator: the address is in use, or not ours.
   */
  static async open(
    address: ListenAddress,
    reusePort: boolean,
    clock: Clock,
    loop?: LoopClock,
  ): Promise<Listener> {
    try {
      if (address.transport === "unix") {
        const { path, takesOver = false } = address;
        const { listener, removeFile } = await openUnix(path, takesOver);
        return new Listener(listener, address, clock, loop, removeFile);
      }
      return new Listener(
        listenTcp(address, { tcpBacklog: BACKLOG, reusePort }),
        address,
        clock,
        loop,
      );
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

  /** The address, with the port that the system chose for port 0. */
  get address(): SocketAddress {
    const { at } = this;
    if (at.transport === "unix") return { transport: "unix", path: at.path };
    const { hostname, port } = this.#listener.addr as Deno.NetAddr;
    return at.isEveryFamily === true
      ? { transport: "tcp", hostname: at.hostname, port, isEveryFamily: true }
      : { transport: "tcp", hostname, port };
  }

  /** Accepts connections until `close`; never rejects. */
  async acceptAll(owner: ListenerOwner): Promise<void> {
    while (!this.#isClosed) {
      let socket: Deno.Conn;
      const since = this.#loop?.now ?? 0;
      try {
        socket = await this.#listener.accept();
      } catch (error) {
        if (this.#isClosed) return;
        if (isClients(error)) continue;
        // Freed room is available in the next turn of the event loop.
        await this.#pause(owner.onAcceptFailure(error as Error) ? 0 : PAUSE_MS);
        continue;
      }
      this.#accepted++;
      const isBusy = owner.onConnection(socket, this.at, since);
      if (isBusy !== undefined) await isBusy;
    }
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endPause = resolve;
    const cancel = this.#clock.after(ms, resolve);
    await promise;
    cancel();
    this.#endPause = undefined;
  }

  /**
   * Accepts what waits, then closes: for one whose place another process has taken, so
   * that little comes any more. On a Unix socket nothing does.
   */
  async finish(): Promise<void> {
    let quiet = 0;
    for (let i = 0; quiet < QUIET_TURNS && i < LAST_TURNS_MAX; i++) {
      const before = this.#accepted;
      await nextTurn();
      quiet = this.#accepted === before ? quiet + 1 : 0;
    }
    this.close();
  }

  /** Stops listening; connections that wait to be accepted are refused. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    this.#removeFile();
    this.#endPause?.();
  }
}

/** Whether a failed `accept` concerns only that one connection. */
export function isClients(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return CLIENTS_ERRORS.has(code);
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.ConnectionReset;
}
