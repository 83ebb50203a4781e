/**
 * What a reload changes, in words: one line for each thing that came, went or is
 * another one. Secrets are not shown.
 *
 * A change that all routes of a host have in common is one line, and so is one that
 * all routes have: a new default does not make a line for each route.
 */

import type {
  ResolvedConfig,
  ResolvedHost,
  ResolvedListener,
  ResolvedRoute,
} from "./resolved.ts";
import type { ResolvedUpstream } from "./resolved_upstream.ts";
import {
  isSameValue,
  listChange,
  shown,
  valueChanges,
} from "./value_changes.ts";

/** The lines of one reload in the log; the rest is counted. */
const LINES_MAX = 20;

/**
 * What differs between two configurations, in the order of a file.
 *
 * @returns Lines such as `+ host b.example` or `~ a.example /api: cache 5m → off`; none
 *   if they are the same.
 */
export function configDiff(
  before: ResolvedConfig,
  after: ResolvedConfig,
  linesMax: number = LINES_MAX,
): string[] {
  const lines = [
    ...listenChanges(before, after),
    ...processChanges(before, after),
    ...upstreamChanges(before, after),
    ...hostChanges(before, after),
  ];
  const more = lines.length - linesMax;
  return more <= 0 ? lines : [...lines.slice(0, linesMax), `and ${more} more`];
}

/**
 * What a running process cannot change, and is changed: memory and threads are given
 * out at the start, and one process owns a folder on disk.
 *
 * @returns Lines such as `workers 2 → 4`; if there are any, the reload is refused whole.
 */
export function restartReasons(
  before: ResolvedConfig,
  after: ResolvedConfig,
): string[] {
  return [
    ...valueChanges("workers", before.workers, after.workers),
    ...valueChanges(
      "cache.bytesMax",
      before.cache.bytesMax,
      after.cache.bytesMax,
    ),
    ...valueChanges(
      "cache.objectBytesMax",
      before.cache.objectBytesMax,
      after.cache.objectBytesMax,
    ),
    ...valueChanges(
      "cache.sliceBytes",
      before.cache.sliceBytes,
      after.cache.sliceBytes,
    ),
    ...valueChanges(
      "cache.disk.path",
      before.cache.disk?.path,
      after.cache.disk?.path,
    ),
    ...valueChanges(
      "cache.shared",
      before.cache.shared,
      after.cache.shared,
    ),
    ...(before.cache.disk === undefined || after.cache.disk === undefined
      ? []
      : [
        ...valueChanges(
          "cache.disk.objectBytesMax",
          before.cache.disk.objectBytesMax,
          after.cache.disk.objectBytesMax,
        ),
        ...valueChanges(
          "cache.disk.admit",
          before.cache.disk.admit,
          after.cache.disk.admit,
        ),
      ]),
  ];
}

function changed(what: string, changes: readonly string[]): string[] {
  return changes.map((change) => `~ ${what}${change}`);
}

function listenChanges(
  before: ResolvedConfig,
  after: ResolvedConfig,
): string[] {
  const [old, now] = [before, after].map(({ listen }) =>
    new Map(listen.map((listener) => [shown(listener.address), listener]))
  ) as [Map<string, ResolvedListener>, Map<string, ResolvedListener>];
  const addresses = isSameValue([...old.keys()].sort(), [...now.keys()].sort())
    ? []
    : [`~ listen: ${listChange([...old.keys()], [...now.keys()])}`];
  const others = [...now].flatMap(([address, listener]) => {
    const known = old.get(address);
    if (known === undefined) return [];
    return changed(
      `listen ${address}: `,
      valueChanges("", ownOf(known, before), ownOf(listener, after)),
    );
  });
  return [...addresses, ...others];
}

/** What a listener has that is not what the top says. */
function ownOf(
  { secure, proxyProtocol, limits }: ResolvedListener,
  config: ResolvedConfig,
): Record<string, unknown> {
  const top: Readonly<Record<string, unknown>> = { ...config.limits };
  const own = Object.entries(limits).filter(([key, value]) =>
    !isSameValue(value, top[key])
  );
  return {
    "tls": secure,
    proxyProtocol,
    limits: Object.fromEntries(own),
  };
}

