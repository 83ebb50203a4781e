/**
 * How an origin of the demo listens. It stands behind the proxy and is not part of it,
 * so it is built on the runtime's own server.
 */

/** A running origin of the demo. */
export interface DemoOrigin {
  /** Where it listens: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Stops it. */
  close(): Promise<void>;
}

/** Starts an origin on a free port of the loopback interface. */
export function serveOrigin(
  answer: (request: Request) => Response | Promise<Response>,
): DemoOrigin {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen(): void {}, // the proxy says where it is; this is its own affair
  }, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    close: () => server.shutdown(),
  };
}
