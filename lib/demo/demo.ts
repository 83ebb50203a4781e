/** The demo: its origins, and the file that the proxy in front of them runs by. */

import { formatSocketAddress, type SocketAddress } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { type DemoFolder, writeFolder } from "./folder.ts";
import { startDemoOrigin } from "./origin.ts";
import { startOrders } from "./orders.ts";
import { startShop } from "./shop.ts";

/**
 * Starts the demo's origins, which end with the program, and writes its folder.
 *
 * @param listen Where the proxy is to listen.
 * @param adminAddress Tells where its admin listener is, once it runs: `host:port`.
 * @throws {Error} if the folder cannot be written.
 */
export async function startDemo(
  listen: readonly SocketAddress[],
  clock: Clock,
  adminAddress: () => string | undefined,
): Promise<DemoFolder> {
  const written = Promise.withResolvers<DemoFolder>();
  const readConfiguration = async (): Promise<string> =>
    await Deno.readTextFile((await written.promise).file);
  const folder = await writeFolder({
    listen: listen.map(formatSocketAddress),
    admin: freeAddress(),
    guide: startDemoOrigin(clock, readConfiguration, adminAddress).url,
    shop: startShop(clock).url,
    orders: startOrders(clock).url,
  });
  written.resolve(folder);
  return folder;
}

/** An address of this machine that nobody listens on now; it is told before sluice does. */
function freeAddress(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `127.0.0.1:${listener.addr.port}`;
}
