/**
 * Delivering a reply: the one way by which a response gets to a client.
 *
 * In this order, whatever the content is: the form in which the client gets it, the
 * plan (conditions, ranges, framing), the head with the route's rules, the content.
 * What is here already leaves with the head in one write, and nothing is waited for
 * but that.
 */

import type { Reading } from "../client/keep_alive.ts";
import type { ClientHead, KeptHead } from "../head/kept_head.ts";
import type { Coding, ContentForm } from "../coding/negotiate.ts";
import { FIELD } from "../http/field.ts";
import type { ResponseHead } from "../http/response_head.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import type { OwnResponse } from "../head/own_response.ts";
import type { PartHeads } from "../head/stored_response.ts";
import { makeForm } from "./coded_content.ts";
import { readsGzip } from "../coding/choose.ts";
import { type DeliveryPlan, isFarAhead, planDelivery } from "./plan.ts";
import type { Content, Reply } from "./reply.ts";
import {
  clientHeadFor,
  contentInForm,
  formFor,
  mayEncode,
} from "./reply_form.ts";
import { type Delivery, writeHead } from "./reply_head.ts";
import {
  encodeWhole,
  endResponse,
  openContent,
  sendContent,
  sendEncoded,
  sendRanges,
  takeArrived,
} from "./send_content.ts";
import { delivering } from "./writes.ts";

/** The reply that is a response of sluice's own. */
export function ownReply(response: OwnResponse): Reply {
  return { ...response, validators: undefined, note: undefined };
}

/**
 * Delivers a reply: the exchange is answered with it. Content that the request still
 * has is read only if the reply is the origin's. The end of the response, which is
 * mostly all of it, is left in `x.out` for the connection to write.
 *
 * @throws {HttpError} `client_gone`, or why the content breaks off.
 */
export function deliver(x: Exchange, reply: Reply): Promise<void> {
  x.out.length = 0;
  const delivery = planReply(x, reply);
  const { sent, plan, form } = delivery;
  const { content } = reply;
  if (sent !== undefined || !plan.sendsContent) {
    return send(x, delivery, sent ?? content);
  }
  return content.kind === "stored"
    ? deliverForm(x, delivery, form!)
    : deliverEncoded(x, delivery, form as Coding);
}

/** Decides how a reply is delivered; nothing of it is made or sent yet. */
export function planReply(x: Exchange, reply: Reply): Delivery {
  const { content } = reply;
  const clientHead = clientHeadFor(x, reply.head);
  const isEncodable = mayEncode(x, reply, clientHead);
  const form = formFor(x, reply, clientHead, isEncodable);
  const sent = form === undefined ? content : contentInForm(content, form);
  const length = sent === undefined ? -1 : lengthOf(sent);
  const plan = planFor(x, reply, clientHead, form, length);
  return { reply, clientHead, isEncodable, form, plan, sent, length };
}

/** Whether the client asks for a range of content that is still far from arriving. */
export function asksFarAhead(x: Exchange, reply: Reply): boolean {
  const { content } = reply;
  if (content.kind !== "arriving" || !x.request.fields.has(FIELD.Range)) {
    return false;
  }
  const { length, arrived } = content.incoming;
  const clientHead = clientHeadFor(x, reply.head);
  return isFarAhead(planFor(x, reply, clientHead, undefined, length), arrived);
}

/** Whether the client does not read the coding that the content has, and gets it without once it is whole. */
export function needsDecoding(x: Exchange, head: KeptHead): boolean {
  return clientHeadFor(x, head)!.isGzip && !readsGzip(x.request.fields);
}

/**
 * Whether the client does not read the coding that the content has, and nobody here
 * takes that off: it may have been stored when, or where, somebody did.
 */
export function isUnreadable(x: Exchange, head: KeptHead): boolean {
  return clientHeadFor(x, head)!.staysGzip && !readsGzip(x.request.fields);
}

/** Bytes of the content; -1 if nobody knows. */
function lengthOf(content: Content): number {
  switch (content.kind) {
    case "none":
      return 0;
    case "bytes":
      return content.bytes.length;
    case "stored":
      return content.stored.length;
    case "arriving":
      return content.incoming.length;
    case "origin": {
      const { kind, length } = content.fetch.response.framing;
      return kind === "length" ? length : -1;
    }
    case "file":
      return content.file.length;
  }
}

