/** Waiting for something that may never come, such as the reader of a full pipe. */

import type { Clock } from "../net/clock.ts";

/** Waits until `promise` settles, but no longer than `ms`; never rejects. */
export async function settlesWithin(
  promise: Promise<unknown> | undefined,
  ms: number,
  clock: Clock,
): Promise<void> {
  if (promise === undefined) return;
  const late = Promise.withResolvers<void>();
  const cancel = clock.after(ms, late.resolve);
  await Promise.race([promise.catch(() => {}), late.promise]);
  cancel();
}
