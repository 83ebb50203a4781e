/** What the admin listener has to offer: resources, their requests and their replies. */

import type { StreamedContent } from "../deliver/reply.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import type { Administered } from "./administered.ts";
import type { EventSource, EventStreams } from "./event_streams.ts";

/** A request to a resource, which has passed all checks. */
export interface AdminRequest {
  readonly x: Exchange;
  readonly administered: Administered;
  /** What is behind the resource's own path: `/app/10.0.0.1:80` of `/upstreams/app/10.0.0.1:80`; empty for nothing. */
  readonly rest: string;
  readonly query: URLSearchParams;
  /** The content; undefined without any. It is read whole before the resource is asked. */
  readonly content: string;
  /** Streams of events that are open. */
  readonly streams: EventStreams;
  /** Whether there is a token to log in with. */
  readonly hasLogin: boolean;
  /** What the live page shows. */
  readonly live: EventSource;
}

/** What a resource answers with. */
export interface AdminReply {
  readonly status: number;
  readonly type: string;
  readonly content: string | Uint8Array | StreamedContent;
  /** Header lines besides, each with its CRLF. */
  readonly lines?: string;
}

/** Answers a request: at once, or later. Whatever it throws is a bug, and answered with 500. */
export type Resource = (
  request: AdminRequest,
) => Promise<AdminReply> | AdminReply;

/** What can be done with a resource: reading it never changes anything. */
export interface ResourceMethods {
  readonly read?: Resource;
  readonly change?: Resource;
  /** Whether anybody may read it, without a token. */
  readonly isOpen?: boolean;
  /** Whether it also takes paths below its own. */
  readonly hasParts?: boolean;
}

/** Who asks, for the event log. */
export function callerName({ client: { address, socket } }: Exchange): string {
  return socket.remoteAddr.transport === "tcp" ? address : "a Unix socket";
}

/** A reply in JSON. */
export function jsonReply(
  status: number,
  value: unknown,
  lines = "",
): AdminReply {
  const content = `${JSON.stringify(value, undefined, 2)}\n`;
  return { status, type: "application/json", content, lines };
}

/** A reply in plain text. */
export function textReply(
  status: number,
  content: string,
  lines = "",
): AdminReply {
  return { status, type: "text/plain; charset=utf-8", content, lines };
}

/** What is wrong with a request, in a line for its sender. */
export function problemReply(
  status: number,
  message: string,
  lines = "",
): AdminReply {
  return jsonReply(status, { error: message }, lines);
}