/** @param length Bytes of the content in this form; -1 if nobody knows. */
function planFor(
  x: Exchange,
  reply: Reply,
  clientHead: ClientHead | undefined,
  form: ContentForm | undefined,
  length: number,
  isDivisible = true,
): DeliveryPlan {
  const { status, content, validators } = reply;
  const isOrigins = content.kind === "origin";
  const isArriving = content.kind === "arriving";
  return planDelivery(x.request, {
    status,
    validators,
    hasContent: isOrigins
      ? content.fetch.response.framing.kind !== "none"
      : status !== 204 && status !== 304,
    length,
    arrived: isArriving ? content.incoming.arrived : 0,
    form,
    // A client that does not read the coding gets the content without it, once it is whole.
    isDivisible: isDivisible &&
      !(isArriving && needsDecoding(x, content.stored.head)),
    codings: clientHead?.isEncodable ? x.route.coding?.offered : undefined,
    isWholeRange: isOrigins && x.outcome.asksForAll &&
      isWhole(content.fetch.response),
  }, x.startedMs);
}

/** Whether the response has all of the content, and ranges of it may be asked for. */
function isWhole({ status, framing, fields }: ResponseHead): boolean {
  return status === 200 && framing.kind === "length" && framing.length > 0 &&
    !fields.has(FIELD.ContentRange) &&
    fields.text(FIELD.AcceptRanges)?.toLowerCase() !== "none";
}

/** How far the request has been read when its response ends: of `unread`, the rest will not be. */
function readingAtEnd(x: Exchange, { content }: Reply): Reading {
  const { request, requestBody, reading } = x;
  if (reading !== "content") return reading;
  // A final response in place of 100: nobody can tell whether the content will come.
  const isUnsure = request.fields.has(FIELD.Expect) &&
    requestBody.contentBytes === 0;
  return content.kind === "origin" && !isUnsure ? reading : "unread";
}

/** Sends the response, now that all is decided. */
function send(
  x: Exchange,
  delivery: Delivery,
  content: Content,
): Promise<void> {
  const parts = begin(x, delivery);
  const { ranges, sendsContent, framing } = delivery.plan;
  if (!sendsContent) return endResponse(x, content);
  if (delivery.form !== undefined) noteSaved(x, delivery);
  return ranges === undefined || content.kind === "origin" // of which it is all
    ? sendContent(x, content, framing === "chunked")
    : sendRanges(x, content, ranges, parts);
}

/** Counts what the client is spared by the coding. */
function noteSaved(x: Exchange, { reply, form, plan, length }: Delivery): void {
  if (form === undefined || form === "identity" || plan.ranges !== undefined) {
    return;
  }
  x.site.meter?.saved(form, lengthOf(reply.content) - length);
}

function begin(x: Exchange, delivery: Delivery): PartHeads | undefined {
  const { reply, plan } = delivery;
  delivering(x).status = plan.status;
  x.settleKeepAlive(plan.framing, readingAtEnd(x, reply));
  return writeHead(x, delivery);
}

/** Delivers a stored response in a form that is made, and then kept; as it is stored if that is not to be had. */
async function deliverForm(
  x: Exchange,
  delivery: Delivery,
  wanted: ContentForm,
): Promise<void> {
  const { reply, clientHead } = delivery;
  if (reply.content.kind !== "stored") return;
  const bytes = await makeForm(x, reply.content.stored, wanted);
  const form = bytes === undefined ? undefined : wanted;
  const content: Content = bytes === undefined
    ? reply.content
    : { kind: "bytes", bytes };
  const length = lengthOf(content);
  const isDivisible = bytes !== undefined;
  const plan = planFor(x, reply, clientHead, form, length, isDivisible);
  await send(x, { ...delivery, form, length, plan }, content);
}

/** Delivers content that is encoded on its way, for this client alone. */
async function deliverEncoded(
  x: Exchange,
  delivery: Delivery,
  coding: Coding,
): Promise<void> {
  const { reply, clientHead } = delivery;
  const { content } = reply;
  const reader = openContent(x, content);
  try {
    const first = takeArrived(reader);
    const bytes = reader.done && first !== undefined
      ? await encodeWhole(x, first, coding)
      : undefined;
    const length = bytes?.length ?? -1;
    const plan = planFor(x, reply, clientHead, coding, length);
    begin(x, { ...delivery, plan, length });
    if (bytes === undefined) {
      const isChunked = plan.framing === "chunked";
      await sendEncoded(x, reader, coding, isChunked, first);
    } else {
      x.out.append(bytes);
      delivering(x).contentBytesOut = length;
    }
  } finally {
    reader.close();
  }
  endResponse(x, content);
}
