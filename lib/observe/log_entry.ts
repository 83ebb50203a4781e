/** What the access log says about an exchange, in any format. */

import type { RequestHead } from "../http/request_head.ts";

/** What is logged about the request to an origin, as it was last sent. */
export interface SentEntry {
  /** The address that it was sent to. */
  readonly address: string;
  /** The status of the origin's response; 0 if there was none. */
  readonly originStatus: number;
  /** How often the request was sent once more. */
  readonly tryCount: number;
  /** Whether the connection had carried a request before. */
  readonly isReused: boolean;
  /** How old the connection was then, in ms. */
  readonly connectionAgeMs: number;
  /** Waiting for a connection, in all tries, in ms; -1 if one was there. */
  readonly queueMs: number;
  /** Opening connections, in all tries, in ms; -1 if none was opened. */
  readonly connectMs: number;
  /** When the last try began to be sent, in ms since the epoch. */
  readonly sentMs: number;
}

/** What is logged about an exchange. */
export interface LogEntry {
  readonly request: RequestHead;
  /** The name of the route that took it; empty for none. */
  readonly routeName?: string;
  /** `https`, or `http`, by which the client came. */
  readonly scheme?: string;
  /** The client's IP address, as trusted proxies report it. */
  readonly clientAddress: string;
  /** The peer's IP address: a trusted proxy's, or the client's own. */
  readonly remoteAddress: string;
  /** The status of the response; 499 if the client left before it, 0 if there was none. */
  readonly status: number;
  /** Bytes read from the client for this exchange, head and body. */
  readonly bytesIn: number;
  /** Bytes written to the client, head and body. */
  readonly bytesOut: number;
  /** Bytes of content written to the client. */
  readonly contentBytesOut: number;
  /** When the request's first byte was seen, in ms since the epoch. */
  readonly startedMs: number;
  /** From there to the origin's response head, in ms; -1 if the origin gave none. */
  readonly originMs: number;
  /** The request to the origin; undefined if nothing was sent. */
  readonly sent?: SentEntry | undefined;
  /** The server that was asked, if there are several; empty for none. */
  readonly server?: string;
  /** How often the request was sent once more. */
  readonly tryCount?: number;
  /** How the cache was involved. */
  readonly cacheStatus: string;
  /** Why it was no ordinary hit: the token of a reason; empty if it was one. */
  readonly cacheReason?: string;
  /** How old the stored response was that it was answered with, in seconds; -1 for none. */
  readonly cacheAge?: number;
  /** How long that stays fresh, in seconds, below 0 if it was stale; undefined for none. */
  readonly cacheTtl?: number | undefined;
  /** Why its request was not shared with other clients: the token of a reason. */
  readonly aloneReason?: string;
  /** Why a stale response was not served in place of an error: the token of a reason. */
  readonly staleRefusal?: string;
  /** The coding that its content was given, or was chosen in; empty for none. */
  readonly coding?: string;
  /** Why its content was compressed, or was not: the token of a reason. */
  readonly codingReason?: string;
  /** Why its request was sent to the origin once more, or was not: the token of a reason. */
  readonly retryReason?: string;
  /** How it ended: `ok`, or a code of the table of closes. */
  readonly ending?: string;
  /** Who the client is, if its credentials were looked at; empty if not. */
  readonly user?: string;
  /** Why its route did not let it through; empty if it did: a reason. */
  readonly accessReason?: string;
  /** The limit that it has met; empty for none. */
  readonly limitId?: string;
  /** Whether that limit only says so. */
  readonly isLimitDry?: boolean;
  /** The id by which the origin and the client know it; empty for none. */
  readonly requestId?: string;
  /** The code of the error that ended it; empty if none did. */
  readonly errorCode: string;
}
