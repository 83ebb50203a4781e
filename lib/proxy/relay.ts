/**
 * Moving content: the request's to the origin, the response's to the client.
 *
 * Both directions are take → write → wait, so that a slow receiver stalls its
 * sender, and a body is never held whole. What has arrived in small pieces leaves
 * in one write; what is large is written from where it arrived.
 */

import { CHUNK_SIZE_BYTES_MAX, writeChunkSize } from "../http/chunked.ts";
import { HttpError } from "../http/error.ts";
import { OctetBuffer } from "../http/octet_buffer.ts";
import { octetsOf } from "../http/octets.ts";
import type { Body } from "./body.ts";
import type { Exchange } from "./exchange_state.ts";
import { writeTrailers } from "./trailers.ts";

/** Content up to this many octets is copied behind what is already to be written: a write costs more. */
export const COALESCED_BYTES_MAX = 32 * 1024;
/** Bytes of a read while a body passes (measured: see docs/performance.md). */
export const RELAY_BUFFER_BYTES = 64 * 1024;
/** Octets of content that are read and thrown away, so that a connection can be used again. */
const DISCARDED_BYTES_MAX = 64 * 1024;
/** For the client to send what is thrown away. */
const DISCARD_MS = 2000;

const CRLF = octetsOf("\r\n");
const LAST_CHUNK = octetsOf("0\r\n");

/** Appends a run of content, as a chunk if the message is chunked. */
export function appendRun(
  out: OctetBuffer,
  run: Uint8Array,
  isChunked: boolean,
): void {
  if (!isChunked) return out.append(run);
  out.reserve(run.length + CHUNK_SIZE_BYTES_MAX + CRLF.length);
  appendChunkSize(out, run.length);
  out.append(run);
  out.append(CRLF);
}

/** Appends the line that begins a chunk. */
export function appendChunkSize(out: OctetBuffer, size: number): void {
  out.reserve(CHUNK_SIZE_BYTES_MAX);
  out.length = writeChunkSize(out.bytes, out.length, size);
}

/** Appends what ends a chunked body that has no trailers. */
export function appendEnd(out: OctetBuffer): void {
  out.append(LAST_CHUNK);
  out.append(CRLF);
}

/** Appends what ends the chunked body that `body` becomes: the last chunk, and the trailers that may be passed on. */
function appendEndOf(x: Exchange, out: OctetBuffer, body: Body): void {
  const { trailers, nominated } = body;
  if (trailers === undefined) return appendEnd(out);
  const { requestRules, responseRules } = x.gateway.route;
  const isRequest = body === x.requestBody;
  const rules = isRequest ? requestRules : responseRules;
  out.append(LAST_CHUNK);
  writeTrailers(out, trailers, nominated, rules, isRequest);
  out.append(CRLF);
}

/**
 * Appends the content that has arrived and fits, and the body's end if it is reached.
 *
 * @returns A run that does not fit; undefined if everything that has arrived is in `out`.
 */
export function appendArrived(
  x: Exchange,
  out: OctetBuffer,
  body: Body,
  isChunked: boolean,
): Uint8Array | undefined {
  const wasDone = body.done;
  for (let run = body.take(); run !== undefined; run = body.take()) {
    if (out.length + run.length > COALESCED_BYTES_MAX) return run;
    appendRun(out, run, isChunked);
  }
  if (body.done && !wasDone && isChunked) appendEndOf(x, out, body);
  return undefined;
}

/** Where a relay writes to and what it waits on. */
export interface Path {
  write(bytes: Uint8Array): Promise<void>;
  wait(): Promise<void>;
}

/**
 * Writes what is in `out` and a run behind it, as a chunk if the message is chunked;
 * the chunk's own CRLF is left in `out`.
 */
async function writeRun(
  out: OctetBuffer,
  run: Uint8Array,
  isChunked: boolean,
  path: Path,
): Promise<void> {
  if (isChunked) appendChunkSize(out, run.length);
  if (out.length > 0) await path.write(out.view());
  out.length = 0;
  await path.write(run);
  if (isChunked) out.append(CRLF);
}

