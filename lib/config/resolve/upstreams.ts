/** The upstreams: those with a name, and those that a route has itself. */

import { formatOriginAddress } from "../../net/address.ts";
import { parseUpstream } from "../address_values.ts";
import type { Node } from "../file/node.ts";
import { pathFrom } from "../file/disk.ts";
import type {
  ResolvedHealth,
  ResolvedServer,
  ResolvedUpstream,
} from "../resolved_upstream.ts";
import { parseDuration, parsePercent } from "../units.ts";
import { parseStatusRanges } from "../written.ts";
import { isOff, membersOf } from "./layers.ts";
import { byOf } from "./options.ts";
import {
  each,
  hostHeaderOf,
  isTrue,
  numberOf,
  optionalPath,
  pathOf,
  read,
  readOptional,
  secretOf,
  textOf,
  textsByName,
  textsOr,
  whenOf,
} from "./written_values.ts";
import { fnvText } from "../../http/fnv.ts";

/** The name of the upstream that a text stands for: `http://a` as `http://a:80`. */
type NameOf = (node: Node) => string;

/**
 * An upstream.
 *
 * @param node Its object, or the URL or URLs of its servers.
 * @param mirrorName Finds the upstream that gets copies.
 */
export function upstreamOf(
  name: string,
  node: Node,
  mirrorName: NameOf,
): ResolvedUpstream {
  const at = membersOf(node);
  const servers = at.get("servers") ?? node;
  const balance = read(at.get("balance"), String, "upstream.balance");
  const mirror = at.get("mirror");
  return {
    name,
    servers: each(servers).map(serverOf),
    balance: balance as ResolvedUpstream["balance"],
    hashBy: readOptional(at.get("hashBy"), byOf) ?? "",
    sticky: stickyOf(at.get("sticky")),
    health: healthOf(at.get("health")),
    eject: ejectOf(at.get("eject")),
    retry: retryOf(at.get("retry")),
    connections: connectionsOf(at.get("connections")),
    idleMs: read(at.get("keepAlive"), parseDuration, "upstream.keepAlive"),
    slowStartMs: readOptional(at.get("slowStart"), parseDuration) ?? 0,
    mirror: mirror === undefined ? undefined : {
      upstream: mirrorName(membersOf(mirror).get("to")!),
      percent: read(membersOf(mirror).get("percent"), parsePercent, {
        text: "100%",
      }),
    },
    proxyProtocol: isTrue(at.get("proxyProtocol")),
    tls: tlsOf(at.get("tls")),
    host: hostHeaderOf(at.get("host")),
  };
}

/**
 * A name for an upstream that has none: what it is, so that the same one at two routes
 * is one, and is the same after a reload.
 */
export function nameFor(upstream: ResolvedUpstream, plain: unknown): string {
  const servers = upstream.servers.map(({ address }) =>
    `${address.secure ? "https" : "http"}://${formatOriginAddress(address)}`
      .replace(/^http:\/\/unix:/, "unix:")
  ).join(",");
  const isOnlyServers = typeof plain !== "object" || Array.isArray(plain);
  return isOnlyServers
    ? servers
    : `${servers}#${fnvText(JSON.stringify({ ...upstream, name: "" }))}`;
}

function serverOf(node: Node): ResolvedServer {
  const at = membersOf(node);
  const url = at.get("url") ?? node;
  return {
    address: parseUpstream(withFolder(url)),
    weight: numberOf(at.get("weight"), "upstream.weight"),
    percent: readOptional(at.get("percent"), parsePercent),
    backup: isTrue(at.get("backup")),
    drain: isTrue(at.get("drain")),
    when: whenOf(at.get("when")),
  };
}

/** A Unix socket's path is relative to the file, too. */
function withFolder(url: Node): string {
  const text = textOf(url);
  return text.startsWith("unix:")
    ? `unix:${pathFrom(url.source.folder, text.slice("unix:".length))}`
    : text;
}

function stickyOf(node: Node | undefined): ResolvedUpstream["sticky"] {
  if (node === undefined) return undefined;
  const at = membersOf(node);
  const secret = at.get("secret");
  return {
    cookie: textOf(at.get("cookie")!),
    ttlMs: readOptional(at.get("ttl"), parseDuration) ?? 0,
    secret: secret === undefined ? undefined : secretOf(secret),
  };
}

function healthOf(node: Node | undefined): ResolvedHealth | undefined {
  if (node === undefined || isOff(node)) return undefined;
  const at = membersOf(node);
  const host = at.get("host");
  const everyMs = read(at.get("every"), parseDuration, "upstream.health.every");
  if (everyMs === 0) return undefined;
  return {
    path: read(at.get("path"), String, { text: "/" }),
    everyMs,
    timeoutMs: read(
      at.get("timeout"),
      parseDuration,
      "upstream.health.timeout",
    ),
    fall: numberOf(at.get("fall"), "upstream.health.fall"),
    rise: numberOf(at.get("rise"), "upstream.health.rise"),
    statuses: textsOr(at.get("status"), "upstream.health.status")
      .flatMap(parseStatusRanges),
    host: host === undefined ? undefined : hostHeaderOf(host),
    headers: textsByName(at.get("headers")),
    body: readOptional(at.get("body"), String),
  };
}

function ejectOf(node: Node | undefined): ResolvedUpstream["eject"] {
  if (node !== undefined && isOff(node)) return undefined;
  const at = membersOf(node);
  return {
    failures: numberOf(at.get("failures"), "upstream.eject.failures"),
    forMs: read(at.get("for"), parseDuration, "upstream.eject.for"),
    maxMs: read(at.get("max"), parseDuration, "upstream.eject.max"),
  };
}

function retryOf(node: Node | undefined): ResolvedUpstream["retry"] {
  if (node !== undefined && isOff(node)) return undefined;
  const at = membersOf(node);
  return {
    tries: numberOf(at.get("tries"), "upstream.retry.tries"),
    forMs: read(at.get("for"), parseDuration, "upstream.retry.for"),
    on: textsOr(at.get("on"), "upstream.retry.on"),
    budgetPercent: read(
      at.get("budget"),
      parsePercent,
      "upstream.retry.budget",
    ),
  };
}

function connectionsOf(
  node: Node | undefined,
): ResolvedUpstream["connections"] {
  const at = membersOf(node);
  return {
    connectionsMax: numberOf(at.get("max"), "upstream.connections.max"),
    idleMax: numberOf(at.get("idle"), "upstream.connections.idle"),
    queueMax: numberOf(at.get("queue"), "upstream.connections.queue"),
    queueMs: read(
      at.get("queueTimeout"),
      parseDuration,
      "upstream.connections.queueTimeout",
    ),
  };
}

function tlsOf(node: Node | undefined): ResolvedUpstream["tls"] {
  const at = membersOf(node);
  return {
    ca: each(at.get("ca")).map(pathOf),
    name: readOptional(at.get("name"), String),
    cert: optionalPath(at.get("cert")),
    key: optionalPath(at.get("key")),
    insecure: isTrue(at.get("insecure")),
  };
}
