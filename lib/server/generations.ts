/**
 * From the configuration to what requests go by: compiles it, puts a new generation in
 * the place of the old one, and carries over what has not changed.
 */

import { accessPhases } from "../access/access.ts";
import type { AccessPhase } from "../access/passage.ts";
import { HttpError } from "../http/error.ts";
import type { AuthPlace } from "../access/auth_place.ts";
import { maintenancePhase } from "../access/maintenance.ts";
import type {
  Config,
  FallbackEntry,
  HandlerEntry,
  HostEntry,
  RouteEntry,
} from "../config/config.ts";
import { Guards } from "../config/guards.ts";
import { guardsOf } from "../config/routes.ts";
import { Generation, type RequestRouter } from "../exchange/generation.ts";
import type { CacheSpace, Route } from "../exchange/route.ts";
import { TRACE_HEADERS } from "../exchange/spans.ts";
import { withoutOtherIds } from "../head/request_id.ts";
import { ErrorPages } from "../handlers/error_pages.ts";
import { filesHandler, type PathRewrite } from "../handlers/files/files.ts";
import { FileShelves } from "../handlers/files/file_shelves.ts";
import type { FilesPlace } from "../handlers/files/options.ts";
import type { Handler } from "../handlers/handler.ts";
import { proxyHandler } from "../handlers/proxy.ts";
import { redirectHandler } from "../handlers/redirect.ts";
import { respondHandler, type RespondHeader } from "../handlers/respond.ts";
import {
  bodyTextOf,
  fieldValueOf,
  locationOf,
  type TemplateFacts,
} from "../http/template.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import type {
  CurrentGeneration,
  HandlerView,
  Proofs,
  RoutePhases,
} from "../proxy/phases.ts";
import { rewriteTarget } from "../router/rewrite.ts";
import { compileRouter } from "../router/compile.ts";
import {
  compileRoute,
  fallbackRoute,
  routeNames,
  urlSpacesOf,
} from "./compiled_route.ts";
import { Upstream } from "../upstream/upstream.ts";
import type { UpstreamPlace } from "../upstream/upstream_options.ts";

/** What of the configuration a generation has. */
type Compilable = Pick<
  Config,
  "upstreams" | "hosts" | "fallback"
>;

/** A generation that has been made and is not in use yet: one of the two ends that. */
export interface Prepared {
  /** The next requests take it; those under way keep theirs. */
  commit(): void;
  /** Gives it up. */
  discard(): void;
}

/** What the routes of all generations share. */
export interface GenerationsPlace {
  readonly upstreams: UpstreamPlace;
  readonly files: FilesPlace;
  readonly access: Omit<AuthPlace, "upstreamOf">;
  /** Whether origins are told of traces by lines of ours. */
  readonly isTraced: boolean;
}

/** The same, and what the routes of one generation share. */
interface GenerationPlace extends GenerationsPlace {
  readonly shelves: FileShelves;
}

/** See the module's comment. */
export class Generations implements CurrentGeneration {
  readonly #place: GenerationsPlace;
  #current: Generation<RoutePhases>;
  #proofs: ReadonlyMap<string, string> = new Map();

  constructor(config: Compilable, place: GenerationsPlace) {
    this.#place = place;
    this.#current = compile(config, 1, new Map(), place);
  }

  get current(): Generation<RoutePhases> {
    return this.#current;
  }

  get proofs(): ReadonlyMap<string, string> {
    return this.#proofs;
  }

  /** Shows these proofs from now on, whatever the configuration is. */
  showProofs(proofs: Proofs): null {
    this.#proofs = new Map(proofs);
    return null;
  }

