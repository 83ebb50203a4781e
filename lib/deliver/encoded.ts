/**
 * Content on its way through an encoder: in at the pace of who gives it, out at the
 * pace of who takes it, flushed with every run, so that nothing is held back.
 */

import { encode, Encoder } from "../coding/encoder.ts";
import { codingReason, forbidsTransform } from "../coding/eligible.ts";
import { type Coding, negotiate } from "../coding/negotiate.ts";
import { FIELD } from "../http/field.ts";
import { contentLength } from "../http/framing.ts";
import { METHOD } from "../http/method.ts";
import type { ResponseHead } from "../http/response_head.ts";
import type { CodingReason } from "../reasons/reason.ts";
import type { Body } from "../exchange/body.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { flush } from "./client_content.ts";
import { appendEnd, appendRun } from "../exchange/relay.ts";

/** Runs that have arrived together are encoded together, up to this many bytes. */
const JOINED_BYTES_MAX = 64 * 1024;
/** Values of `Accept-Encoding` whose outcome is remembered: clients send few. */
const REMEMBERED_MAX = 256;
const REMEMBERED_LENGTH_MAX = 128;

/** By what is offered: the outcome by value. */
const remembered = new Map<
  readonly Coding[],
  Map<string, Coding | undefined>
>();

/** Whether the origin's response may be given a content coding. */
export function mayEncode(x: Exchange): boolean {
  const { coding } = x.route;
  if (coding === undefined) return false;
  const { status, fields } = x.fetch.response;
  const isHead = x.request.method === METHOD.Head;
  const length = lengthOf(x.fetch.response, isHead);
  x.codingReason = codingReason(status, fields, length, coding);
  return x.codingReason === "compressible";
}

/** Bytes of the content, or, of an answer to HEAD, of what GET would bring; -1 if unknown. */
function lengthOf({ fields, framing }: ResponseHead, isHead: boolean): number {
  if (framing.kind === "length") return framing.length;
  if (framing.kind !== "none") return -1;
  if (fields.has(FIELD.ContentLength)) {
    return Math.max(0, contentLength(fields));
  }
  return isHead ? -1 : 0;
}

/**
 * The coding that the client gets of a response that may have one; undefined for none.
 * Who asks for a range gets none: offsets are those of the content as it is, and each
 * encoder makes others (RFC 9110 §14.2).
 *
 * @param isOnTheFly Whether the content is encoded for this client alone.
 */
export function chosenCoding(
  x: Exchange,
  isOnTheFly: boolean,
): Coding | undefined {
  if (x.request.fields.has(FIELD.Range)) {
    x.codingReason = "range-request";
    return undefined;
  }
  const coding = acceptedCoding(x, isOnTheFly);
  if (coding === undefined) {
    x.codingReason = whyNotAccepted(x);
    return undefined;
  }
  const possible = isOnTheFly ? affordable(x, coding) : coding;
  x.codingReason = possible === undefined ? "encoders-busy" : "compressible";
  return possible;
}

function whyNotAccepted({ request: { fields } }: Exchange): CodingReason {
  if (forbidsTransform(fields)) return "request-no-transform";
  return fields.has(FIELD.AcceptEncoding)
    ? "not-accepted"
    : "no-accept-encoding";
}

/** The coding if one more response may be encoded so, else gzip, which takes less, or none. */
function affordable(x: Exchange, coding: Coding): Coding | undefined {
  const { route, site: { codingLoad } } = x;
  if (codingLoad.hasEncoder(coding)) return coding;
  const isOther = coding !== "gzip" && takesGzip(x) &&
    route.coding!.onTheFly.includes("gzip") && codingLoad.hasEncoder("gzip");
  return isOther ? "gzip" : undefined;
}

/** The coding that the client would get if it asked for the whole. */
export function acceptedCoding(
  x: Exchange,
  isOnTheFly: boolean,
): Coding | undefined {
  if (forbidsTransform(x.request.fields)) return undefined;
  const { offered, onTheFly } = x.route.coding!;
  const codings = isOnTheFly ? onTheFly : offered;
  const text = x.request.fields.text(FIELD.AcceptEncoding);
  if (text === undefined) return undefined;
  let outcomes = remembered.get(codings);
  if (outcomes === undefined) remembered.set(codings, outcomes = new Map());
  if (outcomes.has(text)) return outcomes.get(text);
  const coding = negotiate(text, codings);
  if (outcomes.size < REMEMBERED_MAX && text.length <= REMEMBERED_LENGTH_MAX) {
    outcomes.set(text, coding);
  }
  return coding;
}

/** Whether the client reads gzip, or wants nothing decoded; one that does not say so cannot, in practice. */
export function takesGzip(x: Exchange): boolean {
  if (forbidsTransform(x.request.fields)) return true;
  const text = x.request.fields.text(FIELD.AcceptEncoding);
  return negotiate(text, ["gzip"]) === "gzip";
}

/** What has arrived of a body, in a buffer of its own; undefined if nothing has. */
export function joinArrived(body: Body): Uint8Array<ArrayBuffer> | undefined {
  const runs: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  while (length < JOINED_BYTES_MAX) {
    const run = body.take();
    if (run === undefined) break;
    runs.push(run.slice());
    length += run.length;
  }
  if (runs.length < 2) return runs[0];
  const joined = new Uint8Array(length);
  let at = 0;
  for (const run of runs) {
    joined.set(run, at);
    at += run.length;
  }
  return joined;
}

/**
 * Sends content through an encoder, behind what is in `x.out`; the end of it is left
 * there.
 *
 * @param next The next run, which does not change until it is called again; undefined at the end.
 * @throws Whatever `next` throws, or the client's leaving: then there is no end.
 */
export async function sendEncoded(
  x: Exchange,
  coding: Coding,
  isChunked: boolean,
  next: () => Promise<Uint8Array | undefined>,
): Promise<void> {
  const { codingLoad } = x.site;
  codingLoad.takeEncoder(coding);
  const encoder = new Encoder(coding, codingLoad.pace);
  let isWhole = false;
  try {
    for (let run; (run = await next()) !== undefined;) {
      appendEncoded(x, await encoder.encode(run), isChunked);
      await flush(x);
    }
    appendEncoded(x, await encoder.end(), isChunked);
    isWhole = true;
  } finally {
    if (!isWhole) encoder.abort();
    codingLoad.giveEncoder(coding);
  }
  if (isChunked) appendEnd(x.out);
}

function appendEncoded(
  x: Exchange,
  runs: readonly Uint8Array[],
  isChunked: boolean,
): void {
  for (const run of runs) {
    appendRun(x.out, run, isChunked);
    x.contentBytesOut += run.length;
  }
}

/** Encodes content that has arrived whole, for one client. */
export async function encodeArrived(
  { site: { codingLoad } }: Exchange,
  content: Uint8Array,
  coding: Coding,
): Promise<Uint8Array> {
  codingLoad.takeEncoder(coding);
  try {
    return await encode(content, coding, codingLoad);
  } finally {
    codingLoad.giveEncoder(coding);
  }
}
