/** Content on its way to the client as it comes from the origin, and what is left of the request's. */

import { HttpError } from "../http/error.ts";
import { endingOf } from "../exchange/ending.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { appendArrived, pump, RELAY_BUFFER_BYTES } from "../exchange/relay.ts";

/** Bytes of content that are read and thrown away, so that a connection can be used again. */
const DISCARDED_BYTES_MAX = 64 * 1024;
/** For the client to send what is thrown away. */
const DISCARD_MS = 2000;

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

/** Writes bytes of the response to the client. */
export function writeToClient(x: Exchange, bytes: Uint8Array): Promise<void> {
  x.writing = "begun";
  x.client.sentAt = x.site.loop.now;
  return x.client.write(bytes, x.route.timeouts.writeMs);
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
  origin.deadline.set(isPatient ? 0 : x.route.timeouts.readMs);
  await x.fetch.responseBody.more();
  origin.deadline.clear(); // the time that the client takes is not the origin's
  if (x.failure !== undefined) throw x.failure;
  if (origin.timedOut) {
    throw new HttpError("origin_timeout", "The response came to a halt");
  }
}

/**
 * Reads what is left of the request's content and throws it away, within bounds:
 * if it ends within them, the connection can carry another request. If not, the rest
 * is left unread.
 */
export async function discardContent(x: Exchange): Promise<void> {
  const { requestBody: body, client } = x;
  const contentBytesMax = body.contentBytes + DISCARDED_BYTES_MAX;
  x.expectRelay(DISCARD_MS, () => client.close("unread_content"));
  try {
    while (!body.done && body.contentBytes <= contentBytesMax) {
      if (body.take() === undefined && !body.done) await body.more();
    }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    x.failure ??= error; // the log names it, unless the client has just left
    if (error.code !== "client_gone") x.keepAlive = endingOf(error.code, true);
  } finally {
    x.relayDeadline.clear();
  }
  if (!body.done) x.reading = "unread";
}
