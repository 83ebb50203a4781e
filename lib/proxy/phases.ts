/**
 * The life of a request, from the end of its head to its line in the log:
 *
 * - **route**: the current generation of the configuration tells which route takes it,
 *   and the request holds that generation to its end;
 * - **filter**: what no route may get is refused, what is meant for this hop answered;
 * - **access**: what the route demands of clients; a route without demands has no
 *   phase for them, and pays nothing;
 * - **handler**: the route's own. That of an origin (`handlers/proxy.ts`) looks into
 *   the cache (`cache/cached.ts`), waits for what another request brings, or asks the
 *   origin (`fetch/ask.ts`), once more if that is safe; a stale response stands in for
 *   an origin that fails (`cache/fetch.ts`). Each ends with a reply, which
 *   `deliver/deliver.ts` brings to the client;
 * - **fail**: whatever a step throws becomes one well-formed response, or the abrupt
 *   end of one that has begun (`fail.ts`);
 * - **log**: one line (`log_exchange.ts`).
 *
 * Each step either goes on or throws an {@linkcode HttpError}. What steps find out
 * travels in the {@linkcode Exchange}. The connection calls the last two, since also a
 * request without a route fails and is logged.
 */

import { switchedMaintenance } from "../access/maintenance.ts";
import type { AccessPhase } from "../access/passage.ts";
import { HttpError } from "../http/error.ts";
import { METHOD } from "../http/method.ts";
import { RequestFacts } from "../http/request_facts.ts";
import { admit, hasNoHopsLeft } from "../exchange/admit.ts";
import { noteNominated } from "../exchange/body.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { clientOf, clientScheme } from "../exchange/forwarded.ts";
import { identify, idOf } from "../exchange/identify.ts";
import { beginSpans } from "../exchange/spans.ts";
import type { Generation } from "../exchange/generation.ts";
import type { Route } from "../exchange/route.ts";
import { WaitingClient } from "../fetch/upload.ts";
import { deliver, ownReply } from "../deliver/deliver.ts";
import { answerHere } from "../handlers/answer_here.ts";
import { belongsToHttps, redirectToHttps } from "../handlers/to_https.ts";
import { challengeResponse } from "../head/own_response.ts";
import { checkServerName } from "./server_name.ts";
import type { Handler } from "../handlers/handler.ts";
import type { ForwardingPlan } from "../head/forwarding.ts";
import { proceeding, routing } from "./writes.ts";

/** What the router finds: a route, compiled. */
export interface RoutePhases {
  readonly route: Route;
  readonly access: readonly AccessPhase[];
  readonly handle: Handler;
  /** Whether it says itself what maintenance is: it is among its demands. */
  readonly hasMaintenance?: boolean;
  /** Why there is no route for the request: that is told to those who may get here. */
  readonly refusal?: HttpError;
  /** The handler as people are told of it; undefined if nobody asks. */
  readonly handler?: HandlerView;
}

/** A handler as people are told of it. */
export interface HandlerView {
  readonly kind: "proxy" | "files" | "redirect" | "respond";
  /** The upstream, the folder, where it leads, or the status. */
  readonly target: string;
}

/** What an ACME server may ask for, by path: the proofs that names are ours. Plain data. */
export type Proofs = readonly (readonly [path: string, proof: string])[];

/** The generation that requests take at the end of their heads. */
export interface CurrentGeneration {
  readonly current: Generation<RoutePhases>;
  readonly proofs: ReadonlyMap<string, string>;
}

/**
 * Carries out an exchange whose request head is complete.
 *
 * @throws {HttpError} Whatever went wrong, at once or later; `x.writing` tells
 *   whether it can still be answered.
 */
export function carryOut(
  x: Exchange,
  { current, proofs }: CurrentGeneration,
): Promise<void> {
  begin(x, current);
  if (proofs.size > 0) {
    const proof = proofFor(x, proofs);
    if (proof !== undefined) return answerChallenge(x, current, proof);
  }
  if (x.request.target.form === "asterisk" && hasNoHopsLeft(x.request)) {
    return answerForServer(x, current);
  }
  const { route, access, handle } = enterRoute(x, current);
  if (route.httpsPort !== undefined && belongsToHttps(x)) {
    return redirectToHttps(x);
  }
  const admission = admit(x.request, route.contentBytesMax);
  if (admission === "answer") return answerHere(x);
  return access.length === 0
    ? handle(x, admission)
    : handleIfLetThrough(x, access, handle, admission);
}

/** The head of a request is complete: it takes a generation of the configuration, which it holds to its end, and an id. */
export function begin(x: Exchange, current: Generation<RoutePhases>): void {
  proceeding(x).reading = "content";
  x.fetch.enter(current);
  identify(x, current.fallback);
  if (x.site.tracing !== undefined) beginSpans(x, x.site.tracing);
}

/**
 * Finds the route of a request, which goes by it from here on.
 *
 * @throws {HttpError} `misdirected`, `unknown_host`, `no_route`, `ambiguous_path`.
 */
