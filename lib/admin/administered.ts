/**
 * What the admin listener may ask of the running program. The server implements it,
 * for one worker and for several; everything here is plain data.
 */

import type { PurgeOrder } from "../handlers/cache/purge_order.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { Question } from "../explain/question.ts";
import type { MetricsSnapshot } from "../observe/metrics/snapshot.ts";
import type { ListenAddress } from "../net/address.ts";
import type { TraceFound } from "../observe/live_traces.ts";
import type {
  ServerState,
  UpstreamReport,
} from "../upstream/administration.ts";

/** Nobody can do now what is asked, perhaps later: the message is a line for the operator. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

/** Whether new requests should be sent here, and why not. */
export interface Readiness {
  readonly isReady: boolean;
  /** One line for each reason against it. */
  readonly reasons: readonly string[];
}

/** Why another configuration is not taken any more: what it opened would never close. */
export const STOPS = "sluice stops";

/** What came of reading the configuration again. */
export type ReloadResult =
  | {
    readonly kind: "reloaded";
    /** One line for each value that has changed. */
    readonly changes: readonly string[];
  }
  | {
    /** The old configuration goes on: it has errors, or cannot be taken by a running program. */
    readonly kind: "invalid" | "refused";
    /** One line for each problem. */
    readonly errors: readonly string[];
  };

/** What is said of a server: at least one of the two. */
export interface ServerChange {
  readonly state: ServerState | undefined;
  /** A whole number from 1. */
  readonly weight: number | undefined;
}

/** A request that is followed from now on. */
export interface Following {
  /** What it has to have in its header `Sluice-Trace`. */
  readonly token: string;
  readonly explanation: Explanation;
  /** Where it can be sent to. */
  readonly listening: readonly ListenAddress[];
}

/** The running program, as its administration sees it. */
export interface Administered {
  /** As in Semantic Versioning. */
  readonly version: string;
  /** Where clients are accepted: `127.0.0.1:8000`, `unix:/path`. */
  readonly listen: readonly string[];
  /** Whether it is to get requests. */
  readiness(): Readiness;
  /** What was counted, and the state of everything. */
  metrics(): Promise<MetricsSnapshot>;
  /** Whether every route is in maintenance because the operator has said so. */
  readonly isInMaintenance: boolean;
  /**
   * Has every route in maintenance from now on, or ends that.
   *
   * @throws {UnavailableError} if nobody can do it now.
   */
  setMaintenance(isOn: boolean): Promise<void>;
  /** The state of the servers of each upstream. */
  upstreams(): readonly UpstreamReport[];
  /**
   * Says something of a server.
   *
   * @param server `HOST:PORT` as the configuration has it, or one of its addresses.
   * @returns How many servers this is; 0 if there is none such.
   */
  changeServer(upstream: string, server: string, change: ServerChange): number;
  /**
   * Takes stored responses out, or marks them stale.
   *
   * @returns How many it has hit.
   * @throws {UnavailableError} if nobody can do it now.
   */
  purge(order: PurgeOrder): Promise<number>;
  /**
   * Says what becomes of a request, and why; nothing is sent.
   *
   * @throws {UnavailableError} if nobody can say it now.
   */
  explain(question: Question): Promise<Explanation>;
  /**
   * Says the same of a request that is about to be sent, and has it followed.
   *
   * @returns Undefined if as many requests are followed as may be.
   * @throws {UnavailableError} if nobody can say it now.
   */
  follow(question: Question): Promise<Following | undefined>;
  /** What is known of a request that is followed, by its token. */
  followed(token: string): TraceFound;
  /** The configuration in force as JSON, without its secrets. */
  configuration(): Promise<string>;
  /** Reads the configuration again, as SIGHUP does, and resolves when that is done. */
  reload(): Promise<ReloadResult>;
  /**
   * Stops, and resolves when nobody listens any more.
   *
   * @param handsOver Whether another process listens on the same addresses.
   */
  stop(handsOver: boolean): Promise<void>;
}
