/** A service that is asked on behalf of requests: a GET over an upstream of its own, with a bound on everything. */

import { Body } from "../../exchange/body.ts";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { FetchState } from "../../exchange/fetch_state.ts";
import type { Route } from "../../exchange/route.ts";
import { fetchFromOrigin } from "../../fetch/ask.ts";
import { HttpError } from "../../http/error.ts";
import { RequestHead } from "../../http/request_head.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import type { Clock } from "../../net/clock.ts";
import { Refusal } from "../refusal.ts";
import type { Upstream } from "../../upstream/upstream.ts";

/** Where a service is: plain data. */
export interface ServiceOptions {
  /** The name of the upstream that it is. */
  readonly upstream: string;
  /** Its name as `Host` has it. */
  readonly authority: string;
  /** Path and query of the question. */
  readonly target: string;
  /** For the whole answer, in ms; 0 for no limit. */
  readonly timeoutMs: number;
}

/** Bytes of an answer's content; more is no answer. */
const CONTENT_BYTES_MAX = 1024 * 1024;
const PLAIN = { maxForwards: -1, upgrade: "" };
const UNBOUNDED = {
  headBytesMax: Infinity,
  targetBytesMax: Infinity,
  fieldCountMax: Infinity,
};

/** See the module's comment. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #upstream: Upstream;
  readonly #clock: Clock;
  #route: Route | undefined;

  constructor(options: ServiceOptions, upstream: Upstream, clock: Clock) {
    this.#options = options;
    this.#upstream = upstream;
    this.#clock = clock;
  }

  /**
   * Asks.
   *
   * @param x On whose behalf.
   * @param question A whole head.
   * @param take Reads the head of the answer, which is gone when its content has come,
   *   and makes something of both.
   * @throws {HttpError} `auth_unavailable`, or what `take` throws.
   */
  async ask<Found>(
    x: Exchange,
    question: Uint8Array,
    take: (
      response: ResponseHead,
    ) => (content: Uint8Array<ArrayBuffer>) => Found,
  ): Promise<Found> {
    const fetch = this.#fetchFor(x, question);
    const { timeoutMs } = this.#options;
    const cancel = timeoutMs === 0 ? undefined : this.#clock.after(
      timeoutMs,
      () => fetch.cancel(new HttpError("origin_timeout", "No answer in time")),
    );
    try {
      await this.#reach(() => fetchFromOrigin(fetch, PLAIN));
      const takeContent = take(fetch.response);
      return takeContent(await this.#reach(() => contentOf(fetch)));
    } finally {
      cancel?.();
      fetch.discardOrigin();
      fetch.end();
    }
  }

  /** One step of a question: if it fails, nobody is let through. */
  async #reach<Result>(step: () => Promise<Result>): Promise<Result> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof HttpError) this.#upstream.requestFailed(error);
      const detail = "The authentication service does not answer";
      throw new Refusal("auth-unavailable", { detail, cause: error });
    }
  }

  /** The question as a request of its own. */
  #fetchFor(x: Exchange, question: Uint8Array): FetchState {
    const { site, client: { address, scheme } } = x;
    const head = new RequestHead();
    head.begin(0, UNBOUNDED);
    if (!head.parse(question, question.length)) {
      throw new RangeError("A question has no end");
    }
    const fetch = new FetchState(site, head, new Body());
    // What the question says of the client is ours: it goes on as it is.
    fetch.peer = { address, scheme, isTrusted: true };
    this.#route ??= this.#routeLike(x.route);
    fetch.route = this.#route;
    fetch.enter(x.fetch.generation!);
    fetch.startedMs = site.clock.now();
    return fetch;
  }

  /** A route to the service, with the bounds of the route that it protects. */
  #routeLike(route: Route): Route {
    const { timeoutMs, authority } = this.#options;
    return {
      ...route,
      upstream: this.#upstream,
      origin: { authority },
      hostHeader: { from: "text", text: authority },
      forwarded: false,
      requestRules: [],
      cache: undefined,
      timeouts: {
        ...route.timeouts,
        responseMs: timeoutMs,
        totalMs: timeoutMs,
        readMs: timeoutMs,
      },
    };
  }
}

/** All of the answer's content; the connection is free then. */
async function contentOf(
  fetch: FetchState,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = fetch.responseBody;
  const runs: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    for (let run = body.take(); run !== undefined; run = body.take()) {
      runs.push(run.slice());
      length += run.length;
      if (length > CONTENT_BYTES_MAX) {
        throw new HttpError("origin_bad_message", "Its answer is too long");
      }
    }
    if (body.done) break;
    await body.more();
    if (fetch.failure !== undefined) throw fetch.failure;
  }
  fetch.releaseOrigin();
  const content = new Uint8Array(length);
  let at = 0;
  for (const run of runs) {
    content.set(run, at);
    at += run.length;
  }
  return content;
}
