/**
 * The one table of metrics: names, types and help, and where in a snapshot the values
 * are. `/metrics` and the documents are made of it (pure).
 */

import { CACHE_METRICS } from "./cache_metrics.ts";
import { FLEET_METRICS } from "./fleet_metrics.ts";
import { HTTP_METRICS } from "./http_metrics.ts";
import type { Metric } from "./metric.ts";
import { PROCESS_METRICS } from "./process_metrics.ts";
import { UPSTREAM_METRICS } from "./upstream_metrics.ts";

/** See the module's comment. */
export const METRICS: readonly Metric[] = [
  ...HTTP_METRICS,
  ...UPSTREAM_METRICS,
  ...CACHE_METRICS,
  ...FLEET_METRICS,
  ...PROCESS_METRICS,
];
