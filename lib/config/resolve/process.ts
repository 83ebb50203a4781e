/** What concerns the process: listeners, limits, the log, the cache, certificates, admin. */

import type { SocketAddress } from "../../net/address.ts";
import type { LogFormat, LogSample } from "../../observe/access_log.ts";
import { parseListen } from "../address_values.ts";
import { defaultText } from "../defaults.ts";
import { pathFrom } from "../file/disk.ts";
import type { Node } from "../file/node.ts";
import {
  parseCacheSize,
  parseFieldName,
  parseObjectSize,
  parseSliceSize,
  unlimited,
  upTo,
} from "../flag_values.ts";
import { FIELD_COUNT_CEILING, HEAD_BYTES_CEILING } from "../flags.ts";
import type {
  ListenerLimits,
  ResolvedAdmin,
  ResolvedLimits,
  ResolvedListener,
  ResolvedLog,
  ResolvedProcessCache,
  ResolvedTls,
} from "../resolved.ts";
import {
  parseCount,
  parseDuration,
  parsePercent,
  parseSize,
} from "../units.ts";
import { parseOneHost } from "../written.ts";
import { isOff, membersOf } from "./layers.ts";
import {
  each,
  isTrue,
  numberOf,
  optionalPath,
  pathOf,
  read,
  readOptional,
  secretOf,
  textOf,
  textsOf,
} from "./written_values.ts";

const headSize = upTo(parseSize, HEAD_BYTES_CEILING);
const fieldCount = upTo(parseCount, FIELD_COUNT_CEILING);

/** Where to listen. */
export function listenersOf(
  listen: Node | undefined,
  limits: Node | undefined,
): ResolvedListener[] {
  const at = membersOf(listen);
  if (listen === undefined) {
    const address = parseListen(defaultText("listen"));
    return [listener(address, false, false, clientLimits(limits))];
  }
  const of = (node: Node | undefined, secure: boolean): ResolvedListener[] =>
    each(node).map((one) => listenerOf(one, secure, limits));
  return at.has("http") || at.has("https")
    ? [...of(at.get("http"), false), ...of(at.get("https"), true)]
    : of(listen, false);
}

function listenerOf(
  node: Node,
  secure: boolean,
  limits: Node | undefined,
): ResolvedListener {
  const at = membersOf(node);
  return listener(
    addressOf(at.get("address") ?? node),
    secure,
    isTrue(at.get("proxyProtocol")),
    clientLimits(limits, at.get("limits")),
  );
}

function listener(
  address: SocketAddress,
  secure: boolean,
  proxyProtocol: boolean,
  limits: ListenerLimits,
): ResolvedListener {
  return { address, secure, proxyProtocol, limits };
}

/** An address; a Unix socket's path is relative to the file. */
function addressOf(node: Node): SocketAddress {
  const address = parseListen(textOf(node));
  return address.transport === "unix"
    ? { ...address, path: pathFrom(node.source.folder, address.path) }
    : address;
}

/** The limits of a listener: its own before those at the top. */
function clientLimits(
  top: Node | undefined,
  own?: Node,
): ListenerLimits {
  const at = (key: string): Node | undefined =>
    membersOf(own).get(key) ?? membersOf(top).get(key);
  return {
    headBytesMax: read(at("maxHead"), headSize, "limits.maxHead"),
    targetBytesMax: read(at("maxTarget"), headSize, "limits.maxTarget"),
    fieldCountMax: read(at("maxFields"), fieldCount, "limits.maxFields"),
    connectionsMax: read(
      at("maxConnections"),
      unlimited(parseCount),
      "limits.maxConnections",
    ),
    perClient: {
      connectionsMax: read(
        at("maxConnectionsPerClient"),
        unlimited(parseCount),
        "limits.maxConnectionsPerClient",
      ),
      holdsForLoopback: at("maxConnectionsPerClient") !== undefined,
    },
    headerMs: read(at("headerTimeout"), parseDuration, "limits.headerTimeout"),
    idleMs: read(at("idleTimeout"), parseDuration, "limits.idleTimeout"),
    uploadRate: {
      bytesPerSecond: read(
        at("minUploadRate"),
        parseSize,
        "limits.minUploadRate",
      ),
      graceMs: read(
        at("minUploadGrace"),
        parseDuration,
        "limits.minUploadGrace",
      ),
    },
  };
}

/** What concerns connections and heads. */
export function limitsOf(limits: Node | undefined): ResolvedLimits {
  const at = membersOf(limits);
  return {
    ...clientLimits(limits),
    responseHeadBytesMax: read(
      at.get("maxResponseHead"),
      headSize,
      "limits.maxResponseHead",
    ),
    responseFieldCountMax: read(
      at.get("maxResponseFields"),
      fieldCount,
      "limits.maxResponseFields",
    ),
    tunnelsMax: read(
      at.get("maxTunnels"),
      unlimited(parseCount),
      "limits.maxTunnels",
    ),
  };
}