  /**
   * Makes a generation of a new configuration; until it is committed, nothing changes.
   * Upstreams with the same name and options are carried over; with other options,
   * their servers are.
   *
   * @throws {RangeError} What is wrong with it: nothing has changed.
   */
  prepare(config: Compilable): Prepared {
    const { number, upstreams } = this.#current;
    const next = compile(config, number + 1, upstreams, this.#place);
    return {
      commit: (): void => {
        const old = this.#current;
        for (const [name, upstream] of next.upstreams) {
          const before = old.upstreams.get(name);
          if (before !== undefined && before !== upstream) {
            upstream.succeed(before);
          }
        }
        this.#current = next;
        old.retire();
      },
      discard: (): void => next.retire(),
    };
  }

  /** Closes the origins' idle connections; none is kept from now on. */
  drain(): void {
    for (const upstream of this.#current.upstreams.values()) upstream.drain();
  }

  /** Nothing goes by the configuration any more. */
  close(): void {
    for (const upstream of this.#current.upstreams.values()) upstream.close();
  }
}

function compile(
  { upstreams, hosts, fallback }: Compilable,
  number: number,
  known: ReadonlyMap<string, Upstream>,
  place: GenerationsPlace,
): Generation<RoutePhases> {
  const origins = new Map<string, Upstream>();
  for (const options of upstreams) {
    const old = known.get(options.name);
    const upstream = old?.isSame(options)
      ? old
      : new Upstream(options, place.upstreams, old);
    origins.set(options.name, upstream);
  }
  try {
    const shelves = new FileShelves(place.files);
    const router = routerOf(hosts, origins, { ...place, shelves });
    const route = fallbackOf(fallback, place.files);
    return new Generation(number, router, route, origins);
  } catch (error) {
    for (const [name, upstream] of origins) {
      if (known.get(name) !== upstream) upstream.close();
    }
    throw error;
  }
}

/** What stands in for a route where none is found. */
function fallbackOf(
  { options, errors }: FallbackEntry,
  { clock }: FilesPlace,
): Route {
  const errorPages = errors && new ErrorPages(errors, clock);
  return { ...fallbackRoute(options), errorPages };
}

/** What a host demands of clients before they learn that it has no route for them. */
function unroutedPhases(
  entry: FallbackEntry,
  upstreams: ReadonlyMap<string, Upstream>,
  place: GenerationsPlace,
): RoutePhases {
  const { clock } = place.files;
  const errorPages = entry.errors && new ErrorPages(entry.errors, clock);
  return {
    route: { ...fallbackRoute(entry.options, true), errorPages },
    access: accessOf(entry, upstreams, place),
    hasMaintenance: entry.maintenance !== undefined,
    handle: () => Promise.reject(new HttpError("no_route", "No route")),
  };
}

function accessOf(
  { maintenance, access }: Pick<RouteEntry, "maintenance" | "access">,
  upstreams: ReadonlyMap<string, Upstream>,
  place: GenerationsPlace,
): AccessPhase[] {
  return [
    ...maintenance === undefined
      ? []
      : [maintenancePhase(maintenance, place.files.clock)],
    ...access === undefined ? [] : accessPhases(access, {
      ...place.access,
      upstreamOf: (name) => upstreamOf(name, upstreams),
    }),
  ];
}

function phasesOf(
  entry: RouteEntry,
  name: string,
  upstreams: ReadonlyMap<string, Upstream>,
  urlSpaces: readonly CacheSpace[],
  place: GenerationPlace,
): RoutePhases {
  const { handler, errors } = entry;
  const upstream = handler.kind === "proxy"
    ? upstreamOf(handler.upstream, upstreams)
    : undefined;
  const { files } = place;
  const errorPages = errors && new ErrorPages(errors, files.clock);
  const compiled = compileRoute(
    entry,
    name,
    place.upstreams.meter.routeRow(name),
    upstream,
    urlSpaces,
  );
  const requestRules = place.isTraced
    ? TRACE_HEADERS.reduce(withoutOtherIds, compiled.requestRules)
    : compiled.requestRules;
  const route = { ...compiled, requestRules, errorPages };
  const phases = accessOf(entry, upstreams, place);
  const handle = handlerOf(entry, route, place.shelves);
  return {
    route,
    access: phases,
    hasMaintenance: entry.maintenance !== undefined,
    handle,
    handler: handlerViewOf(handler),
  };
}

/** What people are told of a handler. */
function handlerViewOf(handler: HandlerEntry): HandlerView {
  const { kind } = handler;
  switch (handler.kind) {
    case "proxy":
      return { kind, target: handler.upstream };
    case "files":
      return { kind, target: handler.root };
    case "redirect":
      return { kind, target: `${handler.status} ${handler.to.source}` };
    case "respond":
      return { kind, target: String(handler.status) };
  }
}

function handlerOf(
  { handler, pattern }: RouteEntry,
  route: Route,
  shelves: FileShelves,
): Handler {
  switch (handler.kind) {
    case "proxy":
      return proxyHandler(route);
    case "files":
      return filesHandler(
        shelves.of(handler, route),
        shelves.place,
        rewriteOfPath(route, pattern),
      );
    case "redirect":
      return redirectHandler(
        handler,
        (x) => locationOf(handler.to, factsOf(x)),
      );
    case "respond":
      return respondHandler(handler, bodyOf(handler), headersOf(handler));
  }
}

/** What becomes of a canonical path before it leads to a file; undefined if it stays. */
function rewriteOfPath(
  { rewrite }: Route,
  pattern: string,
): PathRewrite | undefined {
  if (rewrite === undefined) return undefined;
  return {
    pathOf: (path) =>
      (rewriteTarget(rewrite, path, "") ?? path).split("?", 1)[0]!,
    takesSlash: rewrite.strip !== "" && /(?:^\/|\/\*)$/.test(pattern),
  };
}

type RespondEntry = Extract<HandlerEntry, { readonly kind: "respond" }>;

/** What fills in the body of a fixed response; undefined if it has none. */
function bodyOf(
  { body, type }: RespondEntry,
): ((x: Exchange) => string) | undefined {
  if (body === undefined) return undefined;
  const isMarkup = /html|xml|svg/i.test(type);
  return (x) => bodyTextOf(body, factsOf(x), isMarkup);
}

function headersOf({ headers = [] }: RespondEntry): RespondHeader[] {
  return headers.map(({ name, value }) => ({
    name,
    value: (x) => fieldValueOf(value, factsOf(x)),
  }));
}

/** What the request says to templates: the route asks for it. */
function factsOf({ fetch: { facts } }: Exchange): TemplateFacts {
  return facts!;
}

function upstreamOf(
  name: string,
  upstreams: ReadonlyMap<string, Upstream>,
): Upstream {
  const upstream = upstreams.get(name);
  if (upstream !== undefined) return upstream;
  throw new RangeError(`There is no upstream "${name}"`);
}

function routerOf(
  hosts: readonly HostEntry[],
  upstreams: ReadonlyMap<string, Upstream>,
  place: GenerationPlace,
): RequestRouter<RoutePhases> {
  const guards = new Guards();
  const router = compileRouter(hosts.map((host) => {
    const { names, routes } = host;
    const called = routeNames(host);
    const byPattern = Map.groupBy(routes, ({ pattern }) => pattern);
    const spaces = new Map(
      [...byPattern].map(([pattern, entries]) => [
        pattern,
        urlSpacesOf(entries, upstreams),
      ]),
    );
    return {
      names,
      routes: routes.map((entry, index) => ({
        pattern: entry.pattern,
        when: entry.when,
        value: phasesOf(
          entry,
          called[index]!,
          upstreams,
          spaces.get(entry.pattern)!,
          place,
        ),
        guards: [...guardsOf(entry), ...guards.of(entry.guards ?? [])],
      })),
    };
  }));
  const needsClient = hosts.some(({ routes }) =>
    routes.some(({ when }) => when?.client !== undefined)
  );
  const fallbacks = hosts.map(({ fallback }) =>
    fallback && fallbackOf(fallback, place.files)
  );
  const unrouted = hosts.map(({ fallback }) =>
    fallback && unroutedPhases(fallback, upstreams, place)
  );
  return {
    needsClient,
    cacheSpaces: urlSpacesOf(
      hosts.flatMap(({ routes }) => routes),
      upstreams,
    ),
    take: (request, client) => router.take(request, client),
    asked: router,
    fallbackOf: (request) => fallbacks[router.hostOf(request)],
    unroutedOf: (request) => unrouted[router.hostOf(request)],
  };
}
