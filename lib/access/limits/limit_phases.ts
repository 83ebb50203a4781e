/** The limits of a route as phases. */

import type { Clock } from "../../net/clock.ts";
import type { AccessPhase } from "../passage.ts";
import { concurrencyPhase } from "./concurrency_phase.ts";
import type { Counts } from "./limit_memory.ts";
import type { LimitOptions } from "./limit_options.ts";
import { ratePhase } from "./rate_phase.ts";

/** Compiles limits: rates first, so that a client that comes too often waits in no queue. */
export function limitPhases(
  limits: readonly LimitOptions[],
  counts: Counts,
  clock: Clock,
): AccessPhase[] {
  const rate = ratePhase(limits, counts);
  return [
    ...rate === undefined ? [] : [rate],
    ...limits.flatMap((limit) =>
      limit.concurrent === undefined
        ? []
        : [concurrencyPhase(limit, limit.concurrent, counts, clock)]
    ),
  ];
}
