/** Writing the head of a response that is delivered, wherever it comes from. */

import type { ClientHead, KeptHead } from "../head/kept_head.ts";
import type { ContentForm } from "../coding/negotiate.ts";
import { weakened } from "../coding/fields.ts";
import type { DefaultLines, Exchange } from "../exchange/exchange_state.ts";
import { noteWeakened } from "../exchange/site.ts";
import { makeFormTemplate } from "../head/client_head.ts";
import {
  type Connection,
  type ReceivedHead,
  writeClientResponse,
} from "../head/client_response.ts";
import type { HeadTemplate } from "../head/head_template.ts";
import type { PublicUrls } from "../head/public_urls.ts";
import { serverTimingLine } from "../head/server_timing.ts";
import { writeOwnHead } from "../head/own_response.ts";
import {
  type CacheNote,
  type PartHeads,
  partHeadsOf,
  writeMultipartHead,
  writeNotModified,
  writeRangeHead,
  writeUnsatisfiable,
  writeWholeHead,
} from "../head/stored_response.ts";
import { heldTag } from "../http/condition.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import { COLON, CRLF, LF } from "../http/bytes.ts";
import { FIELD } from "../http/field.ts";
import { writeFieldRules } from "../http/field_rule.ts";
import type { DeliveryPlan } from "./plan.ts";
import type { Content, Reply } from "./reply.ts";
import { delivering } from "./writes.ts";

/** A reply with all that has been decided about it. */
export interface Delivery {
  readonly reply: Reply;
  /** Its head as clients get it, if that is kept. */
  readonly clientHead: ClientHead | undefined;
  readonly form: ContentForm | undefined;
  /** Whether another client might get it in another coding. */
  readonly isEncodable: boolean;
  readonly plan: DeliveryPlan;
  /** The content in its form; undefined if that is still to be made. */
  readonly sent: Content | undefined;
  /** Bytes of it; -1 if nobody knows. */
  readonly length: number;
}

/**
 * Writes the head to `x.out`.
 *
 * @returns What stands before and behind several ranges; undefined if there are not several.
 */
export function writeHead(
  x: Exchange,
  delivery: Delivery,
): PartHeads | undefined {
  const parts = writeStaticHead(x, delivery);
  const { form } = delivery;
  if (form !== undefined && form !== "identity") delivering(x).coding = form;
  const hstsLine = x.client.scheme === "https" ? x.route.hstsLine : undefined;
  const { fetch: { idLine, stickyLine, facts }, addedLines, defaultLines } = x;
  const isMade = facts !== undefined && x.route.madeResponseRules.length > 0;
  if (
    hstsLine !== undefined || isMade || idLine !== "" || stickyLine !== "" ||
    addedLines !== "" || defaultLines.length > 0 || x.route.sendsTiming
  ) {
    x.out.length -= CRLF.length; // before the empty line
    if (hstsLine !== undefined) x.out.append(hstsLine);
    if (isMade) writeFieldRules(x.out, x.route.madeResponseRules, facts);
    x.out.text(idLine);
    if (delivery.reply.head.kind === "received") x.out.text(stickyLine);
    x.out.text(addedLines);
    if (x.route.sendsTiming) x.out.text(timingLine(x));
    if (defaultLines.length > 0) writeDefaults(x.out, defaultLines);
    x.out.append(CRLF);
  }
  return parts;
}

/** What the response has waited for so far. */
function timingLine({ outcome, fetch }: Exchange): string {
  const { queueMs, connectMs, originMs, startedMs, sentMs } = fetch;
  return serverTimingLine({
    cacheStatus: outcome.result,
    queueMs,
    connectMs,
    originMs: originMs < 0 ? -1 : Math.max(0, startedMs + originMs - sentMs),
  });
}

/** Writes the lines whose names the head, which is all that is in `out`, does not have. */
function writeDefaults(
  out: ByteWriter,
  defaultLines: readonly DefaultLines[],
): void {
  const { length } = out;
  for (const { name, lines } of defaultLines) {
    if (!hasLine(out.bytes, length, name)) out.text(lines);
  }
}

/** Whether a head has a line with a name, which is in lower case. */
function hasLine(bytes: Uint8Array, length: number, name: string): boolean {
  for (
    let at = bytes.indexOf(LF);
    at >= 0 && at + 1 < length;
    at = bytes.indexOf(LF, at + 1)
  ) {
    if (isNamed(bytes, at + 1, name)) return true;
  }
  return false;
}

