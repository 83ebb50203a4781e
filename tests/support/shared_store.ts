/** Memory that the stores of workers share, and keys that all of them make alike. */

import { CacheKey } from "../../lib/cache/policy/cache_key.ts";
import {
  createSharedMemory,
  type SharedMemory,
} from "../../lib/cache/store/shared/shared_memory.ts";
import { initialise } from "../../lib/cache/store/shared/shared_state.ts";
import { bytesOf } from "../../lib/http/bytes.ts";

/** For the hashes of keys. */
export const SEED = 5;

/** Memory for so many bytes and workers, prepared. */
export function memoryOf(
  bytesMax: number,
  workerCount = 2,
  objectBytesMax = bytesMax,
): SharedMemory {
  const limits = { bytesMax, objectBytesMax };
  const memory = createSharedMemory(limits, workerCount, SEED);
  initialise(memory);
  return memory;
}

/** The key of a path on the host `h`; what is before its first slash belongs to the host. */
export function keyOf(path: string): CacheKey {
  const key = new CacheKey("keep", SEED);
  const bytes = bytesOf(`h${path}`);
  const slash = path.indexOf("/") + 1;
  key.make(bytes, 0, slash, bytes, slash, bytes.length);
  return key;
}
