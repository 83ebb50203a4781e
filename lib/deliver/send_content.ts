/** Content on its way to the client, whatever it is read from; the end of the response goes with it. */

import { type Headroom, headroomOf } from "../cache/store/headroom.ts";
import type { PartHeads } from "../head/stored_response.ts";
import type { Coding } from "../coding/negotiate.ts";
import { encode, Encoder } from "../coding/encoder.ts";
import type { ByteRange } from "../http/range.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import {
  appendArrived,
  appendEnd,
  appendRun,
  type ContentRuns,
  pump,
} from "../exchange/relay.ts";
import { COALESCED_BYTES_MAX } from "../net/buffers.ts";
import {
  ArrivingReader,
  BytesReader,
  OriginReader,
  RangeReader,
  WRITE_BYTES_MAX,
} from "./content_reader.ts";
import type { Content, ContentReader } from "./reply.ts";
import { delivering } from "./writes.ts";

/** Runs that have arrived together are encoded together, up to this many bytes. */
const JOINED_BYTES_MAX = 64 * 1024;

/** A response of which nothing is waited for any more: its end is in `x.out`. */
export const DELIVERED: Promise<void> = Promise.resolve();

/** Writes bytes of the response to the client. */
export function writeToClient(x: Exchange, bytes: Uint8Array): Promise<void> {
  noteWriting(x);
  return x.client.write(bytes, x.route.timeouts.writeMs);
}

/**
 * Begins to write the end of a response, which is in `x.out`.
 *
 * @returns As `ClientConnection.beginWrite`.
 * @throws {HttpError} `client_gone`.
 */
export function beginEnd(x: Exchange): Promise<number> {
  noteWriting(x);
  const bytes = x.out.view();
  x.out.length = 0; // they stay as they are until somebody appends
  return x.client.beginWrite(bytes, x.route.timeouts.writeMs);
}

function noteWriting(x: Exchange): void {
  x.noteResponding();
  x.client.sentAt = x.site.loop.now;
}

/** Begins to read a content. */
export function openContent(x: Exchange, content: Content): ContentReader {
  switch (content.kind) {
    case "none":
      return new BytesReader(new Uint8Array(0));
    case "bytes":
      return new BytesReader(content.bytes);
    case "stored":
      return new BytesReader(content.stored.body);
    case "arriving":
      return new ArrivingReader(x, content.incoming);
    case "origin":
      return new OriginReader(x);
    case "file":
      return content.file.open();
  }
}

/**
 * Sends all of a content behind the head in `x.out`. What is here and small leaves
 * with it in one write.
 *
 * @throws {HttpError} Why the content breaks off, or `client_gone`.
 */
export function sendContent(
  x: Exchange,
  content: Content,
  isChunked: boolean,
): Promise<void> {
  if (content.kind === "stored" || content.kind === "bytes") {
    const bytes = content.kind === "stored"
      ? content.stored.body
      : content.bytes;
    if (appendWhole(x, bytes)) return endResponse(x, content);
    if (!isChunked && bytes.length <= WRITE_BYTES_MAX) {
      const room = content.kind === "stored"
        ? headroomOf(content.stored.buffer)
        : undefined;
      return room === undefined
        ? sendBehindHead(x, bytes)
        : sendWithHead(x, bytes, room);
    }
  } else if (content.kind === "origin") {
    const { responseBody } = x.fetch;
    const unsent = appendArrived(x, x.out, responseBody, isChunked);
    if (responseBody.done && unsent === undefined) {
      delivering(x).contentBytesOut = responseBody.contentBytes;
      return endResponse(x, content);
    }
    return sendRest(x, content, isChunked, unsent);
  }
  return sendRest(x, content, isChunked, undefined);
}

/** Puts content behind the head if it is small. */
function appendWhole(x: Exchange, bytes: Uint8Array): boolean {
  const { length } = bytes;
  if (x.out.length + length > COALESCED_BYTES_MAX) return false;
  x.out.append(bytes);
  delivering(x).contentBytesOut = length;
  return true;
}

/** Sends content that is here, and as much as one write may take, with the head in the room before it. */
async function sendWithHead(
  x: Exchange,
  bytes: Uint8Array,
  room: Headroom,
): Promise<void> {
  const whole = room.enter(x.out.view(), bytes.length);
  if (whole === undefined) return await sendBehindHead(x, bytes);
  x.out.length = 0;
  delivering(x).contentBytesOut += bytes.length;
  try {
    await writeToClient(x, whole);
  } finally {
    room.leave();
  }
}

