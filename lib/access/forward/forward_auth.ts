/**
 * Forward authentication: a service is asked about each request, as oauth2-proxy,
 * Authelia and Authentik expect it. What it does not let through gets its answer; if
 * it cannot be asked, nobody is let through.
 */

import { Body } from "../../exchange/body.ts";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { FetchState } from "../../exchange/fetch_state.ts";
import type { Route } from "../../exchange/route.ts";
import { fetchFromOrigin } from "../../fetch/ask.ts";
import { HttpError } from "../../http/error.ts";
import { singleValue } from "../../http/named_field.ts";
import { RequestFacts } from "../../http/request_facts.ts";
import { RequestHead } from "../../http/request_head.ts";
import type { Clock } from "../../net/clock.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { AuthPlace } from "../authenticated.ts";
import type { AccessPhase } from "../passage.ts";
import { authRequest, linesNamed, refusalLines } from "./auth_request.ts";

/** The options: plain data. */
export interface ForwardOptions {
  readonly kind: "forward";
  /** The name of the upstream that the service is. */
  readonly upstream: string;
  /** Its name as `Host` has it. */
  readonly authority: string;
  /** Path and query of the question. */
  readonly target: string;
  /** Headers of its answer that the origin gets, in lower case. */
  readonly copy: readonly string[];
  /** For the whole answer, in ms; 0 for no limit. */
  readonly timeoutMs: number;
}

/** Bytes of an answer's content; more is no answer. */
const CONTENT_BYTES_MAX = 1024 * 1024;
const SET_COOKIE: ReadonlySet<string> = new Set(["set-cookie"]);
/** Headers in which services say who the client is, for the log and for limits. */
const USER_FIELDS = [
  "remote-user",
  "x-auth-request-user",
  "x-forwarded-user",
  "x-authentik-username",
];
const PLAIN = { maxForwards: -1, upgrade: "" };
const UNBOUNDED = {
  headBytesMax: Infinity,
  targetBytesMax: Infinity,
  fieldCountMax: Infinity,
};

/** Compiles the question to a service: `auth_refused`, `auth_unavailable`. */
export function forwardPhase(
  options: ForwardOptions,
  { clock, upstreamOf }: AuthPlace,
): AccessPhase {
  const auth = new ForwardAuth(options, upstreamOf(options.upstream), clock);
  return (x) => auth.check(x);
}

class ForwardAuth {
  readonly #options: ForwardOptions;
  readonly #upstream: Upstream;
  readonly #clock: Clock;
  readonly #copied: ReadonlySet<string>;
  #route: Route | undefined;

  constructor(options: ForwardOptions, upstream: Upstream, clock: Clock) {
    this.#options = options;
    this.#upstream = upstream;
    this.#clock = clock;
    this.#copied = new Set(options.copy);
  }

  async check(x: Exchange): Promise<void> {
    const fetch = this.#questionOf(x);
    const { timeoutMs } = this.#options;
    const cancel = timeoutMs === 0 ? undefined : this.#clock.after(
      timeoutMs,
      () => fetch.cancel(new HttpError("origin_timeout", "No answer in time")),
    );
    try {
      await this.#ask(x, fetch);
    } finally {
      cancel?.();
      fetch.discardOrigin();
      fetch.end();
    }
  }

  async #ask(x: Exchange, fetch: FetchState): Promise<void> {
    const { response } = fetch;
    let content: Uint8Array<ArrayBuffer>;
    try {
      await fetchFromOrigin(fetch, PLAIN);
      content = await contentOf(fetch);
    } catch (error) {
      if (error instanceof HttpError) this.#upstream.requestFailed(error);
      const detail = "The authentication service does not answer";
      throw new HttpError("auth_unavailable", detail, error);
    }
    const { status, fields } = response;
    if (status >= 200 && status < 300) return this.#letThrough(x, fetch);
    if (status < 200 || status === 304) {
      throw new HttpError("auth_unavailable", `It answered ${status}`);
    }
    const lines = refusalLines(fields);
    const detail = `The authentication service answered ${status}`;
    const answer = { status, lines, content };
    throw new HttpError("auth_refused", detail, undefined, "unknown", answer);
  }

  #letThrough(x: Exchange, { response: { fields } }: FetchState): void {
    x.fetch.addRequestLines(linesNamed(fields, this.#copied));
    x.addLines(linesNamed(fields, SET_COOKIE));
    for (const name of USER_FIELDS) {
      const user = singleValue(fields, name);
      if (user !== undefined && user !== "") return x.identifyAs(user);
    }
  }

  /** The question as a request of its own. */
  #questionOf(x: Exchange): FetchState {
    const { site, request, client } = x;
    const facts = new RequestFacts(request, {
      scheme: client.scheme,
      port: 0,
      client: client.address,
      id: () => "",
    });
    const bytes = authRequest(this.#options.target, {
      method: request.methodText,
      scheme: client.scheme,
      authority: facts.authority,
      uri: facts.uri,
      fields: request.fields,
      isTrusted: client.isTrusted,
    });
    const head = new RequestHead();
    head.begin(0, UNBOUNDED);
    if (!head.parse(bytes, bytes.length)) {
      throw new RangeError("A question has no end");
    }
    const fetch = new FetchState(site, head, new Body());
    const { address, scheme } = client;
    // What the question says of the client is ours: it goes on as it is.
    fetch.peer = { address, scheme, isTrusted: true, forwardingHeaders: [] };
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
