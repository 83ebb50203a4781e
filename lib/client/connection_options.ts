/** What concerns a client connection before a route is known: plain data, the listener's. */

import type { HeadLimits } from "../http/head.ts";
import type { Cidr } from "../net/cidr.ts";
import type { ListenLimits } from "../net/listen_limits.ts";

/** See the module's comment. */
export interface ConnectionOptions {
  readonly headLimits: HeadLimits;
  /** For a request head in all, from its first byte, in ms; 0 for no limit. */
  readonly headerMs: number;
  /** Between two requests, in ms; 0 for no limit. */
  readonly idleMs: number;
  /** How slow request content may be; undefined for what the route says. */
  readonly uploadRate?: ListenLimits["uploadRate"];
  /** Proxies that are trusted to report the client: their forwarding fields are kept and extended. */
  readonly trustedProxies: readonly Cidr[];
  /** A header in which they give the client's address, in lower case; empty for X-Forwarded-For. */
  readonly clientAddress: string;
}