/** Sends content that is here, and as much as one write may take, behind the head. */
async function sendBehindHead(x: Exchange, bytes: Uint8Array): Promise<void> {
  await writeToClient(x, x.out.view());
  x.out.length = 0;
  delivering(x).contentBytesOut += bytes.length;
  await writeToClient(x, bytes);
}

/**
 * The end of the response is in `x.out`, with all of its content or what is left of it:
 * the connection writes it. The origin's connection is given back before that: another
 * request may wait.
 */
export function endResponse(x: Exchange, content: Content): Promise<void> {
  if (content.kind === "origin") x.fetch.releaseOrigin();
  return DELIVERED;
}

async function sendRest(
  x: Exchange,
  content: Content,
  isChunked: boolean,
  first: Uint8Array | undefined,
): Promise<void> {
  await relay(x, openContent(x, content), isChunked, first);
  endResponse(x, content);
}

/** Sends what a reader reads to its end, which is left in `x.out`, and closes it. */
async function relay(
  x: Exchange,
  reader: ContentReader,
  isChunked: boolean,
  first?: Uint8Array,
): Promise<void> {
  try {
    await pump(x, x.out, reader, isChunked, first, {
      write: (bytes) => writeToClient(x, bytes),
      wait: () => reader.more(),
    });
  } finally {
    reader.close();
    delivering(x).contentBytesOut += reader.contentBytes;
  }
}

/** Sends ranges of a content, with what stands between several. */
export async function sendRanges(
  x: Exchange,
  content: Content,
  ranges: readonly ByteRange[],
  parts: PartHeads | undefined,
): Promise<void> {
  const reader = openContent(x, content);
  try {
    for (const [index, range] of ranges.entries()) {
      appendPart(x, parts?.before[index]);
      await relay(x, new RangeReader(reader, range), false);
    }
    appendPart(x, parts?.end);
  } finally {
    reader.close();
  }
  endResponse(x, content);
}

function appendPart(x: Exchange, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return;
  x.out.append(bytes);
  delivering(x).contentBytesOut += bytes.length;
}

/** What has arrived, in a buffer of its own; undefined if nothing has. */
export function takeArrived(
  content: ContentRuns,
): Uint8Array<ArrayBuffer> | undefined {
  const runs: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  while (length < JOINED_BYTES_MAX) {
    const run = content.take(JOINED_BYTES_MAX);
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

/** Encodes content that is here, all of it, for one client. */
export async function encodeWhole(
  { site: { codingLoad, meter } }: Exchange,
  content: Uint8Array,
  coding: Coding,
): Promise<Uint8Array> {
  codingLoad.takeEncoder(coding);
  try {
    const encoded = await encode(content, coding, codingLoad);
    meter?.encoded(coding, content.length, encoded.length);
    meter?.saved(coding, content.length - encoded.length);
    return encoded;
  } finally {
    codingLoad.giveEncoder(coding);
  }
}

/**
 * Sends content through an encoder, behind what is in `x.out`: in at the pace of its
 * source, out at that of the client, flushed with every run, so that nothing is held
 * back. The end is left in `x.out`.
 *
 * @param first What has been taken of it.
 * @throws {HttpError} Why it breaks off, or the client's leaving: then there is no end.
 */
export async function sendEncoded(
  x: Exchange,
  reader: ContentReader,
  coding: Coding,
  isChunked: boolean,
  first: Uint8Array | undefined,
): Promise<void> {
  const { codingLoad, meter } = x.site;
  codingLoad.takeEncoder(coding);
  const encoder = new Encoder(coding, codingLoad.pace);
  let isWhole = false;
  let bytesIn = 0;
  try {
    for (let run = first;; run = takeArrived(reader)) {
      if (run !== undefined) {
        bytesIn += run.length;
        appendEncoded(x, await encoder.encode(run), isChunked);
        await flush(x);
      } else if (reader.done) break;
      else {
        await flush(x); // the head does not wait for content
        await reader.more();
      }
    }
    appendEncoded(x, await encoder.end(), isChunked);
    isWhole = true;
  } finally {
    if (!isWhole) encoder.abort();
    codingLoad.giveEncoder(coding);
    meter?.encoded(coding, bytesIn, x.contentBytesOut);
    meter?.saved(coding, bytesIn - x.contentBytesOut);
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
    delivering(x).contentBytesOut += run.length;
  }
}

/** Writes what is in `x.out`, if anything is, and empties it. */
export async function flush(x: Exchange): Promise<void> {
  if (x.out.length === 0) return;
  await writeToClient(x, x.out.view());
  x.out.length = 0;
}
