/** What would be asked of which server, and what if it fails. */

import type { StoredResponse } from "../cache/store/stored_response.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { writeRequestHead } from "../fetch/ask.ts";
import type { ForwardingPlan } from "../head/forwarding.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import { textOf } from "../http/bytes.ts";
import { isIdempotent } from "../http/method.ts";
import type { Outlook } from "../upstream/outlook.ts";
import { outlookOf } from "../upstream/outlook.ts";
import type { Server } from "../upstream/server.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { Chain } from "./chain.ts";
import { decided, type Step, told } from "./explanation.ts";
import { linesIn } from "./head_lines.ts";
import { codingOutlook, ruleStep } from "./response_steps.ts";

const HEAD_BYTES = 4096;
const NONE: ReadonlySet<Server> = new Set();

/**
 * Explains how the request goes to the origin.
 *
 * @param validated What is stored and would be confirmed; undefined for nothing.
 */
export function explainFetch(
  x: Exchange,
  plan: ForwardingPlan,
  validated: StoredResponse | undefined,
  chain: Chain,
): void {
  const { fetch, request } = x;
  const { upstream } = fetch;
  chain.at = "server";
  const outlook = outlookOf(upstream, {
    request,
    client: fetch.client?.address ?? "",
    part: fetch.part,
    tried: NONE,
  });
  chain.add(serverStep(upstream, outlook));
  chain.at = "sent";
  chain.add(sentStep(x, plan, outlook, validated));
  chain.add(retryStep(x));
}

/** Explains how the request goes to the origin, whose response its client gets. */
export function explainForward(
  x: Exchange,
  plan: ForwardingPlan,
  validated: StoredResponse | undefined,
  chain: Chain,
): void {
  explainFetch(x, plan, validated, chain);
  chain.add(...codingOutlook(x), ...ruleStep(x));
}

function serverStep({ options }: Upstream, outlook: Outlook): Step {
  const { decidedBy, server, servers } = outlook;
  const { name, mirror } = options;
  return decided("server", decidedBy, {
    upstream: name,
    server,
    servers: servers.map(({ odds, isEligible, isBackup, ...rest }) => ({
      ...rest,
      backup: isBackup || undefined,
      eligible: isEligible,
      percent: Math.round(odds * 1000) / 10,
    })),
    mirror: mirror && { ...mirror },
  });
}

/** The head that the origin would get, as far as the server does not matter. */
function sentStep(
  x: Exchange,
  plan: ForwardingPlan,
  { server: name }: Outlook,
  validated: StoredResponse | undefined,
): Step {
  const { fetch } = x;
  const { servers } = fetch.upstream;
  const server = servers.find((each) => each.name === name) ?? servers[0];
  const out = new ByteWriter(HEAD_BYTES);
  writeRequestHead(out, fetch, plan, server);
  const [line, ...headers] = linesIn(textOf(out.bytes, 0, out.length));
  const words = validated === undefined
    ? "The request as the origin gets it."
    : "The request as the origin gets it: it asks whether what is stored is still good.";
  return told("sent", words, {
    line,
    headers,
    conditions: conditionsIn(headers),
  });
}

/** The names of the headers that make the request conditional; undefined for none. */
function conditionsIn(headers: readonly string[]): string[] | undefined {
  const names = headers.map((line) => line.split(":", 1)[0]!)
    .filter((name) => /^(?:if-.*|range)$/i.test(name));
  return names.length === 0 ? undefined : names;
}

function retryStep({ request, fetch: { upstream } }: Exchange): Step {
  const { tries, forMs, on, budgetPercent } = upstream.options.retry;
  const isAgain = isIdempotent(request.method);
  const words = tries === 0
    ? "The request is sent once more only where nothing of it can have been processed."
    : isAgain
    ? "The request is sent once more if it fails, on another server if there is one."
    : "The method is not idempotent: the request is sent once more only if nothing of it was sent.";
  return told("retry", words, {
    tries,
    isIdempotent: isAgain,
    on,
    refusedForMs: forMs || undefined,
    budgetPercent,
  });
}
