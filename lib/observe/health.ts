/**
 * The health check: whether a running sluice answers. A container that holds no
 * other program uses it, and so do operators.
 *
 * It sends OPTIONS with no hops left, which a proxy must answer by itself (RFC 9110
 * §7.6.2): the state of the origin does not matter.
 */

import { secureOwn } from "../net/own_tls.ts";
import { bytesOf, textOf } from "../http/bytes.ts";
import {
  type ListenAddress,
  reachable,
  type SocketAddress,
} from "../net/address.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import type { Clock } from "../net/clock.ts";

const REQUEST = bytesOf(
  "OPTIONS * HTTP/1.1\r\nHost: sluice\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n",
);

const GOOD = "HTTP/1.1 200 ";

/**
 * Asks the sluice that listens on `address`.
 *
 * @param timeoutMs For all of it, in ms.
 * @throws {Error} if nobody listens there, or the response is late or not 200.
 */
export async function checkHealth(
  address: ListenAddress,
  timeoutMs: number,
  clock: Clock,
): Promise<void> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {}); // nobody may wait for it yet
  const cancel = clock.after(timeoutMs, () => {
    const error = new Error(`no response within ${timeoutMs} ms`);
    controller.abort(error);
    late.reject(error);
  });
  let socket: ClientSocket | undefined;
  try {
    socket = await connect(address, controller.signal);
    // Where a proxy in front must speak first, nobody else is answered.
    if (address.proxyProtocol === true) return;
    if (address.secure === true) {
      socket = await Promise.race([
        secureOwn(socket, "127.0.0.1"),
        late.promise,
      ]);
    }
    const start = await Promise.race([ask(socket), late.promise]);
    if (start !== GOOD) throw new Error(`the response is "${start}"`);
  } finally {
    cancel();
    socket?.close();
  }
}

async function connect(
  address: SocketAddress,
  signal: AbortSignal,
): Promise<Deno.Conn> {
  const to = reachable(address);
  return to.transport === "unix"
    ? await Deno.connect({ transport: "unix", path: to.path })
    : await Deno.connect({ hostname: to.hostname, port: to.port, signal });
}

/** Sends the request, and reads enough of the status line to decide. */
async function ask(socket: ClientSocket): Promise<string> {
  await socket.write(REQUEST);
  const buffer = new Uint8Array(GOOD.length);
  let filled = 0;
  while (filled < buffer.length) {
    const count = await socket.read(buffer.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return textOf(buffer, 0, filled);
}
