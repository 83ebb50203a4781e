/**
 * Which responses are worth a place on disk: those that have been asked for more than
 * once. All workers share what is known of it; keys whose hashes meet in one place may
 * be taken for one another, which costs a write.
 */

/** Places for keys that were seen. */
const PLACES = 65_536;

/** Behind them: how many records should have been written, and were not. */
const DROPPED = PLACES;

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

/** The count of what is kept, as far as is known. */
const KEPT = 0xff;

/** Whether a response that has been fetched is stored; counts it if not. */
export function admits(admission: Admission, hash: number): boolean {
  const { seen, at } = admission;
  if (at <= 1) return true;
  const count = countOf(admission, hash) + 1;
  const isEnough = count >= Math.min(at, KEPT);
  Atomics.store(seen, hash % PLACES, markOf(hash) | (isEnough ? KEPT : count));
  return isEnough;
}

/** The same of one in memory that is used: one that is kept already is not stored again. */
export function admitsUsed(admission: Admission, hash: number): boolean {
  const mayBeKept = admission.at <= 1 || countOf(admission, hash) === KEPT;
  return !mayBeKept && admits(admission, hash);
}

/** Counts a response that could not be written, if it was to be: it is when it is asked for again. */
export function noteDropped(admission: Admission, hash: number): void {
  const { seen, at } = admission;
  const enough = Math.min(at, KEPT);
  if (at > 1 && countOf(admission, hash) + 1 < enough) return;
  Atomics.add(seen, DROPPED, 1);
  Atomics.store(seen, hash % PLACES, markOf(hash) | Math.max(0, enough - 1));
}

/** How many there were. */
export function droppedIn(seen: SharedArrayBuffer): number {
  return Atomics.load(new Uint32Array(seen), DROPPED);
}

/** Notes that a response is kept. */
export function noteKept({ seen }: Admission, hash: number): void {
  Atomics.store(seen, hash % PLACES, markOf(hash) | KEPT);
}

function countOf({ seen }: Admission, hash: number): number {
  const known = Atomics.load(seen, hash % PLACES);
  return (known & ~KEPT) === markOf(hash) ? known & KEPT : 0;
}

/** Above the count, what tells keys of one place from each other. */
function markOf(hash: number): number {
  return (Math.floor(hash / PLACES) << 8) | 0;
}