function isNamed(bytes: Uint8Array, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[at + i]!;
    const isUpper = byte >= 0x41 && byte <= 0x5a;
    if ((isUpper ? byte | 0x20 : byte) !== name.charCodeAt(i)) return false;
  }
  return bytes[at + name.length] === COLON;
}

/** The head, but for the lines of rules that depend on the request. */
function writeStaticHead(
  x: Exchange,
  delivery: Delivery,
): PartHeads | undefined {
  const { head, note, status } = delivery.reply;
  const connection = connectionOf(x);
  if (head.kind === "kept") {
    const said = note ?? plainNote(x.outcome.forwardLine());
    return writeKept(x, head, delivery, said, connection);
  }
  const cacheStatus = note?.cacheStatus ?? x.outcome.forwardLine();
  if (head.kind === "received") {
    writeReceived(x, head, delivery, cacheStatus, connection);
    return undefined;
  }
  const { framing, length } = delivery.plan;
  writeOwnHead(x.out, { status, head }, {
    length: framing === "length" ? length : -1,
    isChunked: framing === "chunked",
    connection,
    rules: x.route.responseRules,
    date: x.site.date.bytes(),
    cacheStatus,
  });
  return undefined;
}

function connectionOf({ keepAlive, request }: Exchange): Connection {
  if (keepAlive !== "yes") return "close";
  return request.minorVersion === 0 ? "keep-alive" : "";
}

function plainNote(cacheStatus: string): CacheNote {
  return { age: -1, cacheStatus, ttl: undefined, ownLines: undefined };
}

function writeReceived(
  x: Exchange,
  { response }: ReceivedHead,
  { plan, form, isEncodable }: Delivery,
  cacheStatus: string,
  connection: Connection,
): void {
  const { route, site } = x;
  if (form !== undefined) noteWeakened(site, response.fields);
  writeClientResponse(x.out, response, route.responseRules, {
    framing: plan.framing,
    length: plan.length,
    connection,
    cacheStatus,
    coding: form,
    varies: isEncodable,
    dropsTags: route.cache?.passesTags === false,
    isRange: plan.ranges !== undefined,
    etag: response.status === 304 ? confirmedTag(x) : undefined,
    publicUrls: publicUrlsOf(x),
  }, site.date.bytes);
}

function publicUrlsOf(x: Exchange): PublicUrls | undefined {
  const mapping = x.publicMapping;
  return mapping && { mapping, origin: x.publicOrigin() };
}

/** The entity tag for a 304 to a client that may hold a coded form; undefined for the one that came. */
function confirmedTag(
  { request, route, fetch: { response } }: Exchange,
): string | undefined {
  const own = response.fields.text(FIELD.Etag);
  return own === undefined || route.coding === undefined
    ? undefined
    : heldTag(request.fields, own, own);
}

function writeKept(
  x: Exchange,
  head: KeptHead,
  { reply, clientHead, form, plan, length }: Delivery,
  note: CacheNote,
  connection: Connection,
): PartHeads | undefined {
  const { out } = x;
  const template = form === undefined
    ? clientHead!.template
    : formTemplate(x, head, clientHead!, form);
  const { status, ranges } = plan;
  if (ranges !== undefined && ranges.length > 1) {
    const parts = partHeadsOf(template, crypto.randomUUID(), ranges, length);
    writeMultipartHead(out, template, parts, plan.length, note, connection);
    return parts;
  }
  if (ranges !== undefined) {
    writeRangeHead(out, template, ranges[0]!, length, note, connection);
  } else if (status === reply.status) {
    writeWholeHead(out, template, plan, note, connection);
  } else if (status === 304) {
    const { etag } = reply.validators!;
    const sent = form === undefined || etag === "" ? etag : weakened(etag);
    const held = heldTag(x.request.fields, etag, sent);
    writeNotModified(out, template, held, note, connection);
  } else writeUnsatisfiable(out, template, length, note, connection);
  return undefined;
}

/** The template of another form than the one that is kept. */
function formTemplate(
  x: Exchange,
  head: KeptHead,
  clientHead: ClientHead,
  form: ContentForm,
): HeadTemplate {
  const known = clientHead.coded.get(form);
  if (known !== undefined) return known;
  const { template, fields } = makeFormTemplate(head, clientHead, form);
  noteWeakened(x.site, fields);
  return template;
}
