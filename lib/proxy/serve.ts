/**
 * Answering from a stored response: the whole of it, ranges, or that the client's
 * copy is still good; also while its content is still arriving.
 */

import type { Fill, FillReader } from "../cache/fill.ts";
import type { StoredResponse } from "../cache/stored_response.ts";
import type { Coding, ContentForm } from "../coding/negotiate.ts";
import { allowsRange, hasCondition, isNotModified } from "../http/condition.ts";
import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import { octetsOf } from "../http/octets.ts";
import { type ByteRange, parseRange } from "../http/range.ts";
import { answerOf } from "./answer.ts";
import { contentIn, FormInMaking, formMade } from "./coded_content.ts";
import {
  acceptedCoding,
  chosenCoding,
  sendEncoded,
  takesGzip,
} from "./encoded.ts";
import { type Exchange, goOnReading } from "./exchange_state.ts";
import {
  appendChunkSize,
  appendEnd,
  COALESCED_BYTES_MAX,
  flush,
  writeToClient,
} from "./relay.ts";
import {
  CHUNKED_LENGTH,
  NO_LENGTH,
  partHead,
  type StoredAnswer,
  writeMultipartHead,
  writeNotModified,
  writeRangeHead,
  writeUnsatisfiable,
  writeWholeEnd,
} from "./stored_answer.ts";
import { codedTemplate } from "./take_in.ts";

/** Octets of one write of content: what the client must take within the write timeout. */
const WRITE_BYTES_MAX = 256 * 1024;
/** Octets that are encoded before what comes out is written. */
const ENCODED_BYTES_MAX = 64 * 1024;

const CRLF = octetsOf("\r\n");

/**
 * Answers the exchange with a stored response, which it holds.
 *
 * @param nowMs The time, in ms since the epoch.
 * @throws {HttpError} `client_gone`, or `origin_body_cut` if what is arriving breaks off.
 */
export function serve(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): Promise<void> {
  stored.visited = true;
  const { request, out, gateway } = x;
  const { fields } = request;
  x.persists = request.persists && !gateway.isDraining;
  x.status = stored.traits.status;
  out.length = 0;
  const { fill } = stored;
  if (fill !== undefined) goOnReading(x); // so that the client's leaving is seen
  const coding = formOf(x, stored);
  if (
    x.status === 200 && hasCondition(fields) &&
    isNotModified(fields, stored.validators, nowMs)
  ) return serveNotModified(x, stored, coding, nowMs);
  if (
    coding === "identity" ||
    (coding !== undefined && isWorthCoding(x, stored))
  ) {
    return serveCoded(x, stored, coding, nowMs);
  }
  if (fill !== undefined) return serveArriving(x, stored, fill, nowMs);
  const ranges = rangesOf(x, stored, stored.length, nowMs);
  if (ranges === undefined) return serveWhole(x, stored, nowMs);
  const form = { template: templateOf(stored), content: stored.body };
  return serveRanges(x, form, ranges, answerOf(x, stored, nowMs));
}

/** In which form, other than the stored one, the client gets it; undefined for the stored one. */
function formOf(
  x: Exchange,
  { fill, head: { isEncodable, isGzip } }: StoredResponse,
): ContentForm | undefined {
  if (isEncodable) return chosenCoding(x, fill !== undefined);
  return isGzip && fill === undefined && !takesGzip(x) ? "identity" : undefined;
}

/** Content that had no length when it came may have turned out too small. */
function isWorthCoding(x: Exchange, { fill, length }: StoredResponse): boolean {
  return fill !== undefined || length >= x.gateway.route.coding!.bytesMin;
}

/** A stored response in the coding in which it is served. */
interface Form {
  readonly template: Uint8Array;
  readonly content: Uint8Array;
}

async function serveNotModified(
  x: Exchange,
  stored: StoredResponse,
  coding: ContentForm | undefined,
  nowMs: number,
): Promise<void> {
  x.status = 304;
  const template = coding === undefined
    ? templateOf(stored)
    : codedTemplate(x, stored, coding);
  writeNotModified(x.out, template, answerOf(x, stored, nowMs));
  await writeToClient(x, x.out.view());
}

