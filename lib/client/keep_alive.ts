/**
 * What a client connection does next: one function of how far the request has been
 * read, how far the response has been written, and whether another request may
 * follow (pure). RFC 9112 §9.3 says when a connection persists, §9.6 how it ends.
 *
 * With `yes`, another request may follow; `no` is the reason why none may, which
 * becomes the reason of the close.
 *
 * | reading   | writing `none`           | `begun`  | `whole`                   | `broken` |
 * | --------- | ------------------------ | -------- | ------------------------- | -------- |
 * | `idle`    | yes: receive, no: close  | defect   | defect                    | close    |
 * | `head`    | yes: receive, no: respond | respond | yes: defect, no: linger   | close    |
 * | `content` | respond                  | respond  | yes: discard, no: linger  | close    |
 * | `unread`  | respond                  | respond  | linger                    | close    |
 * | `done`    | respond                  | respond  | yes: next, no: linger     | close    |
 * | `ended`   | close                    | respond  | close                     | close    |
 *
 * `broken` and `ended` are never left: nothing more is sent after the one, nothing
 * more is received after the other. A defect is a pair that cannot be; the connection
 * ends as `internal`, in the way that its client notices least.
 */

import type { Framing } from "../http/framing.ts";
import { CLOSE, type CloseReason } from "../reasons/close.ts";

/**
 * How far the request has been read.
 *
 * - `idle`: nothing of it has come.
 * - `head`: its head is not complete, or not valid.
 * - `content`: the head is complete; content is still to come.
 * - `unread`: content is still to come, and will not be read.
 * - `done`: it is complete; what follows belongs to the next one.
 * - `ended`: the client has closed its side, and everything before that is answered
 *   or cannot be.
 */
export const READING = [
  "idle",
  "head",
  "content",
  "unread",
  "done",
  "ended",
] as const;
export type Reading = typeof READING[number];

/**
 * How far the response has been written.
 *
 * - `none`: nothing of the final response; interim responses may have been.
 * - `begun`: its head is on its way, and more is to come.
 * - `whole`: all of it has been handed to the system.
 * - `broken`: it cannot be completed, or the client does not take it.
 */
export const WRITING = ["none", "begun", "whole", "broken"] as const;
export type Writing = typeof WRITING[number];

/** Whether another request may follow; if not, why. */
export type KeepAlive = "yes" | CloseReason;

/**
 * What is done next.
 *
 * - `receive`: wait for a request, or for the rest of its head.
 * - `respond`: go on with the response, or begin it.
 * - `discard`: read the rest of the content and throw it away, then decide again.
 * - `next`: go on with the next request.
 * - `linger`: close the sending side, and read until the client closes its own.
 * - `close`: close at once: nothing is lost by it.
 */
export type Step =
  | "receive"
  | "respond"
  | "discard"
  | "next"
  | "linger"
  | "close";

/** A decision; those of a kind are one object. */
export interface Next {
  readonly step: Step;
  /** Why the connection ends; undefined if it does not. */
  readonly reason: CloseReason | undefined;
}

const RECEIVE: Next = { step: "receive", reason: undefined };
const RESPOND: Next = { step: "respond", reason: undefined };
const DISCARD: Next = { step: "discard", reason: undefined };
const NEXT_REQUEST: Next = { step: "next", reason: undefined };
const LINGER = endsBy("linger");
const CLOSE_AT_ONCE = endsBy("close");

/** The decisions to end in one way, by reason: a request must not cost an object. */
function endsBy(step: Step): Readonly<Record<CloseReason, Next>> {
  const reasons = Object.keys(CLOSE) as CloseReason[];
  const ends: Partial<Record<CloseReason, Next>> = {};
  for (const reason of reasons) ends[reason] = { step, reason };
  return ends as Record<CloseReason, Next>;
}

/** Decides what a client connection does next; see the module's table. */
export function decideNext(
  reading: Reading,
  writing: Writing,
  keepAlive: KeepAlive,
): Next {
  switch (writing) {
    case "none":
      return beforeResponse(reading, keepAlive);
    case "begun":
      return reading === "idle" ? CLOSE_AT_ONCE.internal : RESPOND;
    case "whole":
      return afterResponse(reading, keepAlive);
    case "broken":
      return closeAtOnce(keepAlive, "client_abort");
  }
}

function beforeResponse(reading: Reading, keepAlive: KeepAlive): Next {
  switch (reading) {
    case "idle":
      return keepAlive === "yes" ? RECEIVE : CLOSE_AT_ONCE[keepAlive];
    case "head": // a head that is late or malformed is answered
      return keepAlive === "yes" ? RECEIVE : RESPOND;
    case "content":
    case "unread":
    case "done":
      return RESPOND;
    case "ended": // and nothing that could be answered has come
      return closeAtOnce(keepAlive, "client_closed");
  }
}

/**
 * To close at once would reset the connection if the client is still sending, and it
 * could lose the end of its response: as long as it may send, the connection lingers.
 */
function afterResponse(reading: Reading, keepAlive: KeepAlive): Next {
  switch (reading) {
    case "idle":
      return LINGER.internal;
    case "head":
      return linger(keepAlive, "internal");
    case "content":
      return keepAlive === "yes" ? DISCARD : LINGER[keepAlive];
    case "unread":
      return linger(keepAlive, "unread_content");
    case "done":
      return keepAlive === "yes" ? NEXT_REQUEST : LINGER[keepAlive];
    case "ended":
      return closeAtOnce(keepAlive, "client_closed");
  }
}

function linger(keepAlive: KeepAlive, otherwise: CloseReason): Next {
  return LINGER[keepAlive === "yes" ? otherwise : keepAlive];
}

function closeAtOnce(keepAlive: KeepAlive, otherwise: CloseReason): Next {
  return CLOSE_AT_ONCE[keepAlive === "yes" ? otherwise : keepAlive];
}

/**
 * Decides, before a response's head is written, whether another request may follow
 * it: the head tells the client (RFC 9112 §9.3).
 *
 * @param server Whether it stops.
 * @param request Whether its client wishes to send more.
 * @param framing How the response's content is delimited; `close` takes the connection.
 * @param reading How far the request has been read: `unread` if its content will not be.
 */
export function decideKeepAlive(
  server: { readonly isDraining: boolean },
  request: { readonly persists: boolean },
  framing: Framing["kind"],
  reading: Reading,
): KeepAlive {
  if (server.isDraining) return "server_stopped";
  if (!request.persists) return "client_last";
  if (framing === "close") return "close_delimited";
  return reading === "unread" ? "unread_content" : "yes";
}
