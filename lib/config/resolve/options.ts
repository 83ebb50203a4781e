/** The options of a route, from what holds there. */

import { parseCidr } from "../../net/cidr.ts";
import { plainOf } from "../file/node.ts";
import { formatPath } from "../file/place.ts";
import {
  parseCodings,
  parseFieldName,
  parseKeyPart,
  parseTypes,
  unlimited,
} from "../flag_values.ts";
import type {
  HeaderRule,
  ResolvedAuth,
  ResolvedCors,
  ResolvedLimit,
  ResolvedMaintenance,
  RouteCache,
  RouteOptions,
} from "../resolved_route.ts";
import { parseCount, parseDuration, parseRate, parseSize } from "../units.ts";
import { below, type Entry, isOff, type Layer, membersOf } from "./layers.ts";
import {
  cidrsOf,
  each,
  isTrue,
  numberOf,
  optionalPath,
  pathOf,
  read,
  readOptional,
  textOf,
  textsByName,
  textsOf,
  textsOr,
} from "./written_values.ts";

const MS_PER_SECOND = 1000;

/** The options of a route. */
export function optionsOf(layer: Layer): RouteOptions {
  const node = (key: string): Entry["node"] | undefined => layer.get(key)?.node;
  const duration = (
    key:
      | "timeout.connect"
      | "timeout.response"
      | "timeout.total"
      | "timeout.read"
      | "timeout.write"
      | "timeout.body"
      | "timeout.tunnel",
  ): number => read(node(key), parseDuration, key);
  return {
    headers: headerRulesOf(layer, "headers"),
    requestHeaders: headerRulesOf(layer, "requestHeaders"),
    security: isTrue(node("security")),
    cors: corsOf(node("cors")),
    serverTiming: isTrue(node("serverTiming")),
    forwarded: isTrue(node("forwarded")),
    cache: layer.has("cache") ? undefined : cacheOf(layer),
    compress: layer.has("compress") ? undefined : {
      codings: textsOr(node("compress.codings"), "compress.codings")
        .flatMap(parseCodings),
      bytesMin: read(node("compress.min"), parseSize, "compress.min"),
      types: readTypes(node("compress.types")),
    },
    bodyBytesMax: read(node("body"), unlimited(parseSize), "body"),
    timeouts: {
      connectMs: duration("timeout.connect"),
      responseMs: duration("timeout.response"),
      totalMs: duration("timeout.total"),
      readMs: duration("timeout.read"),
      writeMs: duration("timeout.write"),
      bodyMs: duration("timeout.body"),
      tunnelMs: duration("timeout.tunnel"),
    },
    ...accessOf(layer),
    errors: errorsOf(layer),
    maintenance: maintenanceOf(node("maintenance")),
  };
}

type Node = Entry["node"];

function readTypes(node: Node | undefined): string[] | undefined {
  return node === undefined ? undefined : textsOf(node).flatMap(parseTypes);
}

/** The rules of the headers of one direction: those that are set or removed, then those that are added. */
function headerRulesOf(
  layer: Layer,
  name: "headers" | "requestHeaders",
): HeaderRule[] {
  const rules = [...below(layer, name).values()].map(({ node, path }) =>
    headerRule(String(path.at(-1)), node)
  );
  return rules.toSorted((a, b) =>
    Number(a.action === "add") - Number(b.action === "add")
  );
}

/** The rule of one member of `headers`. */
export function headerRule(key: string, node: Node): HeaderRule {
  const value = plainOf(node);
  const name = key.replace(/^\+/, "");
  if (value === null) return { action: "remove", name, value: "" };
  return {
    action: key.startsWith("+") ? "add" : "set",
    name,
    value: String(value),
  };
}

function corsOf(node: Node | undefined): ResolvedCors | undefined {
  if (node === undefined || isOff(node)) return undefined;
  const members = membersOf(node);
  return {
    origins: textsOf(members.get("origins")),
    methods: textsOf(members.get("methods")),
    headers: textsOf(members.get("headers")),
    credentials: isTrue(members.get("credentials")),
    maxAgeMs: readOptional(members.get("maxAge"), parseDuration) ?? 0,
  };
}

/** What the cache does for a route. */
function cacheOf(layer: Layer): RouteCache {
  const at = (key: string): Node | undefined => layer.get(`cache.${key}`)?.node;
  const parts = textsOf(at("key")).map(parseKeyPart);
  const named = (kind: string): string[] =>
    parts.filter((part) => part.kind === kind).map(({ name }) => name);
  return {
    ttlMs: read(at("ttl"), parseDuration, "cache.ttl"),
    forceMs: read(at("force"), parseDuration, "cache.force"),
    staleMs: read(at("stale"), parseDuration, "cache.stale"),
    heuristicMaxMs: read(
      at("heuristicMax"),
      parseDuration,
      "cache.heuristicMax",
    ),
    targetedField: read(at("targetedField"), parseFieldName, { text: "" }),
    setCookie: read(
      at("setCookie"),
      String,
      "cache.setCookie",
    ) as RouteCache["setCookie"],
    query: queryOf(at("query")),
    keyParts: { fields: named("header"), cookies: named("cookie") },
    status: read(at("status"), String, "cache.status") as RouteCache["status"],
    purgeFrom: textsOr(at("purgeFrom"), "cache.purgeFrom")
      .filter((text) => text !== "off").map(parseCidr),
    passesTags: isTrue(at("tags")),
  };
}

