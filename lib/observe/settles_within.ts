/** Waiting for something that may never come, such as the reader of a full pipe. */

/** Waits until `promise` settles, but no longer than `ms`; never rejects. */
export async function settlesWithin(
  promise: Promise<unknown> | undefined,
  ms: number,
): Promise<void> {
  if (promise === undefined) return;
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([promise.catch(() => {}), late.promise]);
  clearTimeout(timer);
}
