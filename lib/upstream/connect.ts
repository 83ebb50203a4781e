/**
 * Opens a socket to a server: TCP, or a Unix socket.
 *
 * The runtime resolves a name for each connection. When its resolver fails, or takes
 * too long, the address is tried that the name had last: an application must not be out
 * of reach because its name is.
 */

import type { SocketAddress } from "../net/address.ts";
import { UNRESOLVED } from "./dial_failure.ts";
import { Deadline, type DeadlineWheel } from "../net/deadline.ts";

/** How long one of the two may take before the other is tried beside it, in ms. */
export const PATIENCE_MS = 250;

/** What is known of a name besides what the resolver says now. */
export interface KnownName {
  /** The IP address that it had last; undefined if nobody knows. */
  readonly last: string | undefined;
  /** Whether the resolver does not answer: the last address is tried first. */
  readonly isUnanswered: boolean;
  /** The resolver takes long. */
  onSlow(): void;
}

/**
 * Connects to an address.
 *
 * @param known What is known of its name, if it has one.
 * @throws What the runtime throws: for the name, if there is one.
 */
export async function connect(
  address: SocketAddress,
  known: KnownName | undefined,
  wheel: DeadlineWheel,
  signal: AbortSignal,
): Promise<Deno.Conn> {
  if (address.transport === "unix") {
    return await Deno.connect({ transport: "unix", path: address.path });
  }
  const { hostname, port } = address;
  const connection = known?.last === undefined
    ? await Deno.connect({ hostname, port, signal })
    : await connectEither(
      hostname,
      known,
      wheel,
      (hostname) => Deno.connect({ hostname, port, signal }),
    );
  try {
    // A small write (a chunk, an event) must not wait for the acknowledgement of the one before.
    connection.setNoDelay(true);
    return connection;
  } catch (error) {
    connection.close(); // the origin has reset it already
    throw error;
  }
}

/**
 * Connects by a name or by its last address: the second one is tried when the first
 * fails, or takes long. A server that refuses its name's connection has refused.
 */
function connectEither(
  name: string,
  { last, isUnanswered, onSlow }: KnownName,
  wheel: DeadlineWheel,
  open: (hostname: string) => Promise<Deno.TcpConn>,
): Promise<Deno.TcpConn> {
  const { promise, resolve, reject } = Promise.withResolvers<Deno.TcpConn>();
  const left = isUnanswered ? [last!, name] : [name, last!];
  let failure: unknown;
  let isOver = false;
  let pending = 0;
  const end = (settle: () => void): void => {
    isOver = true;
    patience.dispose();
    settle();
  };
  const attempt = async (hostname = left.shift()): Promise<void> => {
    if (hostname === undefined || isOver) return;
    pending++;
    try {
      const connection = await open(hostname);
      if (isOver) connection.close();
      else end(() => resolve(connection));
    } catch (error) {
      if (hostname === name) failure = error;
      if (hostname !== name || isUnresolved(error)) attempt();
    }
    pending--;
    if (pending === 0 && !isOver) end(() => reject(failure));
  };
  const patience = new Deadline(wheel, {
    onDeadline: (): void => {
      if (!isUnanswered) onSlow();
      attempt();
    },
  });
  patience.set(PATIENCE_MS);
  attempt();
  return promise;
}

/** Whether the runtime has not found a name. */
function isUnresolved(error: unknown): boolean {
  const text = error instanceof Error ? error.message : String(error);
  return UNRESOLVED.test(text);
}
