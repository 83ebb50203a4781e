/** The content of answers from memory on its way to the client: what is there, and what arrives. */

import type {
  IncomingContent,
  IncomingReader,
} from "../cache/store/incoming_content.ts";
import { HttpError } from "../http/error.ts";
import { bytesOf } from "../http/bytes.ts";
import type { ByteRange } from "../http/range.ts";
import { nextRun, readArriving } from "./arriving.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { flush, writeToClient } from "./client_content.ts";
import {
  appendChunkSize,
  appendEnd,
  COALESCED_BYTES_MAX,
} from "../exchange/relay.ts";

/** Bytes of one write of content: what the client must take within the write timeout. */
const WRITE_BYTES_MAX = 256 * 1024;

const CRLF = bytesOf("\r\n");

/** Sends what has arrived of content and what is still to come. */
export async function relayFill(
  x: Exchange,
  fill: IncomingContent,
  isChunked: boolean,
): Promise<void> {
  await readArriving(x, fill, async (reader) => {
    for (;;) {
      if (reader.next().length === 0) await flush(x);
      const run = await nextRun(x, reader, WRITE_BYTES_MAX);
      if (run === undefined) break;
      await writeRun(x, run, isChunked);
      reader.take(run.length);
    }
  });
  if (isChunked) appendEnd(x.out);
}

/** Sends a range of what arrives, which is not before what the reader has taken. */
export async function relayRange(
  x: Exchange,
  reader: IncomingReader,
  { start, end }: ByteRange,
): Promise<void> {
  reader.take(start - reader.position);
  while (reader.position < end) {
    if (reader.next().length === 0) await flush(x);
    const run = await nextRun(x, reader, WRITE_BYTES_MAX);
    if (run === undefined) {
      throw new HttpError("origin_body_cut", "The range is not there");
    }
    const part = run.subarray(0, end - reader.position);
    await writeContent(x, part);
    reader.take(part.length);
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
export function writeContent(
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

/** Writes what is in `out`, and content behind it in pieces. */
export async function writePieces(
  x: Exchange,
  content: Uint8Array,
): Promise<void> {
  await flush(x);
  for (let at = 0; at < content.length; at += WRITE_BYTES_MAX) {
    await writeToClient(x, content.subarray(at, at + WRITE_BYTES_MAX));
  }
}
