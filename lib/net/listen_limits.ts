/** What is limited for the connections of one address, before a request's route is known: plain data. */

import type { HeadLimits } from "../http/head.ts";

/** See the module's comment. */
export interface ListenLimits {
  /** The bounds of a request's head. */
  readonly headLimits: HeadLimits;
  /** For a request head in all, in ms; 0 for no limit. */
  readonly headerMs: number;
  /** Between two requests, in ms; 0 for no limit. */
  readonly idleMs: number;
  /** How slow request content may be. */
  readonly uploadRate: {
    /** Bytes a second; 0 for no limit. */
    readonly bytesPerSecond: number;
    /** How long it may be slower, in ms. */
    readonly graceMs: number;
  };
  /** Connections; Infinity for no limit. */
  readonly connectionsMax: number;
  /** Those of one client address. */
  readonly perClient: {
    /** Infinity for no limit. */
    readonly connectionsMax: number;
    /** Whether it holds for this machine's own addresses too. */
    readonly holdsForLoopback: boolean;
  };
}
