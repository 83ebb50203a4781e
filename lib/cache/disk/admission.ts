/**
 * Which responses are worth a place on disk: those that have been asked for more than
 * once. All workers share what is known of it; keys whose hashes meet in one place may
 * be taken for one another, which costs a write.
 */

/** Places for keys that were seen. */
const PLACES = 65_536;

/** Behind them: how many records were not written because too many were on their way. */
export const DROPPED = PLACES;

/** Bytes of what is known. */
export const ADMISSION_BYTES: number = (PLACES + 1) *
  Int32Array.BYTES_PER_ELEMENT;

/** See the module's comment. */
export interface Admission {
  /** {@linkcode ADMISSION_BYTES}, which all workers share. */
  readonly seen: Int32Array;
  /** At which request a response is stored. */
  readonly at: number;
}

/** Whether a response that has been fetched is stored; counts it if not. */
export function admits({ seen, at }: Admission, hash: number): boolean {
  if (at <= 1) return true;
  const place = hash % PLACES;
  // Above the count, what tells keys of one place from each other.
  const mark = (Math.floor(hash / PLACES) << 8) | 0;
  const known = Atomics.load(seen, place);
  const count = (known & ~0xff) === mark ? (known & 0xff) + 1 : 1;
  const isEnough = count >= Math.min(at, 0xff);
  Atomics.store(seen, place, mark | (isEnough ? 0xff : count));
  return isEnough;
}
