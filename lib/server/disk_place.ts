/** The cache on disk of the whole process, loaded and opened before anything listens. */

import type { DiskFolder } from "../cache/disk/disk_folder.ts";
import type { Config } from "../config/config.ts";
import { logEvent } from "../observe/event_log.ts";

/**
 * Opens the cache on disk; one that takes the place of another process waits until that
 * lets go of it, and serves without it meanwhile.
 *
 * @throws {Error} A line for the operator.
 */
export async function openDisk(
  { disk, shared }: Config,
  waits: boolean,
): Promise<DiskFolder | undefined> {
  if (disk === undefined) return undefined;
  const name = `cache.disk "${disk.path}"`;
  const { DiskFolder } = await import("../cache/disk/disk_folder.ts");
  try {
    return await DiskFolder.open(disk, {
      waits,
      // What a fleet has purged while nobody here listened is not known.
      forgets: shared !== undefined,
      tell: (text) => logEvent("warn", `${name}: ${text}`),
    });
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${name}: ${message}`, { cause: error });
  }
}
