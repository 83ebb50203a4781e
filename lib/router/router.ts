/**
 * Which route takes a request (pure): by host, then by path, then by conditions.
 *
 * - Host: an exact name before the longest wildcard before `*`; none: 421.
 * - Path, in its canonical form: the most specific pattern; none: 404.
 * - Of several routes for one pattern the first whose condition holds; none: 404.
 *
 * A path that a lenient origin would read as one of another route is refused (400) if
 * that route has a guard that this one lacks: otherwise `/x/..;/admin` would be a way
 * around the rules for `/admin/*`. Conditions of which none holds are such a guard, and
 * so is the lack of a route if the path gets there by `..` that is not one to sluice.
 *
 * A lookup takes time in proportion to host and path, never to the number of hosts and
 * routes. It makes no string and keeps nothing; one router serves one thread.
 */

import { CanonicalPath } from "../http/canonical_path.ts";
import { type ErrorCode, HttpError } from "../http/error.ts";
import { READING, readingsFor } from "../http/path_reading.ts";
import type { RouteReason } from "../reasons/reason.ts";
import type { RequestHead } from "../http/request_head.ts";
import { type HostName, type HostRange, locateHost } from "./host_name.ts";
import type { HostTable } from "./host_table.ts";
import { mixedPatterns, PathTable } from "./path_table.ts";
import { parsePattern, type Pattern, STAR } from "./pattern.ts";
import type { Condition } from "./when.ts";

/**
 * Bytes that are read again to judge one ambiguous path, over all of its readings: a
 * millisecond. Enough for one habit in 8 KiB, two in 3 KiB, three in 1 KiB; a longer
 * path is refused where a guard could be walked around. No client sends one.
 */
const READ_BYTES_MAX = 64 * 1024;

/** The route that takes a request. */
export interface Match<T> {
  /** Tells it from a refusal. */
  readonly kind: "match";
  /** What was configured for it. */
  readonly value: T;
  /** The pattern of its paths, as it was written. */
  readonly pattern: string;
  /** Its place among the routes of its host, as they were given. */
  readonly index: number;
  /** What it depends on besides; undefined for nothing. */
  readonly condition: Condition | undefined;
  /** What protects it; compared by identity. */
  readonly guards: readonly object[];
}

/** Why there is no route, by the table of reasons. */
export type NoRouteReason = Extract<
  RouteReason,
  "unknown-host" | "no-path" | "no-condition" | "ambiguous-path"
>;

/** Why no route takes a request. */
export interface NoMatch {
  /** Tells it from a match. */
  readonly kind: "none";
  /** The status of the response. */
  readonly status: 400 | 404 | 421;
  /** The cause, as a word. */
  readonly reason: NoRouteReason;
  /** For the log and for people; never sent. */
  readonly detail: string;
}

/** What is configured for one host, compiled. */
export interface HostRoutes<T> {
  /** Its number: its place among the hosts. */
  readonly number: number;
  /** Its names, as they were written. */
  readonly names: readonly string[];
  /** By pattern, the most specific first: its routes. */
  readonly routes: readonly (readonly Match<T>[])[];
  /** The route that takes whatever is asked of the host; undefined if it depends. */
  readonly only: Match<T> | undefined;
  /** Whether some path leads to a guard that another lacks, or to nothing. */
  readonly isGuarded: boolean;
}

/** A name, as it was written, and the host that it names. */
export interface NamedHost {
  readonly text: string;
  readonly name: HostName;
  readonly host: number;
}

/** How a request was routed, for people. */
export interface Routing<T> {
  /** What took it, or why nothing did. */
  readonly result: Match<T> | NoMatch;
  /** The name of a host that matched, as it was written; undefined if none did. */
  readonly host: string | undefined;
  /** How it matched. */
  readonly hostKind: "exact" | "wildcard" | "any" | undefined;
  /** The canonical path; undefined if the target has none. */
  readonly path: string | undefined;
}

/** Patterns of a host that are looked at for people. */
const CONSIDERED_MAX = 5000;

/** A route whose pattern the path of a request matches. */
export interface Considered {
  /** The pattern, as it was written. */
  readonly pattern: string;
  /** What must hold besides; undefined for nothing. */
  readonly when: string | undefined;
  /** Its place among the routes of its host, as they were given. */
  readonly index: number;
  /** Whether that holds. */
  readonly holds: boolean;
}

