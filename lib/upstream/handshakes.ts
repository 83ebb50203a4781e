/**
 * The TLS handshakes with the origin, limited so that few of them can leak.
 *
 * The runtime cannot cancel a handshake: a connection that is closed during one stays
 * open, with its descriptor, until the peer sends something. So only a few run at the
 * same time, and fewer still until the origin has answered one. Once the origin has
 * let one time out, it is first tried with a handshake that can be cancelled: that of
 * the runtime's other TLS, which is slower in use.
 */

import type { SocketAddress } from "../net/address.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import { createClientContext, type TlsContext } from "../net/tls_engine.ts";
import { TlsSocket } from "../net/tls_socket.ts";
import type { DialStage } from "./dial_failure.ts";

/** The most handshakes at the same time with an origin that answers them … */
const RUNNING_MAX = 64;
/** … and with one that has not answered any yet. */
const RUNNING_UNKNOWN_MAX = 4;

/** What is asked for in TLS with an origin beyond trust in the system's certificates: plain data. */
export interface OriginTls {
  /** The name that its certificate must have, and that it is told. */
  readonly name?: string | undefined;
  /** The certificate that we show, and its key, in PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whether nothing is verified. */
  readonly insecure?: boolean;
}

/** How far a dial has come. */
export interface Progress {
  stage: DialStage;
}

/** Where TLS is spoken over TCP. */
export type TcpAddress = SocketAddress & { readonly transport: "tcp" };

/** See the module's comment. */
export class Handshakes {
  readonly #certificates: readonly string[];
  /** The name that the origin's certificate must have; undefined for that of its address. */
  readonly #name: string | undefined;
  /** What the runtime's own handshake cannot do; undefined if nothing is asked for. */
  readonly #context: TlsContext | undefined;
  readonly #isInsecure: boolean;
  /** The result of the last handshake. */
  #origin: "unknown" | "answers" | "silent" = "unknown";
  #running = 0;
  /** Dials that wait for a place among the running handshakes. */
  readonly #waiting: (() => void)[] = [];

  /**
   * @param certificates To trust besides the system's, in PEM.
   * @param terms What else is asked for.
   * @throws {Error} if the certificate that is to be shown is no good.
   */
  constructor(certificates: readonly string[], terms: OriginTls = {}) {
    this.#certificates = certificates;
    const { name, cert, key, insecure = false } = terms;
    this.#name = name;
    this.#isInsecure = insecure;
    this.#context = cert === undefined && !insecure
      ? undefined
      : createClientContext({ authorities: certificates, cert, key, insecure });
  }

  /** Whether to try a handshake that can be cancelled first. */
  get isDoubtful(): boolean {
    return this.#origin === "silent";
  }

  /**
   * Waits for the origin to answer a handshake that can be given up. It has if it
   * has said anything, be it nonsense; if it cannot be reached, to dial it tells why.
   *
   * @throws The signal's reason.
   */
  async tryOut(
    { hostname, port }: TcpAddress,
    name: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    const { connect } = await import("node:tls");
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    // The identity of the peer does not matter here: nothing is sent, and the real handshake verifies it.
    const trial = connect({
      host: hostname,
      port,
      servername: /^[\d.]+$|:/.test(name) ? "" : name,
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
    });
    trial.on("connect", () => progress.stage = "tls");
    trial.on("secureConnect", () => {
      resolve();
      trial.end();
    });
    trial.on("error", () => resolve()).on("close", () => resolve());
    const giveUp = (): void => resolve();
    signal.addEventListener("abort", giveUp);
    await promise;
    signal.removeEventListener("abort", giveUp);
    trial.destroy();
    signal.throwIfAborted();
    if (progress.stage === "tls") this.#origin = "unknown";
    progress.stage = "connect";
  }

  /**
   * Makes a connection one in TLS; if it cannot, the connection is closed.
   *
   * @returns Undefined if the origin has become doubtful in the meantime.
   * @throws The error of the runtime or, once the signal has come, its reason.
   */
  async secure(
    plain: Deno.TcpConn,
    hostname: string,
    signal: AbortSignal,
  ): Promise<ClientSocket | undefined> {
    const name = this.#name ?? hostname;
    if (this.#context !== undefined) {
      return await this.#shakeOwn(plain, this.#context, name, signal);
    }
    try {
      await this.#place(signal);
    } catch (error) {
      plain.close();
      throw error;
    }
    try {
      if (this.isDoubtful) {
        plain.close();
        return undefined;
      }
      return await this.#shakeHands(plain, name, signal);
    } finally {
      this.#running--;
      this.#letIn();
    }
  }

  /** A handshake of our own TLS: closing the connection ends it. */
  async #shakeOwn(
    plain: Deno.TcpConn,
    context: TlsContext,
    name: string,
    signal: AbortSignal,
  ): Promise<ClientSocket> {
    const socket = TlsSocket.ofServer(plain, context, name);
    const close = (): void => socket.close();
    signal.addEventListener("abort", close);
    try {
      signal.throwIfAborted();
      await socket.handshake();
      if (!this.#isInsecure) socket.checkPeer(name);
      return socket;
    } catch (error) {
      close();
      throw error;
    } finally {
      signal.removeEventListener("abort", close);
    }
  }

  async #shakeHands(
    plain: Deno.TcpConn,
    hostname: string,
    signal: AbortSignal,
  ): Promise<Deno.Conn> {
    let connection: Deno.TlsConn;
    try {
      connection = await Deno.startTls(plain, {
        hostname,
        caCerts: [...this.#certificates],
        alpnProtocols: ["http/1.1"],
      });
    } catch (error) {
      plain.close();
      throw error;
    }
    let isOpen = true;
    const close = (): void => {
      if (isOpen) connection.close();
      isOpen = false;
    };
    signal.addEventListener("abort", close);
    try {
      signal.throwIfAborted();
      await connection.handshake();
      this.#origin = "answers";
      return connection;
    } catch (error) {
      this.#origin = signal.aborted ? "silent" : "answers"; // to refuse is an answer, too
      close();
      throw error;
    } finally {
      signal.removeEventListener("abort", close);
    }
  }

  /** Waits for a place among the running handshakes. */
  async #place(signal: AbortSignal): Promise<void> {
    while (!this.#hasPlace) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      signal.throwIfAborted();
    }
    signal.throwIfAborted();
    this.#running++;
  }

  get #hasPlace(): boolean {
    const max = this.#origin === "answers" ? RUNNING_MAX : RUNNING_UNKNOWN_MAX;
    return this.#running < max;
  }

  /** Has those that wait look again, all of them: the bound may have changed, and some have given up. */
  #letIn(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
