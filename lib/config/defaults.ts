/**
 * What holds where a configuration file says nothing: once, as the text that a user
 * would write. What a flag sets too has the flag's default.
 */

import { type FlagName, FLAGS } from "./flags.ts";

function ofFlag(name: FlagName): string {
  const { fallback } = FLAGS[name];
  if (fallback === undefined) throw new Error(`--${name} has no default`);
  return fallback;
}

/** The defaults by the path of the key; at a route, an upstream (`upstream.…`) or the top. */
export const DEFAULTS = {
  "listen": ofFlag("listen"),
  "workers": ofFlag("workers"),
  "drain": ofFlag("drain-timeout"),

  "limits.maxHead": ofFlag("max-head"),
  "limits.maxFields": ofFlag("max-fields"),
  "limits.maxTarget": ofFlag("max-target"),
  "limits.maxResponseHead": ofFlag("max-response-head"),
  "limits.maxResponseFields": ofFlag("max-response-fields"),
  "limits.maxConnections": ofFlag("max-connections"),
  "limits.maxConnectionsPerClient": "256",
  "limits.maxTunnels": ofFlag("max-tunnels"),
  "limits.minUploadRate": ofFlag("min-upload-rate"),
  "limits.minUploadGrace": ofFlag("min-upload-grace"),
  "limits.headerTimeout": ofFlag("header-timeout"),
  "limits.idleTimeout": ofFlag("idle-timeout"),

  "log.format": ofFlag("log-format"),
  "log.sample.slow": "1s",

  "cache.memory": ofFlag("cache-size"),
  "cache.maxObject": ofFlag("cache-max-object"),
  "cache.ttl": ofFlag("cache-default-ttl"),
  "cache.force": "off",
  "cache.stale": "off",
  "cache.heuristicMax": ofFlag("cache-heuristic-max"),
  "cache.query": "keep",
  "cache.status": ofFlag("cache-status"),
  "cache.setCookie": ofFlag("cache-set-cookie"),
  "cache.tags": false,
  "cache.purgeFrom": ofFlag("purge-from"),
  "cache.slice": "off",
  "cache.disk.maxObject": "1GiB",
  "cache.disk.admit": 2,
  "cache.shared.timeout": "20ms",

  "compress.codings": ofFlag("compress"),
  "compress.min": ofFlag("compress-min"),

  "body": ofFlag("max-body"),
  "timeout.connect": ofFlag("connect-timeout"),
  "timeout.response": ofFlag("response-timeout"),
  "timeout.total": "off",
  "timeout.read": ofFlag("read-timeout"),
  "timeout.write": ofFlag("write-timeout"),
  "timeout.body": ofFlag("body-timeout"),
  "timeout.tunnel": ofFlag("tunnel-timeout"),
  "errors.intercept": false,
  "satisfy": "all",

  "host": ofFlag("host-header"),
  "redirect.status": 308,
  "files.index": "index.html",
  "maintenance.status": 503,

  "upstream.balance": "least-requests",
  "upstream.weight": 1,
  "upstream.connections.max": ofFlag("upstream-max"),
  "upstream.connections.idle": ofFlag("upstream-max-idle"),
  "upstream.connections.queue": ofFlag("upstream-queue"),
  "upstream.connections.queueTimeout": ofFlag("upstream-queue-timeout"),
  "upstream.keepAlive": ofFlag("upstream-idle-timeout"),
  "upstream.health.every": "5s",
  "upstream.health.timeout": "2s",
  "upstream.health.fall": 3,
  "upstream.health.rise": 2,
  "upstream.health.status": "2xx-3xx",
  "upstream.eject.failures": 5,
  "upstream.eject.for": "10s",
  "upstream.eject.max": "5m",
  "upstream.retry.tries": 1,
  "upstream.retry.for": "0",
  "upstream.retry.on": "connect, reset, timeout",
  "upstream.retry.budget": "20%",

  "limit.by": "client",
  "limit.status": 429,
  "auth.timeout": "5s",
  "auth.jwt.algorithms": "RS256, ES256, EdDSA",
  "auth.jwt.skew": "60s",
} as const;

/** The path of a key that has a default. */
export type DefaultKey = keyof typeof DEFAULTS;

/** The default as text. */
export function defaultText(key: DefaultKey): string {
  return String(DEFAULTS[key]);
}
