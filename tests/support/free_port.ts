/**
 * Ports that nobody listens on, for what listens there later, or never.
 *
 * The system gives ports of a range of its own to whoever asks for any: to a listener on
 * port 0, and to each connection that is opened. A port of that range that is free now may
 * be another test's a moment later. Those below it are taken by number alone.
 */

/** The system's own begin above, on Linux at 32768. */
const FIRST = 16_384;
const COUNT = 16_000;

const given = new Set<number>();

/** Another port each time; see the module's comment. */
export function freePort(hostname = "127.0.0.1"): number {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port) || isTaken(hostname, port)) continue;
    given.add(port);
    return port;
  }
}

function isTaken(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return true;
    if (error instanceof Deno.errors.PermissionDenied) return true; // Windows keeps some
    throw error;
  }
}

/** The URL of an origin that nobody can connect to. */
export function refusingUrl(): string {
  return `http://127.0.0.1:${freePort()}`;
}