function queryOf(node: Node | undefined): RouteCache["query"] {
  return node?.content.kind === "list"
    ? { names: textsOf(node) }
    : read(node, String, "cache.query") as "keep" | "ignore" | "sort";
}

function accessOf(
  layer: Layer,
): Pick<RouteOptions, "limits" | "allow" | "deny" | "auth" | "satisfy"> {
  const given = (key: string): Entry | undefined => {
    const entry = layer.get(key);
    return entry === undefined || isOff(entry.node) ? undefined : entry;
  };
  const allow = given("allow");
  return {
    limits: limitsOf(given("limit")),
    allow: allow === undefined ? undefined : cidrsOf(allow.node),
    deny: cidrsOf(given("deny")?.node),
    auth: authOf(given("auth")?.node),
    satisfy: read(layer.get("satisfy")?.node, String, "satisfy") as
      | "all"
      | "any",
  };
}

/** Limits, each with an id that tells where it is written: there it counts. */
function limitsOf(entry: Entry | undefined): ResolvedLimit[] {
  return each(entry?.node).map((node, index) => {
    const at = membersOf(node);
    const rate = readOptional(at.get("rate"), parseRate);
    const perSecond = rate === undefined
      ? 0
      : rate.count * MS_PER_SECOND / rate.periodMs;
    return {
      id: formatPath([...entry!.path, index]),
      rate,
      burst: readOptional(at.get("burst"), Number) ??
        Math.max(1, Math.floor(perSecond)),
      by: read(at.get("by"), byOf, "limit.by"),
      concurrent: readOptional(at.get("concurrent"), Number),
      queueMax: readOptional(at.get("queue"), parseCount) ?? 0,
      queueMs: readOptional(at.get("queueTimeout"), parseDuration) ?? 0,
      status: numberOf(at.get("status"), "limit.status"),
      dryRun: isTrue(at.get("dryRun")),
      shared: isTrue(at.get("shared")),
    };
  });
}

/** `header:X-Key` in lower case: names of headers have no case. */
export function byOf(text: string): string {
  return text.startsWith("header:") ? text.toLowerCase() : text;
}

function authOf(node: Node | undefined): ResolvedAuth | undefined {
  if (node === undefined) return undefined;
  const at = membersOf(node);
  const basic = at.get("basic");
  if (basic !== undefined) {
    return { kind: "basic", file: pathOf(basic), pass: isTrue(at.get("pass")) };
  }
  const forward = at.get("forward");
  if (forward !== undefined) {
    return {
      kind: "forward",
      url: textOf(forward),
      copy: textsOf(at.get("copy")).map(parseFieldName),
      timeoutMs: read(at.get("timeout"), parseDuration, "auth.timeout"),
    };
  }
  const jwt = membersOf(at.get("jwt"));
  const jwks = jwt.get("jwks")!;
  return {
    kind: "jwt",
    jwks: /^https?:/.test(textOf(jwks)) ? textOf(jwks) : pathOf(jwks),
    issuer: readOptional(jwt.get("issuer"), String),
    audiences: textsOf(jwt.get("audience")),
    algorithms: textsOr(jwt.get("algorithms"), "auth.jwt.algorithms"),
    skewMs: read(jwt.get("skew"), parseDuration, "auth.jwt.skew"),
    forward: textsByName(jwt.get("forward")),
  };
}

function errorsOf(layer: Layer): RouteOptions["errors"] {
  const pages: Record<string, string> = {};
  for (const [status, { node }] of below(layer, "errors")) {
    if (/^\d/.test(status)) pages[status] = pathOf(node);
  }
  return { pages, intercept: isTrue(layer.get("errors.intercept")?.node) };
}

function maintenanceOf(
  node: Node | undefined,
): ResolvedMaintenance | undefined {
  if (node === undefined || isOff(node)) return undefined;
  const at = membersOf(node);
  return {
    when: pathOf(at.get("when")!),
    page: optionalPath(at.get("page")),
    status: numberOf(at.get("status"), "maintenance.status"),
    retryAfterMs: readOptional(at.get("retryAfter"), parseDuration) ?? 0,
    except: cidrsOf(at.get("except")),
  };
}
