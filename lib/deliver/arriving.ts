/** Reading content that is still arriving, for one client. */

import type {
  IncomingContent,
  IncomingReader,
} from "../cache/store/incoming_content.ts";
import { HttpError } from "../http/error.ts";
import type { Exchange } from "../exchange/exchange_state.ts";

/**
 * Reads what arrives, until `read` has done so.
 *
 * @throws {HttpError} Whatever `read` throws, or `too_slow` if others waited for too
 *   long for the client to take what it was sent.
 */
export async function readArriving(
  x: Exchange,
  fill: IncomingContent,
  read: (reader: IncomingReader) => Promise<void>,
): Promise<void> {
  const reader = fill.open();
  reader.onCut = () => {
    x.failure ??= new HttpError("too_slow", "Others waited for the client");
    x.client.close("client_slow"); // which ends the write that is under way
  };
  x.awaited = fill;
  try {
    await read(reader);
  } catch (error) {
    throw x.failure ?? error;
  } finally {
    x.awaited = undefined;
    reader.close();
  }
}

/** The next run of content that arrives, of so many bytes at most; undefined at its end. */
export async function nextRun(
  x: Exchange,
  reader: IncomingReader,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { incoming: fill } = reader;
  for (;;) {
    if (x.failure !== undefined) throw x.failure;
    const run = reader.next();
    if (run.length > 0) return run.subarray(0, bytesMax);
    if (fill.state === "done") return undefined;
    if (fill.state === "failed") {
      throw new HttpError("origin_body_cut", "The stored body broke off");
    }
    await fill.wait();
  }
}
