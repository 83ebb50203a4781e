/** TLS to a listener of this very machine, as those speak it who look at how it does. */

import type { ClientSocket } from "./client_socket.ts";

/**
 * Speaks TLS on a connection to this machine: whose certificate there is does not
 * matter here.
 *
 * @param name The server name that is asked for; an address asks for none.
 * @throws {Error} The handshake fails.
 */
export async function secureOwn(
  socket: ClientSocket,
  name: string,
): Promise<ClientSocket> {
  // Loaded only here: most listeners speak plain HTTP.
  const { createClientContext } = await import("./tls_engine.ts");
  const { TlsSocket } = await import("./tls_socket.ts");
  const context = createClientContext({
    authorities: [],
    cert: undefined,
    key: undefined,
    insecure: true,
  });
  const tls = TlsSocket.ofServer(socket, context, name);
  await tls.handshake();
  return tls;
}
