/** The response, as far as it is known before anybody is asked: coding, header rules, head. */

import { acceptedCoding, chooseCoding } from "../coding/choose.ts";
import { planReply } from "../deliver/deliver.ts";
import type { Reply } from "../deliver/reply.ts";
import { writeHead } from "../deliver/reply_head.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import type { Route } from "../exchange/route.ts";
import { textOf } from "../http/bytes.ts";
import type { FieldRule } from "../http/field_rule.ts";
import { isSecretHeader } from "../http/secret_header.ts";
import { decided, type Facts, type Step, told } from "./explanation.ts";
import { linesIn } from "./head_lines.ts";

/** What is known of the response that something stored makes. */
export interface KnownResponse {
  readonly steps: readonly Step[];
  readonly status: number;
}

/** The response that something stored makes for this client. */
export function storedReplySteps(x: Exchange, reply: Reply): KnownResponse {
  const { errorPages } = x.route;
  if (errorPages?.intercept === true && errorPages.has(reply.status)) {
    const words = "An error page of the operator's takes its place.";
    const steps = [told("response", words, { status: reply.status })];
    return { steps, status: reply.status };
  }
  x.out.length = 0;
  const delivery = planReply(x, reply);
  const { plan, form, sent } = delivery;
  x.settleKeepAlive(plan.framing, x.reading);
  writeHead(x, delivery);
  const [, ...headers] = linesIn(textOf(x.out.bytes, 0, x.out.length));
  const steps = [
    ...codingStep(x, form, sent === undefined),
    told("response", "The head that the client gets.", {
      status: plan.status,
      framing: plan.framing,
      ranges: plan.ranges?.length,
      headers,
    }),
  ];
  return { steps, status: plan.status };
}

/** In which coding the content is sent, and why. */
function codingStep(
  { codingReason, route }: Exchange,
  form: string | undefined,
  isMade: boolean,
): Step[] {
  if (route.coding === undefined) return [];
  if (codingReason === "") {
    const words = form === undefined
      ? "The content is sent as it is stored."
      : "The content is decoded.";
    return [told("coding", words, { coding: form })];
  }
  const facts: Facts = { coding: form, hasToBeMade: isMade || undefined };
  return [decided("coding", codingReason, facts)];
}

/** What the request has to say about coding a response that is not known yet. */
export function codingOutlook(x: Exchange): Step[] {
  const { route: { coding }, request: { fields } } = x;
  if (coding === undefined) return [];
  const offered = coding.offered.join(", ");
  const { coding: chosen, reason } = chooseCoding(
    fields,
    coding,
    x.route.cache === undefined ? x.site.codingLoad : undefined,
  );
  return [decided("coding", reason, {
    coding: chosen,
    offered,
    whileItPasses: acceptedCoding(fields, coding.onTheFly),
    minBytes: coding.bytesMin,
  })];
}

/** The header rules of the route. */
export function ruleStep({ route }: Exchange): Step[] {
  const request = route.requestRules.map(ruleText);
  const response = route.responseRules.map(ruleText);
  if (request.length === 0 && response.length === 0) return [];
  return [told("response", "The header rules of the route.", {
    requestRules: request.length > 0 ? request : undefined,
    responseRules: response.length > 0 ? response : undefined,
  })];
}

function ruleText({ action, name, line, made }: FieldRule): string {
  if (action === "remove" || isSecretHeader(name)) return `${action} ${name}`;
  const text = made === undefined
    ? textOf(line, 0, line.length).trimEnd()
    : `${textOf(made.label, 0, made.label.length)}${made.value.source}`;
  return `${action} ${text}`;
}

/** What sluice answers by itself, by the head that was written; it may be empty. */
export function answerSteps(x: Exchange, head: string): Step[] {
  const [line, ...headers] = linesIn(head);
  const words = head === ""
    ? "The answer was not made in time."
    : "The head that the client gets.";
  return [
    ...(x.codingReason === "" ? [] : [decided("coding", x.codingReason)]),
    told("response", words, { line, headers }),
  ];
}

/** How long what may take. */
export function timeoutStep(route: Route): Step {
  const { timeouts, upstream } = route;
  return told("timeouts", "The time limits of the request; 0 for none.", {
    connectMs: upstream?.options.connectMs,
    queueMs: upstream?.options.pool.queueMs,
    ...timeouts,
  });
}