const UNKNOWN_HOST: NoMatch = {
  kind: "none",
  status: 421,
  reason: "unknown-host",
  detail: "No host of this name",
};
const NO_PATH: NoMatch = {
  kind: "none",
  status: 404,
  reason: "no-path",
  detail: "The host has no route for this path",
};
const NO_CONDITION: NoMatch = {
  kind: "none",
  status: 404,
  reason: "no-condition",
  detail: "No condition of the path's routes holds",
};

const CODES: Readonly<Record<NoRouteReason, ErrorCode>> = {
  "unknown-host": "unknown_host",
  "no-path": "no_route",
  "no-condition": "no_route",
  "ambiguous-path": "ambiguous_path",
};

/** See the module's comment. */
export class Router<T> {
  /**
   * What is configured, host by host.
   *
   * @internal
   */
  readonly hosts: readonly HostRoutes<T>[];
  readonly #names: readonly NamedHost[];
  readonly #table: HostTable;
  readonly #paths: PathTable;
  /** By name: the host. */
  readonly #hostOf: Int32Array;
  /** The route that takes every request; undefined if it depends. */
  readonly #only: Match<T> | undefined;
  readonly #range: HostRange = { start: 0, end: 0 };
  readonly #path = new CanonicalPath();

  /**
   * Takes what `compileRouter` has made.
   *
   * @param table Finds the index of a name in `names`.
   * @param paths Finds the index of a pattern in the routes of a host.
   */
  constructor(
    hosts: readonly HostRoutes<T>[],
    names: readonly NamedHost[],
    table: HostTable,
    paths: PathTable,
  ) {
    this.hosts = hosts;
    this.#names = names;
    this.#table = table;
    this.#paths = paths;
    this.#hostOf = Int32Array.from(names, ({ host }) => host);
    const isAny = hosts.length === 1 &&
      names.some(({ name }) => name.kind === "any");
    this.#only = isAny ? hosts[0]!.only : undefined;
  }

