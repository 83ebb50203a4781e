/** Answering with parts of a stored response (RFC 9110 §14). */

import type { IncomingContent } from "../cache/store/incoming_content.ts";
import type { StoredResponse } from "../cache/store/stored_response.ts";
import { allowsRange } from "../http/condition.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import { type ByteRange, parseRange, parseRangeWithin } from "../http/range.ts";
import { readArriving } from "./arriving.ts";
import { acceptedCoding, takesGzip } from "./encoded.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { flush, writeToClient } from "./client_content.ts";
import {
  partHead,
  type StoredAnswer,
  writeMultipartHead,
  writeRangeHead,
  writeUnsatisfiable,
} from "../head/stored_response.ts";
import { relayRange, writeContent } from "./stored_content.ts";

/** Bytes that a range may begin behind what has arrived: then it waits for them. */
const AHEAD_BYTES_MAX = 1024 * 1024;

/** What ranges are of: a stored response in the form in which it is served. */
export interface Form {
  readonly template: Uint8Array;
  /** Bytes of the content; -1 if unknown. */
  readonly length: number;
  /** Writes a part of the content behind what is in `out`. */
  readonly write: (range: ByteRange) => Promise<void> | undefined;
}

/** What is to be served of a form: undefined for the whole. */
export type Ranges = readonly ByteRange[] | "unsatisfiable" | undefined;

/** The ranges to serve, to GET only (RFC 9110 §14.2). */
export function rangesOf(
  x: Exchange,
  stored: StoredResponse,
  length: number,
  nowMs: number,
): Ranges {
  if (!allowsRanges(x, stored, nowMs)) return undefined;
  const ranges = parseRange(x.request.fields.text(FIELD.Range)!, length);
  return ranges === "ignore" ? undefined : ranges;
}

/**
 * The ranges to serve of content that is still arriving: where its length is unknown,
 * one that has arrived.
 */
export function arrivingRangesOf(
  x: Exchange,
  stored: StoredResponse,
  { length, arrived }: IncomingContent,
  nowMs: number,
): Ranges {
  // Who does not read the coding will get it decoded, once it is whole.
  if (stored.head.isGzip && !takesGzip(x)) return undefined;
  if (length >= 0) return rangesOf(x, stored, length, nowMs);
  if (!allowsRanges(x, stored, nowMs)) return undefined;
  const range = parseRangeWithin(x.request.fields.text(FIELD.Range)!, arrived);
  return range && [range];
}

/** Whether the request asks for a range of content that is still far from arriving. */
export function isFarAhead(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): boolean {
  const { incoming: fill } = stored;
  if (fill === undefined || !x.request.fields.has(FIELD.Range)) return false;
  const ranges = arrivingRangesOf(x, stored, fill, nowMs);
  return typeof ranges === "object" &&
    ranges.at(-1)!.start > fill.arrived + AHEAD_BYTES_MAX;
}

function allowsRanges(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): boolean {
  const { fields, method } = x.request;
  return fields.has(FIELD.Range) && method === METHOD.Get &&
    stored.traits.status === 200 &&
    allowsRange(fields, stored.validators, nowMs) &&
    !(fields.has(FIELD.IfRange) && mayHoldCoded(x, stored));
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

/** Answers with ranges, or that there are none. */
export async function serveRanges(
  x: Exchange,
  form: Form,
  ranges: Exclude<Ranges, undefined>,
  answer: StoredAnswer,
): Promise<void> {
  const { template, length, write } = form;
  const { out } = x;
  if (ranges === "unsatisfiable") {
    x.status = 416;
    writeUnsatisfiable(out, template, length, answer);
    return await writeToClient(x, out.view());
  }
  x.status = 206;
  if (ranges.length > 1) return await serveParts(x, form, ranges, answer);
  const [range] = ranges;
  writeRangeHead(out, template, range!, length, answer);
  await write(range!);
  await flush(x);
}

async function serveParts(
  x: Exchange,
  { template, length, write }: Form,
  ranges: readonly ByteRange[],
  answer: StoredAnswer,
): Promise<void> {
  const boundary = crypto.randomUUID();
  const heads = [...ranges, undefined].map((range) =>
    partHead(template, boundary, range, length)
  );
  const partsLength = heads.reduce((sum, head) => sum + head.length, 0) +
    ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  writeMultipartHead(x.out, template, boundary, partsLength, answer);
  for (const [index, head] of heads.entries()) {
    await writeContent(x, head);
    const range = ranges[index];
    if (range !== undefined) await write(range);
  }
  await flush(x);
}

/** Answers with ranges of what has arrived and what is still to come. */
export async function serveArrivingRanges(
  x: Exchange,
  template: Uint8Array,
  fill: IncomingContent,
  ranges: Exclude<Ranges, undefined>,
  answer: StoredAnswer,
): Promise<void> {
  await readArriving(x, fill, async (reader) => {
    const write = (range: ByteRange): Promise<void> =>
      relayRange(x, reader, range);
    const form = { template, length: fill.length, write };
    await serveRanges(x, form, ranges, answer);
  });
}
