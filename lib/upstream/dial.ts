/**
 * Opens a connection to the origin: TCP, TLS over TCP, or a Unix socket.
 *
 * The name is resolved for each connection, and every address is tried (the runtime
 * does both, with the next address after 250 ms). So the next request finds an origin
 * that has moved or come back. Every failure has the code of its reason; after any of
 * them, nothing was sent.
 */

import type { OriginAddress } from "../net/address.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import { nextTurn } from "../net/clock.ts";
import { Deadline, type DeadlineWheel } from "../net/deadline.ts";
import { isExhaustion } from "../net/exhaustion.ts";
import { writeAll } from "../net/writer.ts";
import { connect, type KnownName } from "./connect.ts";
import { dialFailure, lateDial } from "./dial_failure.ts";
import type { Handshakes, Progress } from "./handshakes.ts";

/** How the origin is reached. */
export interface DialOptions {
  /** The TLS handshakes with this origin. */
  readonly handshakes: Handshakes;
  /** The name that its certificate must have. */
  readonly tlsName: string;
  /** Time for all of it, TLS included; 0 for no limit. */
  readonly timeoutMs: number;
  /** What is known of its name, if it has one. */
  readonly knownName?: (() => KnownName | undefined) | undefined;
  /** Frees descriptors when none are left; returns whether it could. */
  readonly makeRoom: () => boolean;
}

/** Attempts to make room for one connection. */
const ROOMS_MAX = 3;

/**
 * Makes the runtime verify TLS peers against the system's certificates instead of its
 * own. Call it before the first TLS connection of the process.
 */
export function useSystemCertificates(): void {
  // The runtime reads the variable when it builds its store, at the first TLS connection.
  if (Deno.env.get("DENO_TLS_CA_STORE") === undefined) {
    Deno.env.set("DENO_TLS_CA_STORE", "system");
  }
}

/**
 * Opens a connection to the origin.
 *
 * @param preface What is sent before anything else: a PROXY header.
 * @throws {HttpError} As {@linkcode dialFailure} and {@linkcode lateDial} have it.
 */
export async function dial(
  address: OriginAddress,
  options: DialOptions,
  wheel: DeadlineWheel,
  preface?: Uint8Array,
): Promise<ClientSocket> {
  const controller = new AbortController();
  const { signal } = controller;
  const progress: Progress = { stage: "connect" };
  const deadline = new Deadline(wheel, {
    onDeadline: (): void => controller.abort(),
  });
  deadline.set(options.timeoutMs);
  try {
    for (let rooms = 0;; rooms++) {
      try {
        return await unlessAborted(
          open(address, options, wheel, signal, progress, preface),
          signal,
        );
      } catch (error) {
        if (!isExhaustion(error) || signal.aborted) throw error;
        if (rooms === ROOMS_MAX || !options.makeRoom()) throw error;
        await nextTurn(); // what was closed is free then
      }
    }
  } catch (error) {
    throw signal.aborted
      ? lateDial(progress.stage, options.timeoutMs, error)
      : dialFailure(error, progress.stage);
  } finally {
    deadline.dispose();
  }
}

/**
 * The connection that `opening` resolves to. If the signal comes first, the connection
 * is closed as soon as it is there, because nobody waits for it any more: not every
 * way to open a connection can be cancelled.
 */
async function unlessAborted(
  opening: Promise<ClientSocket>,
  signal: AbortSignal,
): Promise<ClientSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientSocket>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  opening.then((connection) => {
    if (signal.aborted) connection.close();
    else resolve(connection);
  }, reject);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function open(
  { socket, secure }: OriginAddress,
  { handshakes, tlsName, knownName }: DialOptions,
  wheel: DeadlineWheel,
  signal: AbortSignal,
  progress: Progress,
  preface: Uint8Array | undefined,
): Promise<ClientSocket> {
  if (!secure || socket.transport === "unix") {
    const plain = await connect(socket, knownName?.(), wheel, signal);
    return await begin(plain, preface);
  }
  for (;;) {
    if (handshakes.isDoubtful) {
      await handshakes.tryOut(socket, tlsName, progress, signal);
    }
    const plain = await connect(
      socket,
      knownName?.(),
      wheel,
      signal,
    ) as Deno.TcpConn;
    await begin(plain, preface);
    progress.stage = "tls";
    const connection = await handshakes.secure(plain, tlsName, signal);
    if (connection !== undefined) return connection;
    progress.stage = "connect";
  }
}

/** Sends what comes first; if it cannot, the connection is closed. */
async function begin(
  connection: Deno.Conn,
  preface: Uint8Array | undefined,
): Promise<Deno.Conn> {
  if (preface === undefined) return connection;
  try {
    await writeAll(connection, preface); // into an empty buffer of the system
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
