/** The flags of a command line as the same configuration as a file's: one host `*`, one route. */

import { formatOriginAddress } from "../net/address.ts";
import type { FieldRule } from "../http/field_rule.ts";
import { textOf } from "../http/bytes.ts";
import { DEFAULTS } from "./defaults.ts";
import { parseSliceSize } from "./flag_values.ts";
import type { FlagName, FlagValues } from "./flags.ts";
import type { ListenerLimits, Origins, ResolvedConfig } from "./resolved.ts";
import type { HeaderRule, RouteCache, RouteOptions } from "./resolved_route.ts";
import type { ResolvedUpstream } from "./resolved_upstream.ts";
import { parseDuration } from "./units.ts";

/** By flag: the key that says the same in a file. */
const KEYS: Readonly<Partial<Record<FlagName, string>>> = {
  "listen": "listen",
  "workers": "workers",
  "drain-timeout": "drain",
  "trust-proxy": "trustedProxies",
  "log-format": "log.format",
  "admin": "admin",
  "max-head": "limits.maxHead",
  "max-fields": "limits.maxFields",
  "max-target": "limits.maxTarget",
  "max-response-head": "limits.maxResponseHead",
  "max-response-fields": "limits.maxResponseFields",
  "max-connections": "limits.maxConnections",
  "max-connections-per-client": "limits.maxConnectionsPerClient",
  "max-tunnels": "limits.maxTunnels",
  "min-upload-rate": "limits.minUploadRate",
  "min-upload-grace": "limits.minUploadGrace",
  "header-timeout": "limits.headerTimeout",
  "idle-timeout": "limits.idleTimeout",
  "cache-size": "cache.memory",
  "cache-max-object": "cache.maxObject",
};

/** The same for options of a route. */
const ROUTE_KEYS: Readonly<Partial<Record<FlagName, string>>> = {
  "host-header": "host",
  "forwarded": "forwarded",
  "request-header": "requestHeaders",
  "response-header": "headers",
  "no-cache": "cache",
  "cache-default-ttl": "cache.ttl",
  "cache-heuristic-max": "cache.heuristicMax",
  "cache-set-cookie": "cache.setCookie",
  "cache-targeted-field": "cache.targetedField",
  "cache-key": "cache.key",
  "cache-status": "cache.status",
  "cache-tags": "cache.tags",
  "purge-from": "cache.purgeFrom",
  "compress": "compress.codings",
  "compress-min": "compress.min",
  "compress-types": "compress.types",
  "max-body": "body",
  "body-timeout": "timeout.body",
  "write-timeout": "timeout.write",
  "connect-timeout": "timeout.connect",
  "response-timeout": "timeout.response",
  "read-timeout": "timeout.read",
  "tunnel-timeout": "timeout.tunnel",
};

/**
 * The configuration of a command line.
 *
 * @param given The flags that were on it.
 */
export function fromFlags(
  values: FlagValues,
  given: ReadonlySet<FlagName>,
): ResolvedConfig {
  const upstream = upstreamOf(values);
  const limits = listenerLimitsOf(values);
  const options = optionsOf(values);
  return {
    files: [],
    listen: values.listen.map((address) => ({
      address,
      secure: false,
      proxyProtocol: false,
      limits,
    })),
    workers: values.workers,
    drainMs: values["drain-timeout"],
    trustedProxies: values["trust-proxy"].flat(),
    clientAddress: "",
    limits: {
      ...limits,
      responseHeadBytesMax: values["max-response-head"],
      responseFieldCountMax: values["max-response-fields"],
      tunnelsMax: values["max-tunnels"],
    },
    log: {
      file: undefined,
      format: values["log-format"],
      requestId: undefined,
      fields: [],
      skip: [],
      sample: undefined,
    },
    cache: {
      bytesMax: values["no-cache"] ? 0 : values["cache-size"],
      objectBytesMax: Math.min(
        values["cache-max-object"],
        values["cache-size"],
      ),
      sliceBytes: parseSliceSize(DEFAULTS["cache.slice"]),
      disk: undefined,
      shared: undefined,
    },
    tls: undefined,
    admin: values.admin &&
      { address: values.admin, token: undefined, hosts: [] },
    upstreams: new Map([[upstream.name, upstream]]),
    hosts: [{
      key: "*",
      names: ["*"],
      tls: undefined,
      options,
      routes: [{
        pattern: "/",
        when: undefined,
        handler: {
          kind: "proxy",
          upstream: upstream.name,
          host: values["host-header"],
          rewrite: undefined,
        },
        options,
        from: originsOf(given, ROUTE_KEYS),
        place: given.has("upstream") ? "--upstream" : "default",
      }],
    }],
    options,
    from: originsOf(given, KEYS),
  };
}

function originsOf(
  given: ReadonlySet<FlagName>,
  keys: Readonly<Partial<Record<FlagName, string>>>,
): Origins {
  return Object.fromEntries(
    [...given].flatMap((name) => {
      const key = keys[name];
      return key === undefined ? [] : [[key, `--${name}`]];
    }),
  );
}

