/**
 * A generation of the configuration: what a server does with requests from one
 * reload to the next.
 *
 * A request takes the current one at the end of its head and holds it to its end, and so
 * does what it starts in the background: a refresh, content that flows into the cache. A
 * reload puts another one in its place; the old one ends with its last user.
 */

import type { RequestHead } from "../http/request_head.ts";
import type { Router } from "../router/router.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { CacheSpace, Route } from "./route.ts";

/** Finds what is done with a request. */
export interface RequestRouter<Found> {
  /** Whether routes depend on the client's address. */
  readonly needsClient: boolean;
  /**
   * Finds it.
   *
   * @param client The client's IP address; empty if none is needed.
   * @throws {HttpError} `unknown_host`, `no_route`, `ambiguous_path`.
   */
  take(request: RequestHead, client: string): { readonly value: Found };
  /** The router itself, for those who explain what it does; undefined if nobody does. */
  readonly asked?: Router<Found>;
  /** Where its routes store, each once. */
  readonly cacheSpaces: readonly CacheSpace[];
  /** What is done with a request whose host has no route for it; undefined if that is only refused. */
  unroutedOf?(request: RequestHead): Found | undefined;
  /** What stands in for a route that was not found: that of the request's host; undefined if it has none. */
  fallbackOf(request: RequestHead): Route | undefined;
}

/** See the module's comment; `Found` is what the router finds. */
export class Generation<Found = unknown> {
  /** Counts the generations of a server, from 1. */
  readonly number: number;
  readonly router: RequestRouter<Found>;
  /** The options of responses where no route is known yet, or no host is found. */
  readonly fallback: Route;
  /** The origins, by name. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  #users = 0;
  #isRetired = false;
  #hasEnded = false;

  constructor(
    number: number,
    router: RequestRouter<Found>,
    fallback: Route,
    upstreams: ReadonlyMap<string, Upstream>,
  ) {
    this.number = number;
    this.router = router;
    this.fallback = fallback;
    this.upstreams = upstreams;
    for (const upstream of upstreams.values()) upstream.hold();
  }

  /** Requests, and what they have started, that go by it. */
  get users(): number {
    return this.#users;
  }

  /** One more goes by it. */
  enter(): void {
    this.#users++;
  }

  /** One has ended. */
  leave(): void {
    this.#users--;
    this.#endIfUnused();
  }

  /** Another one has taken its place, or the server stops: it ends with its last user. */
  retire(): void {
    this.#isRetired = true;
    this.#endIfUnused();
  }

  #endIfUnused(): void {
    if (!this.#isRetired || this.#users > 0 || this.#hasEnded) return;
    this.#hasEnded = true;
    for (const upstream of this.upstreams.values()) upstream.release();
  }
}
