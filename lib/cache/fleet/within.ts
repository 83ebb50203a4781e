/** Deadlines of what the store is asked. */

import type { TierClock } from "../store/tiers/guarded_tier.ts";

/**
 * Runs a task with a signal that ends it.
 *
 * @param ms When that is.
 * @param ended Ends it earlier.
 */
export async function within<Result>(
  clock: TierClock,
  ms: number,
  task: (signal: AbortSignal) => Promise<Result>,
  ended?: AbortSignal,
): Promise<Result> {
  const end = new AbortController();
  const cancel = clock.after(ms, () => end.abort());
  const signal = ended === undefined
    ? end.signal
    : AbortSignal.any([end.signal, ended]);
  try {
    return await task(signal);
  } finally {
    cancel();
  }
}