/** The ranges to serve: only of content that is here, to GET (RFC 9110 §14.2). */
function rangesOf(
  x: Exchange,
  stored: StoredResponse,
  length: number,
  nowMs: number,
): readonly ByteRange[] | "unsatisfiable" | undefined {
  const { fields, method } = x.request;
  if (!fields.has(FIELD.Range) || method !== METHOD.Get) return undefined;
  if (stored.traits.status !== 200) return undefined;
  if (!allowsRange(fields, stored.validators, nowMs)) return undefined;
  if (fields.has(FIELD.IfRange) && mayHoldCoded(x, stored)) return undefined;
  const ranges = parseRange(fields.text(FIELD.Range)!, length);
  return ranges === "ignore" ? undefined : ranges;
}

/**
 * Whether what the client holds may be a coded form although `If-Range` agrees: its
 * date is that of all forms (RFC 9110 §13.1.5). An entity tag that agrees tells them apart.
 */
function mayHoldCoded(
  x: Exchange,
  { head: { isEncodable } }: StoredResponse,
): boolean {
  return isEncodable && !x.request.fields.text(FIELD.IfRange)!.includes('"') &&
    acceptedCoding(x, false) !== undefined;
}

async function serveRanges(
  x: Exchange,
  form: Form,
  ranges: readonly ByteRange[] | "unsatisfiable",
  answer: StoredAnswer,
): Promise<void> {
  const { template, content } = form;
  const { out } = x;
  if (ranges === "unsatisfiable") {
    x.status = 416;
    writeUnsatisfiable(out, template, content.length, answer);
    return await writeToClient(x, out.view());
  }
  x.status = 206;
  if (ranges.length > 1) return await serveParts(x, form, ranges, answer);
  const [range] = ranges;
  writeRangeHead(out, template, range!, content.length, answer);
  await writeContent(x, content.subarray(range!.start, range!.end));
  await flush(x);
}

async function serveParts(
  x: Exchange,
  { template, content }: Form,
  ranges: readonly ByteRange[],
  answer: StoredAnswer,
): Promise<void> {
  const boundary = crypto.randomUUID();
  const heads = [...ranges, undefined].map((range) =>
    partHead(template, boundary, range, content.length)
  );
  const length = heads.reduce((sum, head) => sum + head.length, 0) +
    ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  writeMultipartHead(x.out, template, boundary, length, answer);
  for (const [index, head] of heads.entries()) {
    await writeContent(x, head);
    const range = ranges[index];
    if (range !== undefined) {
      await writeContent(x, content.subarray(range.start, range.end));
    }
  }
  await flush(x);
}

function templateOf({ head }: StoredResponse): Uint8Array {
  return head.octets.subarray(0, head.templateEnd);
}

function serveWhole(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): Promise<void> {
  const { buffer, length, head } = stored;
  const { out } = x;
  const isEmpty = stored.traits.status === 204;
  const answer = answerOf(x, stored, nowMs);
  out.copy(head.octets, 0, head.templateEnd);
  writeWholeEnd(out, isEmpty ? NO_LENGTH : length, answer);
  if (x.request.method !== METHOD.Head) {
    x.contentBytesOut = length;
    if (out.length + length > COALESCED_BYTES_MAX) {
      return writePieces(x, stored.body);
    }
    out.copy(buffer, 0, length);
  }
  return writeToClient(x, out.view());
}

/** Answers in another coding than the stored one. */
function serveCoded(
  x: Exchange,
  stored: StoredResponse,
  coding: ContentForm,
  nowMs: number,
): Promise<void> {
  if (x.request.method === METHOD.Head) {
    const known = stored.coded.get(coding);
    const length = known instanceof Uint8Array ? known.length : NO_LENGTH;
    x.out.append(codedTemplate(x, stored, coding));
    writeWholeEnd(x.out, length, answerOf(x, stored, nowMs));
    return writeToClient(x, x.out.view());
  }
  if (stored.fill !== undefined && coding !== "identity") {
    return serveArrivingCoded(x, stored, stored.fill, coding, nowMs);
  }
  const content = contentIn(x, stored, coding);
  return content instanceof FormInMaking
    ? formMade(x, content).then((made) =>
      serveForm(x, stored, coding, made, nowMs)
    )
    : serveForm(x, stored, coding, content, nowMs);
}

