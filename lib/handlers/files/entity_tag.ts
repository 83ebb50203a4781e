/** The validators of a file (RFC 9110 §8.8; pure). */

import type { FileIdentity } from "../../files/regular_file.ts";
import type { Validators } from "../../http/condition.ts";

/**
 * A file that was changed so shortly before it was read may change once more without
 * another time: file systems round it, FAT to 2 s, and clocks differ.
 */
const SETTLED_MS = 2000;

/** Whether a file may have changed again with the same time, or has one that is yet to come. */
export function isUnsettled(
  { changedMs }: FileIdentity,
  nowMs: number,
): boolean {
  return nowMs - changedMs < SETTLED_MS;
}

/**
 * The validators of a file.
 *
 * The entity tag holds time (in ms, which is what the runtime tells), size and inode:
 * the last tells files apart that an installation put in each other's place with the
 * same date. It is weak as long as the file may change without another time; a date
 * that is yet to come is not told (RFC 9110 §8.8.2.1).
 *
 * @param nowMs When it was read, in ms since the epoch.
 */
export function validatorsOf(file: FileIdentity, nowMs: number): Validators {
  const { changedMs, size, inode } = file;
  const tag = `"${hex(changedMs)}-${hex(size)}-${hex(inode)}"`;
  return {
    etag: isUnsettled(file, nowMs) ? `W/${tag}` : tag,
    lastModifiedMs: changedMs > nowMs
      ? undefined
      : Math.floor(changedMs / 1000) * 1000,
    dateMs: nowMs,
  };
}

function hex(value: number): string {
  return value.toString(16);
}
