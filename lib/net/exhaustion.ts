/** Running out of what the system gives: descriptors, buffers, memory. */

const CODES: ReadonlySet<unknown> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
]);

/** Whether a system call failed because nothing was left to carry it out with. */
export function isExhaustion(error: unknown): boolean {
  return error instanceof Error && "code" in error && CODES.has(error.code);
}
