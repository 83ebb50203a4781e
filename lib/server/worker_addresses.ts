/** Addresses that several sockets listen on: those of the workers, or of two processes. */

import { formatSocketAddress, type ListenAddress } from "../net/address.ts";
import { listenTcp } from "../net/listen_tcp.ts";

/**
 * Sharing a port with `SO_REUSEPORT` is silent: another sluice on the same port would
 * get half of the connections. So the port must be free at first.
 *
 * @returns The address with a port: for port 0, one that is free.
 * @throws {Error} A line for the operator: the address is in use.
 */
export function assertFree(address: ListenAddress): ListenAddress {
  if (address.transport === "unix" || address.takesOver === true) {
    return address;
  }
  try {
    const listener = listenTcp(address);
    const { port: free } = listener.addr;
    listener.close();
    return { ...address, port: free };
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) return address; // a worker will say what it is
    throw new Error(
      `cannot listen on ${formatSocketAddress(address)}: the address is in use`,
      { cause: error },
    );
  }
}

/**
 * The addresses of another configuration: those that stay, with the ports that they
 * have, and new ones, which must be free.
 *
 * @param before Those of the configuration in force.
 * @param opened The same with the ports that the system chose.
 * @throws {Error} A line for the operator: an address is in use.
 */
export function nextAddresses(
  listen: readonly ListenAddress[],
  before: readonly ListenAddress[],
  opened: readonly ListenAddress[],
): readonly ListenAddress[] {
  const names = before.map(formatSocketAddress);
  return listen.map((address) => {
    const at = names.indexOf(formatSocketAddress(address));
    if (at < 0) return assertFree(address);
    names[at] = ""; // each stands for one of them
    return { ...opened[at]!, ...protocolsOf(address) };
  });
}

/** What holds at an address, whatever its port is. */
function protocolsOf(
  { secure = false, proxyProtocol = false, limits }: ListenAddress,
): Pick<ListenAddress, "secure" | "proxyProtocol" | "limits"> {
  return { secure, proxyProtocol, ...(limits && { limits }) };
}
