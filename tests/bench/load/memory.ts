/** The memory that programs have after what was measured with them. */

import { memoryBytes } from "./process_tree.ts";
import type { Results } from "./results.ts";
import type { Live } from "./rig.ts";
import type { MemoryWorkload } from "./workloads.ts";

/** What programs give back when nothing is to be done is given back by then. */
const REST_MS = 3000;
const MIB = 2 ** 20;

/** Weighs each of them once. */
export async function weigh(
  lives: readonly Live[],
  { name: workload, title }: Pick<MemoryWorkload, "name" | "title">,
  results: Results,
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const kind = { workload, title, unit: " MiB", better: "less" } as const;
  for (const { subject, running } of lives) {
    const value = memoryBytes(running.pid) / MIB;
    results.add(kind, subject.name, 0, { value });
  }
}
