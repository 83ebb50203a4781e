/**
 * The origin of the demo's API. It knows nothing of the `/v1` that its clients ask for,
 * and its report takes longer than anybody wants to wait.
 */

import type { Clock } from "../net/clock.ts";
import { type DemoOrigin, serveOrigin } from "./serve.ts";

/** How long the report takes, in ms. */
const REPORT_MS = 10_000;

/** Starts the API. */
export function startOrders(clock: Clock): DemoOrigin {
  return serveOrigin(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/report") await pass(clock, REPORT_MS, request.signal);
    return Response.json({
      path: pathname,
      host: request.headers.get("Host"),
      forwardedHost: request.headers.get("X-Forwarded-Host"),
    });
  });
}

/** Waits, or until whoever asked has gone. */
function pass(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    signal.addEventListener("abort", () => {
      cancel();
      resolve();
    });
  });
}
