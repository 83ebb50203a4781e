/**
 * The phases of a request, from the end of its head on, in the order in which they
 * happen:
 *
 * - **route**: the current generation of the configuration tells which route takes it,
 *   and the request holds that generation to its end;
 * - **filter**: what no route may get is refused, what is meant for this hop answered;
 * - **access**: what the route demands of clients; a route without demands has no
 *   phase for them, and pays nothing;
 * - **handler**: the route's own, such as the cache with the origin behind it.
 *
 * Each step either goes on, or throws an {@linkcode HttpError} that the connection
 * turns into the response. What steps find out travels in the {@linkcode Exchange}.
 */

import { admit } from "../exchange/admit.ts";
import { noteNominated } from "../exchange/body.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import type { Generation } from "../exchange/generation.ts";
import type { Route } from "../exchange/route.ts";
import { WaitingClient } from "../fetch/upload.ts";
import { answerHere } from "../handlers/answer_here.ts";
import type { Handler } from "../handlers/handler.ts";
import type { ForwardingPlan } from "../head/origin_request.ts";

/** Lets a request through, at once or later, or throws why not. */
export type AccessPhase = (x: Exchange) => Promise<void> | undefined;

/** What the router finds: a route, compiled. */
export interface RoutePhases {
  readonly route: Route;
  readonly access: readonly AccessPhase[];
  readonly handle: Handler;
}

/** The generation that requests take at the end of their heads. */
export interface CurrentGeneration {
  readonly current: Generation<RoutePhases>;
}

/**
 * Carries out an exchange whose request head is complete.
 *
 * @throws {HttpError} Whatever went wrong, at once or later; `x.writing` tells
 *   whether it can still be answered.
 */
export function carryOut(
  x: Exchange,
  { current }: CurrentGeneration,
): Promise<void> {
  x.fetch.enter(current);
  const { route, access, handle } = current.router.route(x.request);
  x.fetch.route = route;
  expectContent(x, route);
  const admission = admit(x.request, route.contentBytesMax);
  if (admission === "answer") return answerHere(x);
  return access.length === 0
    ? handle(x, admission)
    : handleIfLetThrough(x, access, handle, admission);
}

async function handleIfLetThrough(
  x: Exchange,
  access: readonly AccessPhase[],
  handle: Handler,
  plan: ForwardingPlan,
): Promise<void> {
  for (const phase of access) await phase(x);
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
  x.fetch.client ??= new WaitingClient(x);
}
