/** Errors that say the system has run out of descriptors, buffers or memory. */

const CODES: ReadonlySet<unknown> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
]);

/** Whether a system call failed because the system had run out of something. */
export function isExhaustion(error: unknown): boolean {
  return error instanceof Error && "code" in error && CODES.has(error.code);
}
