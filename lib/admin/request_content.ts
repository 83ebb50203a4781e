/** The content of a request to the admin listener: small, and read whole before anything is done. */

import { bytesOf } from "../http/bytes.ts";
import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import type { Exchange } from "../exchange/exchange_state.ts";

/** Bytes of it. */
export const CONTENT_BYTES_MAX = 64 * 1024;
/** For all of it to come, in ms. */
const CONTENT_MS = 5000;

const CONTINUE = bytesOf("HTTP/1.1 100 Continue\r\n\r\n");

/**
 * Reads it.
 *
 * @throws {HttpError} `request_timeout`, `content_too_large`, `bad_content` if it is not
 *   UTF-8, `bad_chunk`, `client_gone`.
 */
export async function readContent(x: Exchange): Promise<string> {
  const { requestBody: body, request, client } = x;
  if (body.done) return "";
  const runs: Uint8Array<ArrayBuffer>[] = [];
  x.expectRelay(CONTENT_MS, () => {
    x.endBy(
      new HttpError("request_timeout", "The content did not come in time"),
    );
    client.reader.interrupt();
  });
  try {
    let asks = request.fields.has(FIELD.Expect) && request.minorVersion > 0;
    for (;;) {
      const run = body.take();
      if (run !== undefined) runs.push(run.slice());
      else if (body.done) break;
      else {
        if (asks) await client.write(CONTINUE, CONTENT_MS);
        asks = false;
        await body.moreOrInterrupted();
        if (x.failure !== undefined) throw x.failure;
      }
    }
  } finally {
    x.relayDeadline.clear();
  }
  return decoded(await new Blob(runs).bytes());
}

/**
 * The value that content is, as JSON.
 *
 * @throws {SyntaxError} A line for the sender.
 */
export function jsonIn(content: string): unknown {
  if (content === "") throw new SyntaxError("there is no content: send JSON");
  try {
    return JSON.parse(content);
  } catch (error) {
    const { message } = error as SyntaxError;
    throw new SyntaxError(`the content is not JSON: ${message}`, {
      cause: error,
    });
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new HttpError("bad_content", "The content is not UTF-8", error);
  }
}
