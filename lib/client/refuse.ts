/** The answer to a connection that is closed whatever it asks: one too many, or plain where TLS is spoken. */

import type { FieldRule } from "../http/field_rule.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import type { DeadlineWheel } from "../net/deadline.ts";
import {
  ClientConnection,
  type ClientOwner,
  LINGER_MS,
} from "./client_connection.ts";
import type { CloseReason } from "../reasons/close.ts";
import type { ConnectionOptions } from "./connection_options.ts";
import {
  errorResponse,
  type OwnResponse,
  writeOwnHead,
} from "../head/own_response.ts";

/** For the client to take the answer. */
const WRITE_MS = 1000;
const RESPONSE_BYTES = 512;

/** What a refusal needs. */
export interface RefusalOptions {
  readonly connection: ConnectionOptions;
  readonly wheel: DeadlineWheel;
  /** The operator's rules for responses. */
  readonly rules: readonly FieldRule[];
  /** The bytes of the current HTTP-date. */
  readonly date: Uint8Array;
}

/**
 * Answers and closes; never rejects.
 *
 * @param response The answer: by default that there are too many connections.
 * @param reason Why the connection ends.
 */
export async function refuse(
  socket: ClientSocket,
  { connection, wheel, rules, date }: RefusalOptions,
  response: OwnResponse = errorResponse(503),
  reason: CloseReason = "overloaded",
): Promise<void> {
  const owner: ClientOwner = {
    onClientGone(): void {},
    onHeadLate(): void {},
    onWatchDue(): void {},
  };
  const client = new ClientConnection(
    socket,
    connection,
    "unknown",
    false,
    wheel,
    owner,
  );
  const out = new ByteWriter(RESPONSE_BYTES);
  const { bytes: content } = response.content;
  writeOwnHead(out, response, {
    length: content.length,
    connection: "close",
    rules,
    date,
    cacheStatus: "",
  });
  out.append(content);
  try {
    await client.write(out.view(), WRITE_MS);
    await client.linger(LINGER_MS, reason);
  } catch {
    client.close("client_abort"); // it left without hearing
  }
}
