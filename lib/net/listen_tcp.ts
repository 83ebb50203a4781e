/** A listening TCP socket: of one interface, or of all of them and both families. */

import type { SocketAddress } from "./address.ts";

/** A port on an interface. */
export type TcpAddress = Extract<SocketAddress, { transport: "tcp" }>;

/** What the runtime is told besides. */
export type TcpOptions = Omit<
  Deno.ListenOptions & Deno.TcpListenOptions,
  "hostname" | "port"
>;

/**
 * Listens on a port. Where no interface is named, one socket takes IPv4 and IPv6, if
 * the system has both and lets one do so (Linux, unless `net.ipv6.bindv6only` is set).
 *
 * @throws {Deno.errors.AddrInUse} And others of the runtime's.
 */
export function listenTcp(
  { hostname, port, isEveryFamily }: TcpAddress,
  options: TcpOptions = {},
): Deno.TcpListener {
  if (isEveryFamily === true && Deno.build.os === "linux") {
    const listener = listenOnBoth(port, options);
    if (listener !== undefined) return listener;
  }
  return Deno.listen({ ...options, hostname, port });
}

/** @throws {Deno.errors.AddrInUse} Whatever else is wrong is so with IPv6 only. */
function listenOnBoth(
  port: number,
  options: TcpOptions,
): Deno.TcpListener | undefined {
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ ...options, hostname: "::", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw error;
    return undefined;
  }
  if (hasIpv4(listener)) return listener;
  listener.close();
  return undefined;
}

/** Whether a socket of IPv6 has the port of IPv4, too: then it is in use there. */
function hasIpv4({ addr: { port } }: Deno.TcpListener): boolean {
  try {
    Deno.listen({ hostname: "0.0.0.0", port }).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.AddrInUse;
  }
}
