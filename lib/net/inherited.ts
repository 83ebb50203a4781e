/**
 * Listening sockets that systemd hands over: sd_listen_fds(3). Connections wait in them
 * while the program is started again, so that none is refused.
 *
 * The runtime takes such a descriptor only by Node's `net`, and closes it for the whole
 * process as soon as one thread does: so it is for a program with one worker.
 */

import { formatSocketAddress, type SocketAddress } from "./address.ts";
import { NodeConnection } from "./node_connection.ts";
import { nodeModule } from "./node_module.ts";
import { systemVariable } from "./system_variable.ts";

type Server = import("node:net").Server;
type Socket = import("node:net").Socket;
type AddressInfo = import("node:net").AddressInfo;

/** The first descriptor that is handed over. */
const FIRST = 3;
/** More are not taken seriously. */
const COUNT_MAX = 64;
/** Connections that wait to be accepted here, besides those that the system keeps. */
const WAITING_MAX = 4096;

/** How many sockets are handed over to this process. */
export function inheritedCount(): number {
  if (systemVariable("LISTEN_PID") !== String(Deno.pid)) return 0;
  const count = Number(systemVariable("LISTEN_FDS"));
  return Number.isInteger(count) && count > 0 && count <= COUNT_MAX ? count : 0;
}

/** Those that nobody has taken, by their address. */
export type Inherited = Map<string, InheritedListener>;

/**
 * Opens the sockets that are handed over. Once a process: a descriptor can be taken once.
 *
 * @throws {Error} A line for the operator: one of them is no listening socket.
 */
export async function openInherited(): Promise<Inherited> {
  const listeners: Inherited = new Map();
  for (let i = 0; i < inheritedCount(); i++) {
    const listener = await InheritedListener.open(FIRST + i);
    listeners.set(formatSocketAddress(listener.address), listener);
  }
  return listeners;
}

/** A socket that has been handed over; it has the shape of the runtime's own. */
export class InheritedListener {
  readonly address: SocketAddress;
  readonly addr: Deno.Addr;
  readonly #server: Server;
  readonly #arrived: Socket[] = [];
  #accepting: PromiseWithResolvers<Deno.Conn> | undefined;
  #isClosed = false;

  private constructor(server: Server, address: SocketAddress) {
    this.#server = server;
    this.address = address;
    this.addr = address;
    server.on("connection", (socket) => this.#onConnection(socket));
    server.on("error", () => {}); // of one connection that has left already
  }

  static async open(fd: number): Promise<InheritedListener> {
    const { createServer } = nodeModule("node:net");
    const server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: false,
    });
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => {
        const why = `systemd's socket ${fd} cannot be used: ${error.message}`;
        reject(new Error(why, { cause: error }));
      };
      server.once("error", fail);
      server.listen({ fd }, () => {
        server.off("error", fail);
        resolve();
      });
    });
    return new InheritedListener(server, addressOf(server.address()));
  }

  #onConnection(socket: Socket): void {
    const accepting = this.#accepting;
    this.#accepting = undefined;
    if (accepting !== undefined) accepting.resolve(this.#connectionOf(socket));
    else if (this.#arrived.length < WAITING_MAX) this.#arrived.push(socket);
    else socket.destroy();
  }

  #connectionOf(socket: Socket): Deno.Conn {
    const path = this.address.transport === "unix"
      ? this.address.path
      : undefined;
    // The part of it that anybody here uses.
    return new NodeConnection(socket, path) as unknown as Deno.Conn;
  }

  accept(): Promise<Deno.Conn> {
    const socket = this.#arrived.shift();
    if (socket !== undefined) {
      return Promise.resolve(this.#connectionOf(socket));
    }
    if (this.#isClosed) return Promise.reject(new Error("closed"));
    this.#accepting = Promise.withResolvers();
    return this.#accepting.promise;
  }

  /** Leaves it to systemd: connections wait for the next process. */
  close(): void {
    this.#isClosed = true;
    this.#server.close();
    for (const socket of this.#arrived.splice(0)) socket.destroy();
    this.#accepting?.reject(new Error("closed"));
    this.#accepting = undefined;
  }
}

function addressOf(address: AddressInfo | string | null): SocketAddress {
  if (address === null || typeof address === "string") {
    return { transport: "unix", path: address ?? "" };
  }
  return { transport: "tcp", hostname: address.address, port: address.port };
}
