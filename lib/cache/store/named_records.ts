/** Whether a purge names the records in memory that threads share, one after the other. */

import { isOfHost, type PurgeTarget } from "./purge.ts";
import {
  hasKeyPrefix,
  hasTag,
  keyRange,
  tagBytes,
  tagsLength,
} from "./stored_record.ts";

/** Bytes of tags that are one unit of work. */
const TAG_BYTES_PER_WORK = 128;

/** Tests records by where in memory they begin; it makes no views of them. */
export interface RecordTest {
  isNamed(start: number): boolean;
  /** The work of that, in the units of `PURGE_STEP`, besides looking at it at all. */
  workOf(start: number): number;
}

/** What tells whether a purge names a record. */
export function recordTest(
  purge: Exclude<PurgeTarget, { readonly kind: "key" }>,
  memory: Uint8Array,
): RecordTest {
  switch (purge.kind) {
    case "all":
      return { isNamed: () => true, workOf: () => 0 };
    case "prefix": {
      const { prefix } = purge;
      return {
        isNamed: (start) => hasKeyPrefix(memory, start, prefix),
        workOf: () => 0,
      };
    }
    case "host": {
      const { host } = purge;
      return {
        isNamed(start): boolean {
          const key = keyRange(memory, start);
          return isOfHost(memory, key.start, key.end, host);
        },
        workOf: () => 0,
      };
    }
    case "tag": {
      const wanted = tagBytes(purge.tag);
      return {
        isNamed: (start) => hasTag(memory, start, wanted),
        workOf: (start) => tagsLength(memory, start) / TAG_BYTES_PER_WORK,
      };
    }
  }
}
