/** What the tiers of the cache hold, for those who look at it. */

import {
  CELL_BYTES,
  CONTROL,
  EVICTED_BYTE,
  type SharedMemory,
} from "../cache/store/shared/shared_memory.ts";
import type { DiskFolder } from "../cache/disk/disk_folder.ts";
import type { Store } from "../cache/store/store.ts";
import type { TierFacts } from "../observe/metrics/snapshot.ts";

/** The memory of a process that is alone. */
export function memoryTier({ ledger, limits }: Store): TierFacts {
  const { bytes, count: objects, evicted } = ledger;
  return { tier: "memory", bytes, bytesMax: limits.bytesMax, objects, evicted };
}

/** The memory that workers share: what was taken out takes its place for a while. */
export function sharedTier({ control, log }: SharedMemory): TierFacts {
  const words = new Int32Array(control);
  return {
    tier: "memory",
    bytes: Atomics.load(words, CONTROL.Used) * CELL_BYTES,
    bytesMax: log.byteLength,
    objects: Atomics.load(words, CONTROL.Linked),
    evicted: new Float64Array(control, EVICTED_BYTE, 1)[0]!,
  };
}

/** What is kept on disk, as of the last second. */
export function diskFacts({ facts, dropped }: DiskFolder): TierFacts {
  const { bytes, bytesMax, records: objects, evictions: evicted } = facts;
  return { tier: "disk", bytes, bytesMax, objects, evicted, dropped };
}
