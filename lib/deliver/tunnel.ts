/**
 * The tunnel that a connection becomes after 101 (RFC 9110 §7.8): bytes both
 * ways, each direction ending by itself, until both have ended or nothing has
 * moved for too long.
 */

import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import { answersUpgrade } from "../exchange/admit.ts";
import { writeUpgradeResponse } from "../head/client_response.ts";
import type { Reader } from "../net/reader.ts";
import { writeAll } from "../net/writer.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { RELAY_BUFFER_BYTES } from "../exchange/relay.ts";
import { writeToClient } from "./send_content.ts";
import { delivering } from "./writes.ts";

/** Bytes of each direction's buffer while little moves: a busy one grows. */
const QUIET_BUFFER_BYTES = 4096;

interface TunnelSocket {
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
}

/**
 * Turns both connections into a tunnel, if the origin was asked to and grants it. The
 * tunnel begins behind the request's content, of which the rest is sent first.
 *
 * @param requested The protocols that the origin was asked for; empty for none.
 * @throws {HttpError} Why it does not become one.
 */
export async function switchProtocols(
  x: Exchange,
  requested: string,
): Promise<void> {
  const { out, fetch } = x;
  const { response, upload } = fetch;
  if (!answersUpgrade(requested, response.fields.text(FIELD.Upgrade) ?? "")) {
    throw new HttpError("origin_bad_message", "101 that nobody asked for");
  }
  await upload?.ended;
  fetch.forgetUpload();
  if (x.failure !== undefined) throw x.failure;
  if (upload?.isWhole === false) {
    throw new HttpError(
      "origin_closed_early",
      "101, and no more content taken",
    );
  }
  if (!fetch.origin!.becomeTunnel()) {
    throw new HttpError(
      "overloaded",
      "There are as many tunnels as there may be",
    );
  }
  delivering(x).status = 101;
  out.length = 0;
  const added = fetch.idLine + fetch.stickyLine + x.addedLines;
  writeUpgradeResponse(out, response, x.route.responseRules, added);
  await writeToClient(x, out.view());
  out.length = 0;
  const { meter } = x.site;
  meter?.tunnels(1);
  await tunnel(x); // which never rejects
  meter?.tunnels(-1);
  fetch.discardOrigin();
}

/**
 * Relays bytes in both directions until the tunnel ends, and closes both
 * connections. How it ends is nobody's fault: peers of a tunnel just stop.
 */
async function tunnel(x: Exchange): Promise<void> {
  const { client } = x;
  const origin = x.fetch.origin!;
  const close = (): void => {
    client.close("tunnel_ended");
    origin.close("tunnel_ended");
  };
  const move = (): void => x.expectRelay(x.route.timeouts.tunnelMs, close);
  client.unwatch();
  client.deadline.clear();
  origin.deadline.clear();
  // A direction that fails ends the other: only then is the exchange over.
  await Promise.all([
    relay(client.reader, origin.socket, (count) => {
      x.countIn(count);
      move();
    }).catch(close),
    relay(origin.reader, client.socket, (count) => {
      client.bytesOut += count;
      move();
    }).catch(close),
  ]);
  close();
}

/**
 * One direction: to the end of what comes, which ends the other side's input.
 *
 * @throws Whatever the sockets throw.
 */
async function relay(
  reader: Reader,
  socket: TunnelSocket,
  onMove: (count: number) => void,
): Promise<void> {
  onMove(0);
  reader.growsTo = RELAY_BUFFER_BYTES;
  if (!reader.isReading && reader.available <= QUIET_BUFFER_BYTES) {
    reader.resize(QUIET_BUFFER_BYTES);
  }
  for (;;) {
    const { start, end } = reader;
    if (end > start) {
      await writeAll(socket, reader.bytes.subarray(start, end));
      reader.start = end;
      onMove(end - start);
    } else if (reader.failure !== undefined) {
      throw reader.failure;
    } else if (reader.ended) {
      return await socket.closeWrite();
    } else await reader.more();
  }
}
