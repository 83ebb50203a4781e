/** Counts the descriptors that this process may still open. */

import { isExhaustion } from "./exhaustion.ts";

/** A file that can be opened often, at little cost, and with only the permission to read. */
const PATH = "/";

/**
 * Counts the descriptors that can be opened yet, by opening them: the limit itself
 * can only be read with every permission.
 *
 * @param max Where to stop: 256 take 2 ms.
 * @returns As many as there are, at most `max`; undefined if it cannot be told.
 */
export function countFreeDescriptors(max: number): number | undefined {
  // Never ask on a terminal: an operator may have reasons not to give this permission.
  const { state } = Deno.permissions.querySync({ name: "read", path: PATH });
  if (state !== "granted") return undefined;
  const files: Deno.FsFile[] = [];
  try {
    while (files.length < max) files.push(Deno.openSync(PATH));
    return max;
  } catch (error) {
    return isExhaustion(error) ? files.length : undefined;
  } finally {
    for (const file of files) file.close();
  }
}
