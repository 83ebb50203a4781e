/** How many descriptors the system lets this process have. */

import { isExhaustion } from "./exhaustion.ts";

/** Something that can be opened often, at little cost, and with no more than the permission to read. */
const PATH = "/";

/**
 * Counts the descriptors that can be opened yet, by opening them: the limit itself
 * can only be read with every permission.
 *
 * @param max Where to stop: 256 take 2 ms.
 * @returns As many as there are, at most `max`; undefined if it cannot be told.
 */
export function countFreeDescriptors(max: number): number | undefined {
  // Never a question on a terminal: who does not give this permission may have reasons.
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
