/** What the access log tells of an exchange, whatever its format. */

import type { RequestHead } from "../http/request_head.ts";

/** What is logged of an exchange. */
export interface LogEntry {
  readonly request: RequestHead;
  /** The client's IP address, by the word of trusted proxies if there are any. */
  readonly clientAddress: string;
  /** The peer's IP address: a trusted proxy's, or the client's own. */
  readonly remoteAddress: string;
  /** The status of the answer; 499 if the client left before it, 0 if there was none. */
  readonly status: number;
  /** Octets read from the client for this exchange, head and body. */
  readonly bytesIn: number;
  /** Octets written to the client, head and body. */
  readonly bytesOut: number;
  /** Octets of content written to the client. */
  readonly contentBytesOut: number;
  /** When the request's first byte was seen, in ms since the epoch. */
  readonly startedMs: number;
  /** From there to the origin's response head, in ms; -1 if the origin gave none. */
  readonly originMs: number;
  /** What the cache had to do with it. */
  readonly cacheStatus: string;
  /** The code of the error that ended it; empty if none did. */
  readonly errorCode: string;
}