  /**
   * Finds the route that takes a request.
   *
   * @param request A complete head.
   * @param client The IP address of the client, for conditions.
   */
  route(request: RequestHead, client: string): Match<T> | NoMatch {
    if (this.#only !== undefined) return this.#only;
    locateHost(request, this.#range);
    const name = this.#table.find(request.bytes, this.#range);
    if (name < 0) return UNKNOWN_HOST;
    const host = this.hosts[this.#hostOf[name]!]!;
    return host.only ?? this.#routeIn(host, request, client);
  }

  /** The index of the host that takes a request; -1 if none does. */
  hostOf(request: RequestHead): number {
    locateHost(request, this.#range);
    const name = this.#table.find(request.bytes, this.#range);
    return name < 0 ? -1 : this.#hostOf[name]!;
  }

  /**
   * Finds the same, or throws.
   *
   * @throws {HttpError} `unknown_host`, `no_route`, `ambiguous_path`.
   */
  take(request: RequestHead, client: string): Match<T> {
    const result = this.route(request, client);
    if (result.kind === "match") return result;
    throw new HttpError(CODES[result.reason], result.detail);
  }

  /** Finds the same, and says what people want to know of it. */
  explain(request: RequestHead, client: string): Routing<T> {
    const result = this.route(request, client);
    locateHost(request, this.#range);
    const name = this.#names[this.#table.find(request.bytes, this.#range)];
    return {
      result,
      host: name?.text,
      hostKind: name?.name.kind,
      path: hasPath(request) ? this.#readPath(request).text : undefined,
    };
  }

  /**
   * All routes of the request's host whose pattern its path matches, the most specific
   * first, and whether their conditions hold: the first that does takes the request.
   * For people: it takes time in proportion to the number of patterns, of which it
   * looks at the {@linkcode CONSIDERED_MAX} most specific.
   */
  considered(request: RequestHead, client: string): Considered[] {
    const number = this.hostOf(request);
    if (number < 0) return [];
    const { routes } = this.hosts[number]!;
    const path = hasPath(request) ? this.#readPath(request) : undefined;
    return routes.slice(0, CONSIDERED_MAX).flatMap((list) => {
      const { pattern } = list[0]!;
      const isMet = path === undefined
        ? pattern === "/"
        : matchesPattern(pattern, path);
      return !isMet ? [] : list.map(({ condition, index }) => ({
        pattern,
        when: condition?.text,
        index,
        holds: condition === undefined || condition.holds(request, client),
      }));
    });
  }

  #readPath({ bytes, target, targetEnd }: RequestHead): CanonicalPath {
    this.#path.read(bytes, target.pathStart, targetEnd);
    return this.#path;
  }

  #routeIn(
    host: HostRoutes<T>,
    request: RequestHead,
    client: string,
  ): Match<T> | NoMatch {
    if (!hasPath(request)) {
      const everything = this.#paths.everything(host.number);
      return choose(host, everything, request, client);
    }
    const path = this.#readPath(request);
    const pattern = this.#find(host);
    const result = choose(host, pattern, request, client);
    if (
      path.ambiguity === 0 || !host.isGuarded || result.kind === "none"
    ) return result;
    return this.#refusal(host, result, request, client) ?? result;
  }

  /** The host's pattern for the path as it was read last. */
  #find({ number }: HostRoutes<T>): number {
    const { bytes, start, end } = this.#path;
    return this.#paths.find(number, bytes, start, end);
  }

  /** Why the path is refused: a lenient origin might read another one that is guarded otherwise. */
  #refusal(
    host: HostRoutes<T>,
    own: Match<T>,
    request: RequestHead,
    client: string,
  ): NoMatch | undefined {
    const path = this.#path;
    const { climbs } = path;
    const readings = readingsFor(path.ambiguity);
    const bytes = path.end - path.start;
    if (readings === undefined || readings.length * bytes > READ_BYTES_MAX) {
      return ambiguous("It can be read in too many ways");
    }
    for (const reading of readings) {
      const isLater = (reading & READING.MergedLater) !== 0;
      if (isLater && path.climbs === 0) continue; // as the one before it
      path.readAs(reading);
      const other = choose(host, this.#find(host), request, client);
      if (!this.#isWayOut(other, own, climbs)) continue;
      const where = other.kind === "match"
        ? `a path of ${other.pattern}`
        : "one that no route takes";
      return ambiguous(`An origin might read ${path.text}, ${where}`);
    }
    return undefined;
  }

  /** Whether the path as it was read last is less open than the canonical one, with its number of `..`. */
  #isWayOut(
    other: Match<T> | NoMatch,
    own: Match<T>,
    climbs: number,
  ): boolean {
    if (other === own) return false;
    if (other === NO_PATH) return this.#path.climbs > climbs;
    return isGuardedMore(other, own);
  }
}

/** Whether a path begins as all that match a pattern do. */
function beginsAs(
  { elements }: Pattern,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  for (const [at, element] of elements.entries()) {
    if (element === STAR) return true;
    if (start + at >= end || bytes[start + at] !== element) return false;
  }
  return true;
}

/** Whether a path, in its canonical form, matches a pattern. */
function matchesPattern(
  text: string,
  { bytes, start, end }: CanonicalPath,
): boolean {
  const pattern = parsePattern(text);
  if (!beginsAs(pattern, bytes, start, end)) return false; // most do not
  const patterns = [pattern];
  const table = new PathTable([{ patterns, mixed: mixedPatterns(patterns) }]);
  return table.find(0, bytes, start, end) === 0;
}

/** Whether the request is for a path, and not for the whole host: `*` or an authority (RFC 9112 §3.2.3, §3.2.4). */
function hasPath({ target }: RequestHead): boolean {
  return target.form === "origin" || target.form === "absolute";
}

/** Of the routes for a pattern, the first whose condition holds. */
function choose<T>(
  host: HostRoutes<T>,
  pattern: number,
  request: RequestHead,
  client: string,
): Match<T> | NoMatch {
  if (pattern < 0) return NO_PATH;
  for (const route of host.routes[pattern]!) {
    const { condition } = route;
    if (condition === undefined || condition.holds(request, client)) {
      return route;
    }
  }
  return NO_CONDITION;
}

/** Whether the first is not for everybody whom the second is for. */
function isGuardedMore<T>(
  other: Match<T> | NoMatch,
  own: Match<T>,
): boolean {
  return other.kind === "none" ||
    other.guards.some((guard) => !own.guards.includes(guard));
}

function ambiguous(detail: string): NoMatch {
  return { kind: "none", status: 400, reason: "ambiguous-path", detail };
}