export function enterRoute(
  x: Exchange,
  current: Generation<RoutePhases>,
): RoutePhases {
  if (x.client.identity !== undefined || x.request.target.isHttps) {
    checkHost(x, current);
  }
  const phases = takeRoute(x, current);
  const { route } = phases;
  routing(x.fetch).route = route;
  if (route.needsFacts) routing(x.fetch).facts = factsOf(x);
  expectContent(x, route);
  return x.site.isInMaintenance ? inMaintenance(phases) : phases;
}

/** The same with maintenance switched on; a route with maintenance of its own knows of that itself. */
function inMaintenance(phases: RoutePhases): RoutePhases {
  return phases.hasMaintenance === true
    ? phases
    : { ...phases, access: [switchedMaintenance, ...phases.access] };
}

/** The proof that the request asks for, whatever its host is; undefined if it is no such request. */
function proofFor(
  { request }: Exchange,
  proofs: ReadonlyMap<string, string>,
): string | undefined {
  const isRead = request.method === METHOD.Get ||
    request.method === METHOD.Head;
  return isRead ? proofs.get(request.targetText) : undefined;
}

/**
 * Answers `OPTIONS *` with no hops left, which is about sluice itself (RFC 9110 §9.3.7)
 * and none of its hosts: a health check knows no name that there is, and must not be
 * sent to HTTPS.
 *
 * @throws {HttpError} `misdirected`, and those of `admit`.
 */
function answerForServer(
  x: Exchange,
  current: Generation<RoutePhases>,
): Promise<void> {
  try {
    enterRoute(x, current);
  } catch (error) {
    const isUnknown = error instanceof HttpError &&
      error.code === "unknown_host";
    if (!isUnknown) throw error;
  }
  admit(x.request, x.fetch.route.contentBytesMax);
  return answerHere(x);
}

/** Before everything that a route demands: the ACME server knows of none of it. */
function answerChallenge(
  x: Exchange,
  { fallback }: Generation<RoutePhases>,
  proof: string,
): Promise<void> {
  routing(x.fetch).route = fallback;
  expectContent(x, fallback);
  return deliver(x, ownReply(challengeResponse(proof)));
}

/** @throws {HttpError} `misdirected`. */
function checkHost(
  x: Exchange,
  { fallback }: Generation<RoutePhases>,
): void {
  try {
    if (x.request.target.isHttps) checkScheme(x);
    checkServerName(x.client, x.request);
  } catch (error) {
    expectContent(x, fallback);
    throw error;
  }
}

/**
 * A request for an `https` URL has to come by TLS, unless a trusted proxy vouches for
 * it (RFC 9110 §7.4).
 *
 * @throws {HttpError} `misdirected`.
 */
function checkScheme(x: Exchange): void {
  if (x.client.scheme === "https" || clientScheme(x) === "https") return;
  throw new HttpError("misdirected", "An https URL over plain HTTP");
}

/** What the request says to templates. */
function factsOf(x: Exchange): RequestFacts {
  const { localAddr } = x.client.socket;
  return new RequestFacts(x.request, {
    scheme: clientScheme(x),
    port: localAddr.transport === "tcp" ? localAddr.port : 0,
    client: clientOf(x).address,
    id: () => idOf(x),
  });
}

/** @throws {HttpError} `unknown_host`, `no_route`, `ambiguous_path`. */
function takeRoute(
  x: Exchange,
  { router, fallback }: Generation<RoutePhases>,
): RoutePhases {
  const client = router.needsClient ? clientOf(x).address : "";
  try {
    return router.take(x.request, client).value;
  } catch (error) {
    if (error instanceof HttpError && error.code === "no_route") {
      const phases = router.unroutedOf?.(x.request);
      const handle = (): Promise<void> => Promise.reject(error);
      if (phases !== undefined) return { ...phases, handle, refusal: error };
    }
    const route = router.fallbackOf(x.request) ?? fallback;
    routing(x.fetch).route = route;
    expectContent(x, route); // which is read or not as that of any other request
    throw error;
  }
}

async function handleIfLetThrough(
  x: Exchange,
  access: readonly AccessPhase[],
  handle: Handler,
  plan: ForwardingPlan,
): Promise<void> {
  for (const phase of access) {
    const passage = phase(x);
    const isAnswered = passage instanceof Promise ? await passage : passage;
    if (isAnswered === "answered") return;
    if (x.failure !== undefined) throw x.failure; // the client left meanwhile
  }
  await handle(x, plan);
}

/** From here on, what the client sends is the request's content, as far as the route takes it. */
function expectContent(x: Exchange, { contentBytesMax }: Route): void {
  const { request, requestBody, client } = x;
  requestBody.begin(
    client.reader,
    request.framing,
    contentBytesMax,
    "client_gone",
  );
  noteNominated(requestBody, request);
  routing(x.fetch).client ??= new WaitingClient(x);
}
