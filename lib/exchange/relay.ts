/**
 * Moving content: the request's to the origin, the response's to the client.
 *
 * Both directions are take → write → wait, so that a slow receiver stalls its
 * sender, and a body is never held whole. What has arrived in small pieces leaves
 * in one write; what is large is written from where it arrived.
 */

import { CHUNK_SIZE_BYTES_MAX, writeChunkSize } from "../http/chunked.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import { bytesOf, CRLF } from "../http/bytes.ts";
import { COALESCED_BYTES_MAX } from "../net/buffers.ts";
import type { FieldSection } from "../http/section.ts";
import type { Exchange } from "./exchange_state.ts";
import { writeTrailers } from "../head/trailers.ts";

/** Bytes of a read while a body passes (measured: see docs/performance.md). */
export const RELAY_BUFFER_BYTES = 64 * 1024;

const LAST_CHUNK = bytesOf("0\r\n");

/** Content in runs, some of which have arrived. */
export interface ContentRuns {
  /** Whether all of it has been taken: that comes about in `take`, and nowhere else. */
  readonly done: boolean;
  /** Bytes that have been taken. */
  readonly contentBytes: number;
  /**
   * The next run that is here, not empty; undefined if none is.
   *
   * @param bytesMax Bytes of it, if it can be cut.
   * @throws {HttpError} What is wrong with the content.
   */
  take(bytesMax?: number): Uint8Array | undefined;
  /** Its trailer section, once it is done. */
  readonly trailers?: FieldSection | undefined;
  /** What the `Connection` of its head nominates, which holds for trailers, too. */
  readonly nominated?: Uint8Array | undefined;
}

/** Appends a run of content, as a chunk if the message is chunked. */
export function appendRun(
  out: ByteWriter,
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
function appendChunkSize(out: ByteWriter, size: number): void {
  out.reserve(CHUNK_SIZE_BYTES_MAX);
  out.length = writeChunkSize(out.bytes, out.length, size);
}

/** Appends what ends a chunked body that has no trailers. */
export function appendEnd(out: ByteWriter): void {
  out.append(LAST_CHUNK);
  out.append(CRLF);
}

/** Appends what ends the chunked body that `body` becomes: the last chunk, and the trailers that may be passed on. */
function appendEndOf(x: Exchange, out: ByteWriter, body: ContentRuns): void {
  const { trailers, nominated } = body;
  if (trailers === undefined) return appendEnd(out);
  const { requestRules, responseRules } = x.route;
  const isRequest = body === x.requestBody;
  const rules = isRequest ? requestRules : responseRules;
  out.append(LAST_CHUNK);
  writeTrailers(out, trailers, nominated, rules, isRequest);
  out.append(CRLF);
}

/**
 * Appends the content that has arrived and fits, and behind it the body's end.
 *
 * @returns A run that does not fit; undefined if everything that has arrived is in `out`.
 */
export function appendArrived(
  x: Exchange,
  out: ByteWriter,
  body: ContentRuns,
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
  out: ByteWriter,
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
  out: ByteWriter,
  body: ContentRuns,
  isChunked: boolean,
  first: Uint8Array | undefined,
  path: Path,
): Promise<void> {
  let run = first;
  for (;;) {
    if (run !== undefined) {
      await writeRun(out, run, isChunked, path);
      if (body.done && isChunked) appendEndOf(x, out, body); // it was the last one
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
