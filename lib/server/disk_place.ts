/** The cache on disk of the whole process, opened before anything listens. */

import { DiskFolder } from "../cache/disk/disk_folder.ts";
import type { Config } from "../config/config.ts";

/**
 * Opens the cache on disk; one that takes the place of another process waits until that
 * lets go of it, and serves without it meanwhile.
 *
 * @throws {Error} A line for the operator.
 */
export async function openDisk(
  { disk }: Config,
  waits: boolean,
): Promise<DiskFolder | undefined> {
  if (disk === undefined) return undefined;
  try {
    return await DiskFolder.open(disk, waits);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`cache.disk "${disk.path}": ${message}`, { cause: error });
  }
}
