/** What all exchanges of one server share, whatever the configuration says of their routes. */

import type { WeakenedTags } from "../cache/store/weakened_tags.ts";
import { opaqueTag } from "../http/condition.ts";
import { FIELD } from "../http/field.ts";
import type { FieldSection } from "../http/section.ts";
import type { RequestIds } from "../head/request_id.ts";
import type { Clock } from "../net/clock.ts";
import type { CurrentDate } from "../net/current_date.ts";
import type { DeadlineWheel } from "../net/deadline.ts";
import type { LoopClock } from "../net/loop_clock.ts";
import type { AccessLog } from "../observe/access_log.ts";
import type { LiveTraces } from "../observe/live_traces.ts";
import type { IncidentSink } from "../observe/incidents.ts";
import type { Meter } from "../observe/metrics/meter.ts";
import type { Tracing } from "../observe/tracing.ts";
import type { CodingLoad } from "./coding_load.ts";
import type { IdleClients } from "../client/idle_clients.ts";
import type { SharedCache } from "./shared_cache.ts";

/** See the module's comment. */
export interface Site {
  readonly clock: Clock;
  /** Knows what the event loop has looked at since. */
  readonly loop: LoopClock;
  /** For responses that come without a date, and for those of our own. */
  readonly date: CurrentDate;
  readonly wheel: DeadlineWheel;
  /** The client connections that wait, and may have to go. */
  readonly idle: IdleClients;
  readonly log: AccessLog;
  readonly incidents: IncidentSink;
  /** Undefined if requests are not counted: those of the admin listener. */
  readonly meter: Meter | undefined;
  /** Undefined if the runtime records no traces. */
  readonly tracing: Tracing | undefined;
  readonly codingLoad: CodingLoad;
  /** Undefined if nothing is stored. */
  readonly cache: SharedCache | undefined;
  /** The origin's entity tags that clients got as weak ones. */
  readonly weakenedTags: WeakenedTags;
  /** Requests that are followed; undefined if none can be. */
  readonly traces?: LiveTraces;
  /** Makes the ids of requests. */
  readonly requestIds: RequestIds;
  /** Whether another process has taken over: every response is the last of its connection. */
  isLeaving: boolean;
  /** Whether the server is stopping: every response closes its connection. */
  isDraining: boolean;
  /** Whether every route is in maintenance, by the word of the operator. */
  isInMaintenance: boolean;
}

/** Remembers the entity tag of a response that is sent in another coding, if it was a strong one. */
export function noteWeakened(
  { weakenedTags }: Site,
  response: FieldSection,
): void {
  const etag = response.text(FIELD.Etag);
  if (etag !== undefined && opaqueTag(etag) === etag) weakenedTags.note(etag);
}
