/** What is left of a request's content when its response has ended. */

import { HttpError } from "../http/error.ts";
import { endingOf } from "../exchange/ending.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { proceeding } from "./writes.ts";

/** Bytes of content that are read and thrown away, so that a connection can be used again. */
const DISCARDED_BYTES_MAX = 64 * 1024;
/** For the client to send what is thrown away. */
const DISCARD_MS = 2000;

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
    x.endBy(error); // the log names it, unless the client has just left
    if (error.code !== "client_gone") {
      proceeding(x).keepAlive = endingOf(error.code, true);
    }
  } finally {
    x.relayDeadline.clear();
  }
  if (!body.done) proceeding(x).reading = "unread";
}