function serveForm(
  x: Exchange,
  stored: StoredResponse,
  coding: ContentForm,
  content: Uint8Array | undefined,
  nowMs: number,
): Promise<void> {
  if (content === undefined) return serveWhole(x, stored, nowMs);
  const { out } = x;
  const template = codedTemplate(x, stored, coding);
  // A weak entity tag, or a date that other codings share, cannot tell these octets (RFC 9110 §13.1.5).
  const ranges = x.request.fields.has(FIELD.IfRange)
    ? undefined
    : rangesOf(x, stored, content.length, nowMs);
  const answer = answerOf(x, stored, nowMs);
  if (ranges !== undefined) {
    return serveRanges(x, { template, content }, ranges, answer);
  }
  out.append(template);
  writeWholeEnd(out, content.length, answer);
  return writeContent(x, content) ?? writeToClient(x, out.view());
}

/** Answers in another coding with what has arrived and what is still to come. */
async function serveArrivingCoded(
  x: Exchange,
  stored: StoredResponse,
  fill: Fill,
  coding: Coding,
  nowMs: number,
): Promise<void> {
  const isChunked = x.request.minorVersion > 0;
  if (!isChunked) x.persists = false;
  x.out.append(codedTemplate(x, stored, coding));
  const length = isChunked ? CHUNKED_LENGTH : NO_LENGTH;
  writeWholeEnd(x.out, length, answerOf(x, stored, nowMs));
  const reader = fill.open();
  x.awaited = fill;
  try {
    await sendEncoded(x, coding, isChunked, async () => {
      if (reader.next().length === 0) await flush(x); // the head does not wait for content
      const run = (await nextRun(x, reader))?.slice(0, ENCODED_BYTES_MAX);
      if (run !== undefined) reader.take(run.length);
      return run;
    });
  } finally {
    x.awaited = undefined;
    reader.close();
  }
  await flush(x);
}

/** Answers with what has arrived and what is still to come. */
async function serveArriving(
  x: Exchange,
  stored: StoredResponse,
  fill: Fill,
  nowMs: number,
): Promise<void> {
  const { request } = x;
  const isOld = request.minorVersion === 0;
  const isHead = request.method === METHOD.Head;
  const isChunked = fill.length < 0 && !isOld && !isHead;
  if (fill.length < 0 && isOld && !isHead) x.persists = false;
  const length = fill.length >= 0
    ? fill.length
    : isChunked
    ? CHUNKED_LENGTH
    : NO_LENGTH;
  const answer = answerOf(x, stored, nowMs);
  x.out.append(templateOf(stored));
  writeWholeEnd(x.out, length, answer);
  if (!isHead) await relayFill(x, fill, isChunked);
  await flush(x);
}

async function relayFill(
  x: Exchange,
  fill: Fill,
  isChunked: boolean,
): Promise<void> {
  const reader = fill.open();
  x.awaited = fill;
  try {
    for (;;) {
      if (reader.next().length === 0) await flush(x);
      const run = await nextRun(x, reader);
      if (run === undefined) break;
      await writeRun(x, run, isChunked);
      reader.take(run.length);
    }
  } finally {
    x.awaited = undefined;
    reader.close();
  }
  if (isChunked) appendEnd(x.out);
}

/** The next run of content that arrives; undefined at its end. */
async function nextRun(
  x: Exchange,
  reader: FillReader,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { fill } = reader;
  for (;;) {
    if (x.failure !== undefined) throw x.failure;
    const run = reader.next();
    if (run.length > 0) return run.subarray(0, WRITE_BYTES_MAX);
    if (fill.state === "done") return undefined;
    if (fill.state === "failed") {
      throw new HttpError("origin_body_cut", "The stored body broke off");
    }
    await fill.changed();
  }
}

async function writeRun(
  x: Exchange,
  run: Uint8Array,
  isChunked: boolean,
): Promise<void> {
  const { out } = x;
  if (isChunked) appendChunkSize(out, run.length);
  await writeContent(x, run);
  if (isChunked) out.append(CRLF);
}

/**
 * Writes content behind what is in `out`: what is small is left there, for one
 * write of everything.
 *
 * @returns Undefined if nothing had to be waited for.
 */
function writeContent(
  x: Exchange,
  content: Uint8Array,
): Promise<void> | undefined {
  x.contentBytesOut += content.length;
  if (x.out.length + content.length > COALESCED_BYTES_MAX) {
    return writePieces(x, content);
  }
  x.out.copy(content, 0, content.length);
  return undefined;
}

async function writePieces(x: Exchange, content: Uint8Array): Promise<void> {
  await flush(x);
  for (let at = 0; at < content.length; at += WRITE_BYTES_MAX) {
    await writeToClient(x, content.subarray(at, at + WRITE_BYTES_MAX));
  }
}
