/** Whether what the program writes goes to systemd's journal. */

import { nodeModule } from "../net/node_module.ts";
import { systemVariable } from "../net/system_variable.ts";

/** The descriptor of standard error. */
const STANDARD_ERROR = 2;

/** Whether standard error leads to the journal, as systemd has it: systemd.exec(5). */
export function leadsToJournal(): boolean {
  const stream = systemVariable("JOURNAL_STREAM");
  if (stream === undefined || stream === "") return false;
  const { dev, ino } = nodeModule("node:fs").fstatSync(STANDARD_ERROR);
  return stream === `${dev}:${ino}`;
}
