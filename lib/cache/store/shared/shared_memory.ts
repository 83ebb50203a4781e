/**
 * The memory that the workers' stores share: buffers that every thread has a view
 * of, and how the bound is parted among them.
 */

import { PURGE_EPOCHS_BYTES } from "../purge_epochs.ts";
import { createRefusalMemory } from "../last_refusals.ts";
import {
  createUncacheableMemory,
  type UncacheableMemory,
} from "../uncacheable_keys.ts";

/** Bytes of a cell, the unit of addresses in the log, which are of 31 bits: 16 GiB. */
export const CELL_BYTES = 8;
/** Words of `control`, by number. */
export const CONTROL = {
  Lock: 0,
  /** The cell where the next record begins. */
  Head: 1,
  /** The cell of the oldest record. */
  Tail: 2,
  /** Cells between the two. */
  Used: 3,
  /** The last serial that was given to a record. */
  Serial: 4,
  /** The first slot that is free; 0 for none. */
  FreeSlot: 5,
  /** Records that can be found. */
  Linked: 6,
} as const;
/** Where in `control` it is counted how many went to make room: a float, which never wraps around. */
export const EVICTED_BYTE = 32;
const CONTROL_WORDS = 16;

/** Part of the bound that the log takes; slots, index and what each worker keeps of its own take the rest. */
const LOG_FRACTION = 0.65;
/** Part of the bound for what workers keep of their own, all together: parsed heads, encoded forms, contents on their way. */
const OWN_FRACTION = 0.3;
/** Part of that which contents on their way, and those read since, may take together: the rest is kept for the others. */
const ARRIVING_FRACTION = 0.75;
/** Beside the content of the largest, if that leaves less than one. */
const ARRIVING_BYTES_MIN = 128 * 1024;
/** The most that content on its way takes for each byte, as it is counted. */
const ARRIVING_FACTOR = 1.5;
/** Each worker can know some responses at least, however small its part. */
const OWN_BYTES_MIN = 64 * 1024;
/** Cells of the largest log: their numbers are of 31 bits. */
const CELLS_MAX = 0x7fffffff;
/** The largest content: with its head, its length must be of 31 bits, too. */
const CONTENT_BYTES_MAX = 0x7f000000;
/** One slot for so many bytes of the log: smaller records on average leave part of the log unused. */
const BYTES_PER_SLOT = 1024;
const SLOTS_MIN = 64;
/** A record may be no larger than this part of the log, so that one never drives out all others. */
const RECORD_FRACTION = 0.25;
/** Words of a slot: two of them to a cache line. */
export const SLOT_WORDS = 8;
/** Words of a bucket. */
export const BUCKET_WORDS = 2;
/** Keys of which it is known who fetches them. */
export const SHARED_FETCH_SLOTS = 1024;
/** Words of a shared fetch. */
export const SHARED_FETCH_WORDS = 4;

/** See the module's comment; it can be posted to a worker. */
export interface SharedMemory {
  /** How many workers there may be at a time. */
  readonly workerCount: number;
  /** For the hashes of keys: the same for all. */
  readonly seed: number;
  /** Bytes that each worker may keep of its own. */
  readonly ownBytesMax: number;
  /** Bytes that contents on their way may take, of all workers together. */
  readonly arrivingBytesMax: number;
  /** Bytes of one response's content, the policy's or what the log can hold. */
  readonly objectBytesMax: number;
  readonly control: SharedArrayBuffer;
  readonly buckets: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  /** By worker, then by slot: how often the worker has pinned it. */
  readonly pins: SharedArrayBuffer;
  readonly log: SharedArrayBuffer;
  /** By worker: how much its contents on their way take. */
  readonly arriving: SharedArrayBuffer;
  readonly sharedFetches: SharedArrayBuffer;
  readonly uncacheable: UncacheableMemory;
  /** What `PurgeEpochs` shares. */
  readonly purgeEpochs: SharedArrayBuffer;
  /** By worker: how many purges it is carrying out. */
  readonly purging: SharedArrayBuffer;
  /** What `LastRefusals` shares. */
  readonly refusals: SharedArrayBuffer;
}

/**
 * Memory for a store of `bytesMax` bytes in all.
 *
 * @param seed A random number.
 */
export function createSharedMemory(
  limits: { readonly bytesMax: number; readonly objectBytesMax: number },
  workerCount: number,
  seed: number,
): SharedMemory {
  const { bytesMax } = limits;
  const cells = Math.min(
    Math.ceil(bytesMax * LOG_FRACTION / CELL_BYTES),
    CELLS_MAX,
  );
  const logBytes = cells * CELL_BYTES;
  const slotCount = Math.max(
    SLOTS_MIN,
    Math.ceil(logBytes / BYTES_PER_SLOT),
  );
  const objectBytesMax = Math.min(
    limits.objectBytesMax,
    CONTENT_BYTES_MAX,
    Math.floor(logBytes * RECORD_FRACTION),
  );
  const bucketCount = 2 ** Math.ceil(Math.log2(slotCount));
  const words = (count: number): SharedArrayBuffer =>
    new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT);
  return {
    workerCount,
    seed,
    ownBytesMax: Math.max(
      Math.ceil(bytesMax * OWN_FRACTION / workerCount),
      OWN_BYTES_MIN,
    ),
    arrivingBytesMax: Math.max(
      Math.ceil(bytesMax * OWN_FRACTION * ARRIVING_FRACTION),
      ARRIVING_BYTES_MIN + Math.ceil(objectBytesMax * ARRIVING_FACTOR),
    ),
    objectBytesMax,
    control: words(CONTROL_WORDS),
    buckets: words(bucketCount * BUCKET_WORDS),
    slots: words((slotCount + 1) * SLOT_WORDS),
    pins: words((slotCount + 1) * workerCount),
    log: new SharedArrayBuffer(logBytes),
    arriving: words(workerCount),
    sharedFetches: words(SHARED_FETCH_SLOTS * SHARED_FETCH_WORDS),
    uncacheable: createUncacheableMemory(),
    purgeEpochs: new SharedArrayBuffer(PURGE_EPOCHS_BYTES),
    purging: words(workerCount),
    refusals: createRefusalMemory(),
  };
}
