/** What the system says of the process. */

import type { ProcessFacts } from "./snapshot.ts";

const DESCRIPTORS = "/proc/self/fd";
/** Whether it may be asked how many descriptors are open: the runtime wants all permissions for that. */
let mayCount = Deno.build.os === "linux";

/** Asks for what only the system knows. */
export async function systemFacts(): Promise<
  Pick<ProcessFacts, "cpuSeconds" | "residentBytes" | "openDescriptors">
> {
  // deno-lint-ignore no-process-global -- to import it takes 20 ms in each thread
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: Deno.memoryUsage().rss,
    openDescriptors: await openDescriptors(),
  };
}

/** Undefined if nobody may look. */
async function openDescriptors(): Promise<number | undefined> {
  // Never ask on a terminal: an operator may have reasons not to give this permission.
  const { state } = await Deno.permissions.query({
    name: "read",
    path: DESCRIPTORS,
  });
  if (!mayCount || state !== "granted") return undefined;
  let count = -1; // the folder itself is open meanwhile
  try {
    for await (const _ of Deno.readDir(DESCRIPTORS)) count++;
  } catch {
    mayCount = false;
    return undefined;
  }
  return count;
}
