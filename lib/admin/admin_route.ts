/** How requests to the admin listener are handled: as any other, by one route with small bounds. */

import { ROW } from "../observe/metrics/layout.ts";
import type { ConnectionOptions } from "../client/connection_options.ts";
import { Generation } from "../exchange/generation.ts";
import type { Route } from "../exchange/route.ts";
import type { Handler } from "../handlers/handler.ts";
import { bytesOf } from "../http/bytes.ts";
import type { CurrentGeneration, RoutePhases } from "../proxy/phases.ts";
import { CONTENT_BYTES_MAX } from "./request_content.ts";

/** Connections at the same time: for one more, the longest idle one is closed. */
export const ADMIN_CONNECTIONS_MAX = 64;
/** For a client to take what is written to it, in ms. */
const WRITE_MS = 10_000;

/** What holds for connections to the admin listener. */
export const ADMIN_CONNECTION: ConnectionOptions = {
  headLimits: {
    // The target of a request has another request in it, which is to be explained.
    headBytesMax: 64 * 1024,
    targetBytesMax: 48 * 1024,
    fieldCountMax: 100,
  },
  headerMs: 10_000,
  idleMs: 60_000,
  trustedProxies: [],
  clientAddress: "",
};

/** The one route: it asks nobody, stores nothing, and takes every host and path. */
const ROUTE: Route = {
  name: "",
  meterRow: ROW.None,
  origin: { authority: "" },
  hostHeader: { from: "client", text: "" },
  forwarded: false,
  requestRules: [],
  responseRules: [],
  responseLimits: { headBytesMax: 0, targetBytesMax: 0, fieldCountMax: 0 },
  coding: undefined,
  cache: undefined,
  contentBytesMax: CONTENT_BYTES_MAX,
  uploadRate: { bytesPerSecond: 0, graceMs: 0 },
  timeouts: {
    bodyMs: WRITE_MS,
    writeMs: WRITE_MS,
    responseMs: 0,
    totalMs: 0,
    readMs: 0,
    tunnelMs: 0,
  },
  upstream: undefined,
  rewrite: undefined,
  publicMapping: undefined,
  plainMapping: undefined,
  needsFacts: false,
  madeResponseRules: [],
  cacheSpaces: [{ scope: bytesOf(""), queryUse: "keep" }],
  urlSpaces: [],
};

/** What every request to the admin listener goes by. */
export function adminGeneration(handle: Handler): CurrentGeneration {
  const value: RoutePhases = { route: ROUTE, access: [], handle };
  const router = {
    needsClient: false,
    cacheSpaces: [],
    take: () => ({ value }),
    fallbackOf: () => ROUTE,
  };
  return {
    current: new Generation(1, router, ROUTE, new Map()),
    proofs: new Map(),
  };
}