function listenerLimitsOf(values: FlagValues): ListenerLimits {
  return {
    headBytesMax: values["max-head"],
    targetBytesMax: values["max-target"],
    fieldCountMax: values["max-fields"],
    connectionsMax: values["max-connections"],
    perClient: values["max-connections-per-client"],
    headerMs: values["header-timeout"],
    idleMs: values["idle-timeout"],
    uploadRate: {
      bytesPerSecond: values["min-upload-rate"],
      graceMs: values["min-upload-grace"],
    },
  };
}

/** The one upstream, of one server: it is never ejected, and a request is tried again as it always was. */
function upstreamOf(values: FlagValues): ResolvedUpstream {
  const address = values.upstream;
  const scheme = address.secure ? "https://" : "http://";
  const text = formatOriginAddress(address);
  return {
    name: text.startsWith("unix:") ? text : scheme + text,
    servers: [{
      address,
      weight: DEFAULTS["upstream.weight"],
      percent: undefined,
      backup: false,
      drain: false,
      when: undefined,
    }],
    balance: DEFAULTS["upstream.balance"],
    hashBy: "",
    sticky: undefined,
    health: undefined,
    eject: {
      failures: DEFAULTS["upstream.eject.failures"],
      forMs: parseDuration(DEFAULTS["upstream.eject.for"]),
      maxMs: parseDuration(DEFAULTS["upstream.eject.max"]),
    },
    retry: {
      tries: DEFAULTS["upstream.retry.tries"],
      forMs: parseDuration(DEFAULTS["upstream.retry.for"]),
      on: DEFAULTS["upstream.retry.on"].split(", "),
      budgetPercent: parseFloat(DEFAULTS["upstream.retry.budget"]),
    },
    connections: {
      connectionsMax: values["upstream-max"],
      idleMax: values["upstream-max-idle"],
      queueMax: values["upstream-queue"],
      queueMs: values["upstream-queue-timeout"],
    },
    idleMs: values["upstream-idle-timeout"],
    slowStartMs: 0,
    mirror: undefined,
    proxyProtocol: false,
    tls: {
      ca: values["upstream-ca"],
      name: undefined,
      cert: undefined,
      key: undefined,
      insecure: false,
    },
    host: values["host-header"],
  };
}

function optionsOf(values: FlagValues): RouteOptions {
  const { compress } = values;
  const types = values["compress-types"];
  return {
    headers: values["response-header"].map(headerRule),
    requestHeaders: values["request-header"].map(headerRule),
    security: false,
    cors: undefined,
    serverTiming: false,
    forwarded: values.forwarded,
    cache: values["no-cache"] ? undefined : cacheOf(values),
    compress: compress.length === 0 ? undefined : {
      codings: compress,
      bytesMin: values["compress-min"],
      types: types.length > 0 ? types : undefined,
    },
    bodyBytesMax: values["max-body"],
    timeouts: {
      connectMs: values["connect-timeout"],
      responseMs: values["response-timeout"],
      totalMs: 0,
      readMs: values["read-timeout"],
      writeMs: values["write-timeout"],
      bodyMs: values["body-timeout"],
      tunnelMs: values["tunnel-timeout"],
    },
    limits: [],
    allow: undefined,
    deny: [],
    auth: undefined,
    satisfy: DEFAULTS.satisfy,
    errors: { pages: {}, intercept: DEFAULTS["errors.intercept"] },
    maintenance: undefined,
  };
}

function cacheOf(values: FlagValues): RouteCache {
  const parts = values["cache-key"];
  const named = (kind: string): string[] =>
    parts.filter((part) => part.kind === kind).map(({ name }) => name);
  return {
    ttlMs: values["cache-default-ttl"],
    forceMs: 0,
    staleMs: 0,
    heuristicMaxMs: values["cache-heuristic-max"],
    targetedField: values["cache-targeted-field"],
    setCookie: values["cache-set-cookie"],
    query: named("no-query").length > 0
      ? "ignore"
      : named("sort-query").length > 0
      ? "sort"
      : "keep",
    keyParts: { fields: named("header"), cookies: named("cookie") },
    status: values["cache-status"],
    purgeFrom: values["purge-from"].flat(),
    passesTags: values["cache-tags"],
  };
}

/** The rule of a flag. Braces in its value stand for themselves: a flag has no templates. */
function headerRule({ action: kind, line, name }: FieldRule): HeaderRule {
  const action = kind === "default" ? "set" : kind; // no flag is one
  const text = textOf(line, 0, line.length).replace(/\r\n$/, "");
  const colon = text.indexOf(": ");
  if (colon < 0) return { action, name, value: "" };
  const value = text.slice(colon + 2);
  return {
    action,
    name: text.slice(0, colon),
    value: value.replaceAll("{", "{{").replaceAll("}", "}}"),
  };
}
