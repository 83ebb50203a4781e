/** How long a program takes to give its first answer, and what memory it has then. */

import { memoryBytes } from "./process_tree.ts";
import type { Results } from "./results.ts";
import { type Rig, startSubject } from "./rig.ts";
import type { Subject } from "./subject.ts";
import type { OtherWorkload } from "./workloads.ts";

/** What a program still does after its first answer is over by then. */
const REST_MS = 500;
const MIB = 2 ** 20;

/** Starts a subject afresh, and stops it. */
export async function measureStart(
  rig: Rig,
  subject: Subject,
  port: number,
  { name: workload, title }: OtherWorkload,
  round: number,
  results: Results,
): Promise<void> {
  const { running, startMs } = await startSubject(rig, subject, port);
  const { name } = subject;
  const kind = { workload, title, unit: " ms", better: "less" } as const;
  results.add(kind, name, round, { value: startMs });
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  results.add(
    { ...kind, title: "memory at rest", unit: " MiB" },
    name,
    round,
    { value: memoryBytes(running.pid) / MIB },
  );
  await rig.stage.stop(running);
}