function processChanges(
  before: ResolvedConfig,
  after: ResolvedConfig,
): string[] {
  const [old, now] = [before, after].map((config) => {
    const {
      files: _,
      listen: __,
      upstreams: ___,
      hosts: ____,
      from: _____,
      options: ______, // routes inherit them
      ...rest
    } = config;
    return rest;
  });
  return changed("", valueChanges("", old, now));
}

function upstreamChanges(
  before: ResolvedConfig,
  after: ResolvedConfig,
): string[] {
  const lines: string[] = [];
  for (const [name, upstream] of after.upstreams) {
    const old = before.upstreams.get(name);
    if (old !== undefined) {
      lines.push(
        ...changed(`upstream ${name}: `, valueChanges("", old, upstream)),
      );
    } else if (hasName(upstream)) lines.push(`+ upstream ${name}`);
  }
  for (const [name, upstream] of before.upstreams) {
    if (!after.upstreams.has(name) && hasName(upstream)) {
      lines.push(`- upstream ${name}`);
    }
  }
  return lines;
}

/** Whether it has a name of its own: one that a route has itself is told of there. */
function hasName({ name }: ResolvedUpstream): boolean {
  return !/:\/\/|^unix:/.test(name);
}

/** A change of one route, to be told together with others like it. */
interface RouteChange {
  readonly host: string;
  readonly route: string;
  readonly text: string;
}

function hostChanges(before: ResolvedConfig, after: ResolvedConfig): string[] {
  const old = byName(before.hosts);
  const now = byName(after.hosts);
  const came = [...now.keys()].filter((name) => !old.has(name));
  const went = [...old.keys()].filter((name) => !now.has(name));
  const lines: string[] = [];
  const changes: RouteChange[] = [];
  /** By host: its routes that were there before. */
  const kept = new Map<string, number>();
  for (const [host, names] of pairs(old, now)) {
    const [earlier, later] = [old.get(names[0]!)!, now.get(names[0]!)!];
    lines.push(
      ...changed(`${host}: `, valueChanges("tls", earlier.tls, later.tls)),
    );
    const known = byRoute(earlier);
    const routes = byRoute(later);
    for (const [route, value] of routes) {
      const other = known.get(route);
      if (other === undefined) lines.push(`+ ${host} ${route}`);
      else {
        kept.set(host, (kept.get(host) ?? 0) + 1);
        const texts = routeChanges(other, value, before, after);
        changes.push(...texts.map((text) => ({ host, route, text })));
      }
    }
    for (const route of known.keys()) {
      if (!routes.has(route)) lines.push(`- ${host} ${route}`);
    }
    lines.push(...orderChanges(host, known, routes));
  }
  return [
    ...came.map((name) => `+ host ${name}`),
    ...went.map((name) => `- host ${name}`),
    ...lines,
    ...together(changes, kept),
  ];
}

/** Routes for one pattern that are asked in another order than before. */
function orderChanges(
  host: string,
  old: ReadonlyMap<string, ResolvedRoute>,
  now: ReadonlyMap<string, ResolvedRoute>,
): string[] {
  const before = keptByPattern(old, now);
  const after = keptByPattern(now, old);
  return [...after].filter(([pattern, routes]) =>
    !isSameValue(before.get(pattern), routes)
  ).map(([pattern]) => `~ ${host} ${pattern}: its routes have another order`);
}

/** By pattern: its routes that are there in the other configuration, too, in order. */
function keptByPattern(
  routes: ReadonlyMap<string, ResolvedRoute>,
  others: ReadonlyMap<string, ResolvedRoute>,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [key, { pattern }] of routes) {
    if (!others.has(key)) continue;
    const keys = found.get(pattern);
    if (keys === undefined) found.set(pattern, [key]);
    else keys.push(key);
  }
  return found;
}

