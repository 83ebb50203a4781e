/**
 * Answering from a stored response: the whole of it, ranges, or that the client's
 * copy is still good; also while its content is still arriving.
 */

import type { IncomingContent } from "../cache/store/incoming_content.ts";
import type { StoredResponse } from "../cache/store/stored_response.ts";
import { weakened } from "../coding/fields.ts";
import type { Coding, ContentForm } from "../coding/negotiate.ts";
import { hasCondition, heldTag, isNotModified } from "../http/condition.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import { answerOf } from "./answer.ts";
import { nextRun, readArriving } from "./arriving.ts";
import { contentIn, FormInMaking, formMade } from "./coded_content.ts";
import { chosenCoding, sendEncoded, takesGzip } from "./encoded.ts";
import { type Exchange, resumeReading } from "../exchange/exchange_state.ts";
import { flush, writeToClient } from "./client_content.ts";
import { COALESCED_BYTES_MAX } from "../exchange/relay.ts";
import {
  arrivingRangesOf,
  type Form,
  rangesOf,
  serveArrivingRanges,
  serveRanges,
} from "./serve_ranges.ts";
import {
  CHUNKED_LENGTH,
  NO_LENGTH,
  writeNotModified,
  writeWholeEnd,
} from "../head/stored_response.ts";
import { relayFill, writeContent, writePieces } from "./stored_content.ts";
import { codedTemplate } from "./stored_head.ts";

/** Bytes that are encoded before what comes out is written. */
const ENCODED_BYTES_MAX = 64 * 1024;

/**
 * Answers the exchange with a stored response, which it holds.
 *
 * @param nowMs The time, in ms since the epoch.
 * @throws {HttpError} `client_gone`, or `origin_body_cut` if what is arriving breaks off.
 */
export function deliverStored(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): Promise<void> {
  const { request, out } = x;
  const { fields } = request;
  x.settleKeepAlive("length", x.reading);
  x.status = stored.traits.status;
  out.length = 0;
  const { incoming: fill } = stored;
  if (fill !== undefined) resumeReading(x); // so that the client's leaving is seen
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
  const form = formInMemory(x, templateOf(stored), stored.body);
  return serveRanges(x, form, ranges, answerOf(x, stored, nowMs));
}

function formInMemory(
  x: Exchange,
  template: Uint8Array,
  content: Uint8Array,
): Form {
  return {
    template,
    length: content.length,
    write: ({ start, end }) => writeContent(x, content.subarray(start, end)),
  };
}

/** In which form, other than the stored one, the client gets it; undefined for the stored one. */
function formOf(
  x: Exchange,
  { incoming: fill, head: { isEncodable, isGzip } }: StoredResponse,
): ContentForm | undefined {
  if (isEncodable) return chosenCoding(x, fill !== undefined);
  return isGzip && fill === undefined && !takesGzip(x) ? "identity" : undefined;
}

/** Content that had no length when it came may have turned out too small. */
function isWorthCoding(
  x: Exchange,
  { incoming: fill, length }: StoredResponse,
): boolean {
  return fill !== undefined || length >= x.route.coding!.bytesMin;
}

async function serveNotModified(
  x: Exchange,
  stored: StoredResponse,
  coding: ContentForm | undefined,
  nowMs: number,
): Promise<void> {
  x.status = 304;
  const { etag } = stored.validators;
  const isPlain = coding === undefined;
  const template = isPlain
    ? templateOf(stored)
    : codedTemplate(x.fetch, stored, coding);
  const sent = isPlain || etag === "" ? etag : weakened(etag);
  const held = heldTag(x.request.fields, etag, sent);
  writeNotModified(x.out, template, held, answerOf(x, stored, nowMs));
  await writeToClient(x, x.out.view());
}

function templateOf({ head }: StoredResponse): Uint8Array {
  return head.bytes.subarray(0, head.templateEnd);
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
  out.copy(head.bytes, 0, head.templateEnd);
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
    x.out.append(codedTemplate(x.fetch, stored, coding));
    writeWholeEnd(x.out, length, answerOf(x, stored, nowMs));
    return writeToClient(x, x.out.view());
  }
  if (stored.incoming !== undefined && coding !== "identity") {
    return serveArrivingCoded(x, stored, stored.incoming, coding, nowMs);
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
  const template = codedTemplate(x.fetch, stored, coding);
  // A weak entity tag, or a date that other codings share, cannot tell these bytes (RFC 9110 §13.1.5).
  const ranges = x.request.fields.has(FIELD.IfRange)
    ? undefined
    : rangesOf(x, stored, content.length, nowMs);
  const answer = answerOf(x, stored, nowMs);
  if (ranges !== undefined) {
    return serveRanges(x, formInMemory(x, template, content), ranges, answer);
  }
  out.append(template);
  writeWholeEnd(out, content.length, answer);
  return writeContent(x, content) ?? writeToClient(x, out.view());
}

/** Answers in another coding with what has arrived and what is still to come. */
async function serveArrivingCoded(
  x: Exchange,
  stored: StoredResponse,
  fill: IncomingContent,
  coding: Coding,
  nowMs: number,
): Promise<void> {
  const isChunked = x.request.minorVersion > 0;
  if (!isChunked) x.settleKeepAlive("close", x.reading);
  x.out.append(codedTemplate(x.fetch, stored, coding));
  const length = isChunked ? CHUNKED_LENGTH : NO_LENGTH;
  writeWholeEnd(x.out, length, answerOf(x, stored, nowMs));
  await readArriving(x, fill, (reader) => {
    let taken = 0;
    return sendEncoded(x, coding, isChunked, async () => {
      reader.take(taken);
      if (reader.next().length === 0) await flush(x); // the head does not wait for content
      const run = await nextRun(x, reader, ENCODED_BYTES_MAX);
      taken = run?.length ?? 0;
      return run;
    });
  });
  await flush(x);
}

/** Answers with what has arrived and what is still to come. */
async function serveArriving(
  x: Exchange,
  stored: StoredResponse,
  fill: IncomingContent,
  nowMs: number,
): Promise<void> {
  const { request } = x;
  const ranges = arrivingRangesOf(x, stored, fill, nowMs);
  if (ranges !== undefined) {
    const answer = answerOf(x, stored, nowMs);
    const template = templateOf(stored);
    return await serveArrivingRanges(x, template, fill, ranges, answer);
  }
  const isOld = request.minorVersion === 0;
  const isHead = request.method === METHOD.Head;
  const isChunked = fill.length < 0 && !isOld && !isHead;
  if (fill.length < 0 && isOld && !isHead) {
    x.settleKeepAlive("close", x.reading);
  }
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
