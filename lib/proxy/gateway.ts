/** What all exchanges of one server share. */

import type { Route } from "../config/config.ts";
import type { DeadlineWheel } from "../net/deadline.ts";
import type { AccessLog } from "../observe/access_log.ts";
import type { IncidentSink } from "../observe/incidents.ts";
import type { OriginFailures } from "../observe/origin_failures.ts";
import type { Pool } from "../upstream/pool.ts";
import type { CodingLoad } from "./coding_load.ts";
import type { SharedCache } from "./shared_cache.ts";

/** See the module's comment. */
export interface Gateway {
  readonly route: Route;
  readonly pool: Pool;
  readonly wheel: DeadlineWheel;
  readonly log: AccessLog;
  readonly incidents: IncidentSink;
  readonly originFailures: OriginFailures;
  readonly codingLoad: CodingLoad;
  /** Undefined if nothing is stored. */
  readonly cache: SharedCache | undefined;
  /** Whether the server is stopping: every response closes its connection. */
  isDraining: boolean;
}