function byName(hosts: readonly ResolvedHost[]): Map<string, ResolvedHost> {
  return new Map(
    hosts.flatMap((host) => host.names.map((name) => [name, host] as const)),
  );
}

/** The names that were there before, those of the same two entries together. */
function pairs(
  old: ReadonlyMap<string, ResolvedHost>,
  now: ReadonlyMap<string, ResolvedHost>,
): [host: string, names: string[]][] {
  const found = new Map<ResolvedHost, Map<ResolvedHost, string[]>>();
  for (const [name, host] of now) {
    const other = old.get(name);
    if (other === undefined) continue;
    const others = found.get(host) ?? new Map<ResolvedHost, string[]>();
    found.set(host, others);
    others.set(other, [...others.get(other) ?? [], name]);
  }
  return [...found.values()].flatMap((others) => [...others.values()])
    .map((names) => [names.join(", "), names]);
}

/** The routes of a host by pattern, condition and, of several alike, number. */
function byRoute({ routes }: ResolvedHost): Map<string, ResolvedRoute> {
  const found = new Map<string, ResolvedRoute>();
  for (const route of routes) {
    const { pattern, when } = route;
    const name = when === undefined ? pattern : `${pattern} (${shown(when)})`;
    let key = name;
    for (let count = 2; found.has(key); count++) key = `${name} #${count}`;
    found.set(key, route);
  }
  return found;
}

function routeChanges(
  old: ResolvedRoute,
  now: ResolvedRoute,
  before: ResolvedConfig,
  after: ResolvedConfig,
): string[] {
  const handler = handlerChanges(old, now, before, after);
  const options = valueChanges("", old.options, now.options);
  return handler.length === 0 ? options : [...handler, ...options];
}

function handlerChanges(
  { handler: old }: ResolvedRoute,
  { handler: now }: ResolvedRoute,
  before: ResolvedConfig,
  after: ResolvedConfig,
): string[] {
  if (old.kind !== now.kind) {
    return [`${handlerText(old)} → ${handlerText(now)}`];
  }
  if (old.kind !== "proxy" || now.kind !== "proxy") {
    return valueChanges("", old, now).map((change) => `${now.kind} ${change}`);
  }
  const { upstream: oldName, ...oldRest } = old;
  const { upstream: nowName, ...nowRest } = now;
  const from = before.upstreams.get(oldName);
  const to = after.upstreams.get(nowName);
  const areNameless = from !== undefined && to !== undefined &&
    !hasName(from) && !hasName(to);
  return [
    ...areNameless
      ? valueChanges("", { ...from, name: "" }, { ...to, name: "" })
        .map((change) => `proxy ${change}`)
      : valueChanges("proxy", oldName, nowName),
    ...valueChanges("", oldRest, nowRest),
  ];
}

function handlerText(handler: ResolvedRoute["handler"]): string {
  switch (handler.kind) {
    case "proxy":
      return `proxy ${shown(handler.upstream)}`;
    case "files":
      return `files ${shown(handler.root)}`;
    case "redirect":
      return `redirect ${shown(handler.to)}`;
    case "respond":
      return `respond ${handler.status}`;
  }
}

/** The changes as lines: those that all routes have, or all of a host, are one. */
function together(
  changes: readonly RouteChange[],
  kept: ReadonlyMap<string, number>,
): string[] {
  const total = [...kept.values()].reduce((sum, count) => sum + count, 0);
  /** By text, and by host and text: how many routes have it. */
  const counts = new Map<string, number>();
  const count = (key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const { host, text } of changes) {
    count(text);
    count(`${host}: ${text}`);
  }
  const lines: string[] = [];
  const told = new Set<string>();
  for (const { host, route, text } of changes) {
    const ofHost = counts.get(`${host}: ${text}`)!;
    const where = counts.get(text) === total && kept.size > 1
      ? "all routes"
      : ofHost === kept.get(host) && ofHost > 1
      ? host
      : `${host} ${route}`;
    const line = `~ ${where}: ${text}`;
    if (!told.has(line)) lines.push(line);
    told.add(line);
  }
  return lines;
}
