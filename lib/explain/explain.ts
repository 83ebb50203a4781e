/**
 * Explains a request: it goes through the decisions that every request goes through,
 * in their order, and each tells what it has decided and why. Nothing is sent, counted
 * or stored.
 */

import type { ConnectionOptions } from "../client/connection_options.ts";
import { flush } from "../deliver/send_content.ts";
import { admit } from "../exchange/admit.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import type { Generation } from "../exchange/generation.ts";
import type { Site } from "../exchange/site.ts";
import { answerHere } from "../handlers/answer_here.ts";
import { mayPurge } from "../handlers/cache/purge.ts";
import { preparationOf } from "../handlers/proxy.ts";
import { belongsToHttps, redirectToHttps } from "../handlers/to_https.ts";
import type { ForwardingPlan } from "../head/forwarding.ts";
import { HttpError } from "../http/error.ts";
import { METHOD } from "../http/method.ts";
import { begin, enterRoute, type RoutePhases } from "../proxy/phases.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { explainAccess } from "./access_steps.ts";
import { explainCached } from "./cache_steps.ts";
import { Chain } from "./chain.ts";
import { DryExchange } from "./dry_exchange.ts";
import { type Explanation, type Facts, told } from "./explanation.ts";
import { explainForward } from "./fetch_steps.ts";
import type { Question } from "./question.ts";
import { answerSteps, timeoutStep } from "./response_steps.ts";
import { routeStep } from "./route_steps.ts";

/** For sluice's own answer to a request, in ms: a disk may be slow. */
const ANSWER_MS = 5000;
/** A chance that leaves requests with those servers that have no percentage. */
const NO_CANARY = 1 - Number.EPSILON;

/** What a request is explained by. */
export interface ExplainPlace {
  readonly site: Site;
  readonly generation: Generation<RoutePhases>;
  readonly connection: ConnectionOptions;
}

/** Explains a request. */
export async function explain(
  { site, generation, connection }: ExplainPlace,
  question: Question,
): Promise<Explanation> {
  const chain = new Chain(question);
  const { fallback } = generation;
  const unmetered = { ...site, meter: undefined }; // nothing of it is counted
  const dry = new DryExchange(unmetered, connection, fallback, question);
  try {
    dry.readHead(question);
    begin(dry.x, generation);
    await follow(dry, generation, chain);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    chain.refuse(error, dry.x);
  } finally {
    dry.end();
  }
  return chain.explanation;
}

/** @throws {HttpError} Why the request is refused. */
async function follow(
  dry: DryExchange,
  generation: Generation<RoutePhases>,
  chain: Chain,
): Promise<void> {
  const { x } = dry;
  chain.at = "route";
  const { asked, needsClient } = generation.router;
  const routeFacts = asked && routeStep(asked, x, needsClient);
  if (routeFacts !== undefined) chain.add(routeFacts);
  const phases = enterRoute(x, generation);
  chain.at = "https";
  const { route, access } = phases;
  if (route.httpsPort !== undefined && belongsToHttps(x)) {
    chain.add(told("https", "The client is sent to HTTPS."));
    return await answer(dry, chain, () => redirectToHttps(x));
  }
  chain.at = "admission";
  const plan = admit(x.request, route.contentBytesMax);
  if (plan === "answer") {
    chain.add(told("admission", "The request is for this hop (Max-Forwards)."));
    return await answer(dry, chain, () => answerHere(x));
  }
  chain.at = "access";
  const goesOn = await explainAccess(x, access, chain);
  if (goesOn && phases.refusal !== undefined) throw phases.refusal;
  if (goesOn) await explainHandler(dry, phases, plan, chain);
}

async function explainHandler(
  dry: DryExchange,
  { route, handler, handle }: RoutePhases,
  plan: ForwardingPlan,
  chain: Chain,
): Promise<void> {
  const { x } = dry;
  chain.at = "handler";
  const { kind = "proxy", target = "" } = handler ?? {};
  if (route.upstream === undefined) {
    chain.add(told("handler", `The handler is ${kind}.`, { kind, target }));
    await answer(dry, chain, () => handle(x, plan));
    return;
  }
  const prepare = preparationOf(route, () => NO_CANARY);
  const prepared = prepare === undefined ? plan : prepare(x, plan);
  chain.add(told("handler", "The request goes to an upstream.", {
    kind,
    upstream: target,
    target: targetOf(x),
    part: route.upstream.parts.names[x.fetch.part] || undefined,
    canaries: canariesOf(route.upstream),
  }));
  const { cache } = x.site;
  if (route.cache === undefined || cache === undefined) {
    chain.result = "passed";
    explainForward(x, prepared, undefined, chain);
  } else if (x.request.method === METHOD.Purge) {
    chain.at = "stored";
    if (!mayPurge(x)) {
      throw new HttpError("forbidden", "PURGE from an address that may not");
    }
    chain.result = "purge";
    chain.status = 200;
    chain.add(told("stored", "PURGE takes out what is stored."));
  } else await explainCached(x, cache, prepared, chain);
  chain.add(timeoutStep(route));
}

/** The servers that get a share of all requests, by chance; undefined for none. */
function canariesOf({ options: { servers } }: Upstream): Facts[] | undefined {
  const canaries = servers.flatMap(({ address, percent }) =>
    percent === undefined ? [] : [{ name: address.authority, percent }]
  );
  return canaries.length === 0 ? undefined : canaries;
}

/** The target that the origin gets. */
function targetOf({ fetch: { target }, request }: Exchange): string {
  if (target === undefined) return request.targetText;
  return String.fromCharCode(...target);
}

/** What sluice answers by itself: the answer is made, and nobody gets it. */
async function answer(
  dry: DryExchange,
  chain: Chain,
  make: () => Promise<void>,
): Promise<void> {
  const { x } = dry;
  const made = async (): Promise<void> => {
    await make();
    await flush(x); // as a connection writes the end of a response
  };
  const answered = Promise.resolve().then(made).catch((error: unknown) => {
    // Behind the head, there is no client any more.
    if (dry.responseHead === "") throw error;
  });
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => {
    cancel = x.site.clock.after(ANSWER_MS, resolve);
  });
  try {
    await Promise.race([answered, late]);
  } finally {
    cancel();
  }
  chain.result = "answered";
  chain.add(...answerSteps(x, dry.responseHead));
  chain.status = x.status || null;
}