/** The access log. */
export function logOf(log: Node | undefined): ResolvedLog {
  const at = membersOf(log);
  return {
    file: optionalPath(at.get("file")),
    format: read(at.get("format"), String, "log.format") as LogFormat,
    requestId: readOptional(at.get("requestId"), String),
    fields: textsOf(at.get("fields")).map(parseFieldName),
    skip: textsOf(at.get("skip")),
    sample: sampleOf(at.get("sample")),
  };
}

/** Of how many requests there is a line; undefined for all. */
function sampleOf(sample: Node | undefined): LogSample | undefined {
  if (sample === undefined) return undefined;
  const at = membersOf(sample);
  const rate = at.get("rate") ?? sample;
  return {
    rate: parsePercent(textOf(rate)) / 100,
    slowMs: read(at.get("slow"), parseDuration, "log.sample.slow"),
  };
}

/** The cache of the process: an object is no larger than it. */
export function processCacheOf(cache: Node | undefined): ResolvedProcessCache {
  const at = membersOf(cache);
  const bytesMax = read(at.get("memory"), parseCacheSize, "cache.memory");
  const object = read(at.get("maxObject"), parseObjectSize, "cache.maxObject");
  const disk = membersOf(at.get("disk"));
  const shared = membersOf(at.get("shared"));
  const sharedTls = membersOf(shared.get("tls"));
  return {
    bytesMax,
    objectBytesMax: Math.min(object, bytesMax),
    sliceBytes: read(at.get("slice"), parseSliceSize, "cache.slice"),
    disk: disk.size === 0 ? undefined : {
      path: pathOf(disk.get("path")!),
      bytesMax: parseObjectSize(textOf(disk.get("size")!)),
      objectBytesMax: read(
        disk.get("maxObject"),
        parseObjectSize,
        "cache.disk.maxObject",
      ),
      admit: numberOf(disk.get("admit"), "cache.disk.admit"),
    },
    shared: shared.size === 0 ? undefined : {
      url: textOf(shared.get("url")!),
      prefix: readOptional(shared.get("prefix"), String) ?? "",
      timeoutMs: read(
        shared.get("timeout"),
        parseDuration,
        "cache.shared.timeout",
      ),
      ...(sharedTls.size === 0 ? {} : { tls: sharedTlsOf(sharedTls) }),
    },
  };
}

function sharedTlsOf(
  at: ReadonlyMap<string, Node>,
): NonNullable<NonNullable<ResolvedProcessCache["shared"]>["tls"]> {
  return {
    ca: each(at.get("ca")).map(pathOf),
    name: readOptional(at.get("name"), String),
    cert: optionalPath(at.get("cert")),
    key: optionalPath(at.get("key")),
  };
}

/** Certificates. */
export function tlsOf(tls: Node | undefined): ResolvedTls | undefined {
  if (tls === undefined) return undefined;
  const at = membersOf(tls);
  const acme = at.get("acme");
  const ofAcme = membersOf(acme);
  const eab = membersOf(ofAcme.get("eab"));
  return {
    internal: tls.content.kind === "scalar",
    certificates: each(at.get("certificates")).map((node) => {
      const pair = membersOf(node);
      return {
        cert: pathOf(pair.get("cert") ?? node),
        key: optionalPath(pair.get("key")),
      };
    }),
    acme: acme === undefined ? undefined : {
      email: readOptional(ofAcme.get("email"), String),
      directory: readOptional(ofAcme.get("directory"), String),
      ca: optionalPath(ofAcme.get("ca")),
      storage: optionalPath(ofAcme.get("storage")),
      eab: eab.size === 0 ? undefined : {
        kid: textOf(eab.get("kid")!),
        key: secretOf(eab.get("key")!),
      },
    },
    hstsMs: readOptional(at.get("hsts"), parseDuration) ?? 0,
    redirect: isTrue(at.get("redirect"), true),
    unknown: read(at.get("unknown"), String, { text: "default" }) as
      | "default"
      | "refuse",
    minVersion: read(at.get("minVersion"), String, { text: "1.2" }) as
      | "1.2"
      | "1.3",
  };
}

/** The admin listener; undefined if there is none. */
export function adminOf(admin: Node | undefined): ResolvedAdmin | undefined {
  if (admin === undefined || isOff(admin)) return undefined;
  const at = membersOf(admin);
  const token = at.get("token");
  return {
    address: addressOf(at.get("listen")!),
    token: token === undefined ? undefined : secretOf(token),
    hosts: textsOf(at.get("hosts")).map(parseOneHost),
  };
}
