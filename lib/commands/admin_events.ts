/** The events that the admin listener of a running sluice sends, one after another. */

import { formatSocketAddress } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import {
  type AdminAddress,
  answerIn,
  connectAdmin,
  problemIn,
  requestText,
} from "./admin_client.ts";

/** Something comes each second. */
const SILENCE_MS = 10_000;
/** Bytes of an event. */
const EVENT_BYTES_MAX = 4 * 1024 * 1024;
const HEAD_END = "\r\n\r\n";

/**
 * The data of each event, until the stream ends.
 *
 * @param signal Ends it, without an error.
 * @throws {Error} A line for the operator: nobody listens there, it wants a token, is
 *   somebody else, or says nothing any more.
 */
export async function* adminEvents(
  admin: AdminAddress,
  target: string,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const name = formatSocketAddress(admin.address);
  const silence = new AbortController();
  let cancel = clock.after(SILENCE_MS, () => silence.abort());
  const ends = AbortSignal.any([signal, silence.signal]);
  let socket: Deno.Conn | undefined;
  try {
    socket = await connectAdmin(admin.address, ends);
    const open = socket;
    ends.addEventListener("abort", () => closed(open));
    await sendAll(socket, requestText(admin, { method: "GET", target }));
    let text = "";
    let hasHead = false;
    for await (const piece of textOf(socket)) {
      cancel();
      cancel = clock.after(SILENCE_MS, () => silence.abort());
      text += piece;
      if (!hasHead) {
        if (!text.includes(HEAD_END)) continue;
        checkHead(text, name, admin.token);
        text = text.slice(text.indexOf(HEAD_END) + HEAD_END.length);
        hasHead = true;
      }
      const events = text.split("\n\n");
      text = events.pop()!;
      if (text.length > EVENT_BYTES_MAX) throw new Error("an event has no end");
      for (const event of events) {
        const data = dataOf(event);
        if (data !== undefined) yield data;
      }
    }
    if (!hasHead) checkHead(text, name, admin.token);
  } catch (error) {
    if (signal.aborted) return;
    throw silence.signal.aborted
      ? new Error(`${name} has stopped sending`, { cause: error })
      : error;
  } finally {
    cancel();
    if (socket !== undefined) closed(socket);
  }
}

/** @throws {Error} if it is no stream of events. */
function checkHead(
  text: string,
  name: string,
  token: string | undefined,
): void {
  const answer = answerIn(new TextEncoder().encode(text), name, token);
  if (answer.status !== 200) throw new Error(`${name}: ${problemIn(answer)}`);
}

async function sendAll(socket: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += await socket.write(bytes.subarray(at));
  }
}

async function* textOf(socket: Deno.Conn): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) return;
    yield decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

/** The data of an event; undefined if it is none: a comment that keeps the stream alive. */
function dataOf(event: string): string | undefined {
  const lines = event.split("\n").filter((line) => line.startsWith("data: "));
  if (lines.length === 0) return undefined;
  return lines.map((line) => line.slice("data: ".length)).join("\n");
}

/** Closes a socket that may be closed. */
function closed(socket: Deno.Conn): void {
  try {
    socket.close();
  } catch {
    // It is.
  }
}
