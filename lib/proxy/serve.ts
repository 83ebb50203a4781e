/**
 * Answering from a stored response: the whole of it, ranges, or that the client's
 * copy is still good; also while its content is still arriving.
 */

import type { Fill } from "../cache/fill.ts";
import { currentAge, remainingLifetime } from "../cache/reuse.ts";
import type { StoredResponse } from "../cache/stored_response.ts";
import { CHUNK_SIZE_BYTES_MAX, writeChunkSize } from "../http/chunked.ts";
import { allowsRange, hasCondition, isNotModified } from "../http/condition.ts";
import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import { octetsOf } from "../http/octets.ts";
import { type ByteRange, parseRange } from "../http/range.ts";
import { type Exchange, goOnReading } from "./exchange_state.ts";
import { connectionOf } from "./pass.ts";
import { COALESCED_BYTES_MAX, writeToClient } from "./relay.ts";
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

/** Octets of one write of content: what the client must take within the write timeout. */
const WRITE_BYTES_MAX = 256 * 1024;

const CRLF = octetsOf("\r\n");
const LAST_CHUNK = octetsOf("0\r\n\r\n");

/**
 * Answers the exchange with a stored response.
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
  if (stored.fill !== undefined) goOnReading(x); // so that the client's leaving is seen
  if (x.status === 200) {
    if (
      hasCondition(fields) && isNotModified(fields, stored.validators, nowMs)
    ) return serveNotModified(x, stored, nowMs);
    const ranges = rangesOf(x, stored, nowMs);
    if (ranges !== undefined) {
      return serveRanges(x, stored, ranges, nowMs);
    }
  }
  return stored.fill === undefined
    ? serveWhole(x, stored, nowMs)
    : serveArriving(x, stored, stored.fill, nowMs);
}

/** What the answer says besides what is stored. */
function answerOf(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): StoredAnswer {
  const { use } = x;
  const { metadata } = stored.head;
  const connection = connectionOf(x);
  if (use.isFirstHand) {
    return {
      age: metadata.ageMs > 0 ? seconds(metadata.ageMs) : -1,
      cacheStatus: use.forwardLine(),
      ttl: undefined,
      connection,
    };
  }
  const age = seconds(currentAge(metadata, nowMs));
  if (use.reason !== undefined) {
    const cacheStatus = use.forwardLine();
    return { age, cacheStatus, ttl: undefined, connection };
  }
  const remainingMs = remainingLifetime(metadata, nowMs);
  x.cacheStatus = remainingMs > 0 ? "hit" : "stale";
  const isShown = use.shown !== "off";
  return {
    age,
    cacheStatus: isShown ? use.hitLine() : "",
    ttl: isShown ? seconds(remainingMs) : undefined,
    connection,
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

async function serveNotModified(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): Promise<void> {
  x.status = 304;
  writeNotModified(x.out, templateOf(stored), answerOf(x, stored, nowMs));
  await writeToClient(x, x.out.view());
}

/** The ranges to serve: only of content that is here, to GET (RFC 9110 §14.2). */
function rangesOf(
  x: Exchange,
  stored: StoredResponse,
  nowMs: number,
): readonly ByteRange[] | "unsatisfiable" | undefined {
  const { fields, method } = x.request;
  if (!fields.has(FIELD.Range) || method !== METHOD.Get) return undefined;
  if (stored.fill !== undefined) return undefined;
  if (!allowsRange(fields, stored.validators, nowMs)) return undefined;
  const ranges = parseRange(fields.text(FIELD.Range)!, stored.length);
  return ranges === "ignore" ? undefined : ranges;
}

async function serveRanges(
  x: Exchange,
  stored: StoredResponse,
  ranges: readonly ByteRange[] | "unsatisfiable",
  nowMs: number,
): Promise<void> {
  x.hold(stored);
  const { out } = x;
  const { body } = stored;
  const template = templateOf(stored);
  const answer = answerOf(x, stored, nowMs);
  if (ranges === "unsatisfiable") {
    x.status = 416;
    writeUnsatisfiable(out, template, body.length, answer);
    return await writeToClient(x, out.view());
  }
  x.status = 206;
  if (ranges.length > 1) return await serveParts(x, stored, ranges, answer);
  const [range] = ranges;
  writeRangeHead(out, template, range!, body.length, answer);
  await writeContent(x, body.subarray(range!.start, range!.end));
  await flush(x);
}

async function serveParts(
  x: Exchange,
  stored: StoredResponse,
  ranges: readonly ByteRange[],
  answer: StoredAnswer,
): Promise<void> {
  const { body } = stored;
  const template = templateOf(stored);
  const boundary = crypto.randomUUID();
  const heads = [...ranges, undefined].map((range) =>
    partHead(template, boundary, range, body.length)
  );
  const length = heads.reduce((sum, head) => sum + head.length, 0) +
    ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  writeMultipartHead(x.out, template, boundary, length, answer);
  for (const [index, head] of heads.entries()) {
    await writeContent(x, head);
    const range = ranges[index];
    if (range !== undefined) {
      await writeContent(x, body.subarray(range.start, range.end));
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
      x.hold(stored);
      return writePieces(x, stored.body);
    }
    out.copy(buffer, 0, length);
  }
  return writeToClient(x, out.view());
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
      if (x.failure !== undefined) throw x.failure;
      const run = reader.next().subarray(0, WRITE_BYTES_MAX);
      if (run.length > 0) {
        await writeRun(x, run, isChunked);
        reader.take(run.length);
      } else if (fill.state === "done") break;
      else if (fill.state === "failed") {
        throw new HttpError("origin_body_cut", "The stored body broke off");
      } else {
        await flush(x);
        if (fill.state === "filling" && reader.next().length === 0) {
          await fill.changed();
        }
      }
    }
  } finally {
    x.awaited = undefined;
    reader.close();
  }
  if (isChunked) x.out.append(LAST_CHUNK);
}

async function writeRun(
  x: Exchange,
  run: Uint8Array,
  isChunked: boolean,
): Promise<void> {
  const { out } = x;
  if (isChunked) {
    out.reserve(CHUNK_SIZE_BYTES_MAX);
    out.length = writeChunkSize(out.bytes, out.length, run.length);
  }
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

async function flush(x: Exchange): Promise<void> {
  if (x.out.length === 0) return;
  await writeToClient(x, x.out.view());
  x.out.length = 0;
}