/** Relays the body to its end; what is left to write then is in `out`. */
export async function pump(
  x: Exchange,
  out: OctetBuffer,
  body: Body,
  isChunked: boolean,
  first: Uint8Array | undefined,
  path: Path,
): Promise<void> {
  let run = first;
  for (;;) {
    if (run !== undefined) {
      await writeRun(out, run, isChunked, path);
    } else if (body.done) {
      return;
    } else {
      if (out.length > 0) await path.write(out.view());
      out.length = 0;
      await path.wait();
    }
    run = appendArrived(x, out, body, isChunked);
  }
}

/** Writes what is in `x.out` to the client, if anything is, and empties it. */
export async function flush(x: Exchange): Promise<void> {
  if (x.out.length === 0) return;
  await writeToClient(x, x.out.view());
  x.out.length = 0;
}

/**
 * Puts as much of the response's content behind the head in `out` as has arrived.
 *
 * @returns Whether that is all of it. If not, {@linkcode relayResponse} sends the rest.
 * @throws {HttpError} What is wrong with the content.
 */
export function takeResponse(x: Exchange, isChunked: boolean): boolean {
  const { responseBody: body } = x.fetch;
  if (body.done) return true;
  x.unsent = appendArrived(x, x.out, body, isChunked);
  return body.done && x.unsent === undefined;
}

/**
 * Sends what is in `out` and the rest of the content as it arrives; the end of it
 * is left in `out`.
 *
 * @param isChunked How the content is framed for the client.
 * @param isPatient Whether the origin may be silent for as long as it likes.
 * @throws {HttpError} `client_gone`, `origin_body_cut`, `origin_timeout`, or what is
 *   wrong with the body.
 */
export async function relayResponse(
  x: Exchange,
  isChunked: boolean,
  isPatient: boolean,
): Promise<void> {
  const { reader } = x.fetch.origin!;
  const { unsent } = x;
  reader.growsTo = RELAY_BUFFER_BYTES;
  x.unsent = undefined;
  await pump(x, x.out, x.fetch.responseBody, isChunked, unsent, {
    write: (bytes) => writeToClient(x, bytes),
    wait: () => moreFromOrigin(x, isPatient),
  });
  reader.growsTo = 0;
}

/** Writes octets of the response to the client. */
export function writeToClient(x: Exchange, bytes: Uint8Array): Promise<void> {
  x.hasResponded = true;
  x.client.sentAt = x.gateway.pool.clock.now;
  return x.client.write(bytes, x.gateway.route.timeouts.writeMs);
}

/**
 * Waits for more of the response's content.
 *
 * @param isPatient Whether the origin may be silent for as long as it likes.
 * @throws {HttpError} `origin_timeout`, or what ended the exchange.
 */
export async function moreFromOrigin(
  x: Exchange,
  isPatient: boolean,
): Promise<void> {
  const origin = x.fetch.origin!;
  origin.deadline.set(isPatient ? 0 : x.gateway.route.timeouts.readMs);
  await x.fetch.responseBody.more();
  origin.deadline.clear(); // the time that the client takes is not the origin's
  if (x.failure !== undefined) throw x.failure;
  if (origin.timedOut) {
    throw new HttpError("origin_timeout", "The response came to a halt");
  }
}

/**
 * Reads what is left of the request's content and throws it away, within bounds:
 * if it ends within them, the connection can carry another request.
 */
export async function discardContent(x: Exchange): Promise<void> {
  const { requestBody: body, client } = x;
  const contentBytesMax = body.contentBytes + DISCARDED_BYTES_MAX;
  x.expectRelay(DISCARD_MS, () => client.close());
  try {
    while (!body.done && body.contentBytes <= contentBytesMax) {
      if (body.take() === undefined && !body.done) await body.more();
    }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    x.failure ??= error; // malformed or cut: the log names it, and the connection ends
  } finally {
    x.relayDeadline.clear();
  }
}
