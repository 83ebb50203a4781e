/**
 * From the configuration to what requests go by: compiles it, puts a new generation in
 * the place of the old one, and carries over what has not changed.
 */

import type { Config, RouteEntry } from "../config/config.ts";
import { Generation, type Router } from "../exchange/generation.ts";
import type { Route } from "../exchange/route.ts";
import { proxyHandler } from "../handlers/proxy.ts";
import type { CurrentGeneration, RoutePhases } from "../proxy/phases.ts";
import { Upstream, type UpstreamPlace } from "../upstream/upstream.ts";

/** What of the configuration a generation has. */
type Compilable = Pick<Config, "upstreams" | "hosts">;

/** A generation that has been made and is not in use yet: one of the two ends that. */
export interface Prepared {
  /** The next requests take it; those under way keep theirs. */
  commit(): void;
  /** Gives it up. */
  discard(): void;
}

/** See the module's comment. */
export class Generations implements CurrentGeneration {
  readonly #place: UpstreamPlace;
  #current: Generation<RoutePhases>;

  constructor(config: Compilable, place: UpstreamPlace) {
    this.#place = place;
    this.#current = compile(config, 1, new Map(), place);
  }

  get current(): Generation<RoutePhases> {
    return this.#current;
  }

  /**
   * Makes a generation of a new configuration; until it is committed, nothing changes.
   * Upstreams with the same name and options are carried over.
   *
   * @throws {RangeError} What is wrong with it: nothing has changed.
   */
  prepare(config: Compilable): Prepared {
    const { number, upstreams } = this.#current;
    const next = compile(config, number + 1, upstreams, this.#place);
    return {
      commit: (): void => {
        const old = this.#current;
        this.#current = next;
        old.retire();
      },
      discard: (): void => next.retire(),
    };
  }

  /** Closes the origins' idle connections; none is kept from now on. */
  close(): void {
    for (const { pool } of this.#current.upstreams.values()) pool.close();
  }
}

function compile(
  { upstreams, hosts }: Compilable,
  number: number,
  known: ReadonlyMap<string, Upstream>,
  place: UpstreamPlace,
): Generation<RoutePhases> {
  const origins = new Map<string, Upstream>();
  for (const options of upstreams) {
    const old = known.get(options.name);
    const upstream = old?.isSame(options) ? old : new Upstream(options, place);
    origins.set(options.name, upstream);
  }
  const [entry] = hosts[0]!.routes;
  const found = phasesOf(entry!, origins);
  return new Generation(number, routerOf(found), found.route, origins);
}

function phasesOf(
  { handler, options }: RouteEntry,
  upstreams: ReadonlyMap<string, Upstream>,
): RoutePhases {
  const upstream = upstreams.get(handler.upstream);
  if (upstream === undefined) {
    throw new RangeError(`There is no upstream "${handler.upstream}"`);
  }
  const route: Route = { ...options, upstream };
  return { route, access: [], handle: proxyHandler(route) };
}

/** The router of one route for everything. */
function routerOf(found: RoutePhases): Router<RoutePhases> {
  return { route: () => found };
}
