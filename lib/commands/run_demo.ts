/** `sluice --demo`: runs by a configuration file like any other, with origins of its own. */

import type { DemoCommand } from "../config/command.ts";
import { startDemo } from "../demo/demo.ts";
import type { DemoFolder } from "../demo/folder.ts";
import { adminLines, tourLines } from "../demo/tour.ts";
import { formatSocketAddress, reachable } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { flushEvents, logEvent } from "../observe/event_log.ts";
import { EXIT_FAILURE } from "./exit_code.ts";
import type { Running } from "./run.ts";
import { type ConfigurationDisk, runFile } from "./run_file.ts";

/**
 * Runs the demo.
 *
 * @param say Gets the tour, line by line.
 * @returns The exit code.
 */
export async function runDemo(
  { listen, overrides }: DemoCommand,
  disk: ConfigurationDisk,
  clock: Clock,
  say: (line: string) => void,
): Promise<number> {
  let folder: DemoFolder;
  let admin: string | undefined;
  try {
    folder = await startDemo(listen, clock, () => admin);
  } catch (error) {
    logEvent("error", `the demo cannot write: ${(error as Error).message}`);
    return EXIT_FAILURE;
  }
  const { file } = folder;
  const command = {
    kind: "file",
    action: "run",
    path: file,
    watches: true,
    overrides,
  } as const;
  try {
    return await runFile(
      command,
      disk,
      clock,
      say,
      (server) => {
        admin = adminOf(server);
        return tell(server, admin, file, clock, say);
      },
    );
  } finally {
    await folder.remove().catch(() => {}); // somebody else was faster
  }
}

/** Where browsers and commands find the admin listener. */
function adminOf({ admin }: Running): string | undefined {
  return admin?.transport === "tcp"
    ? formatSocketAddress(reachable(admin))
    : undefined;
}

/** Says where the demo is, what it runs by, and what there is to see. */
async function tell(
  { addresses }: Running,
  admin: string | undefined,
  file: string,
  clock: Clock,
  say: (line: string) => void,
): Promise<void> {
  logEvent("info", `the demo runs by ${file}`);
  const tcp = addresses.find(({ transport }) => transport === "tcp");
  if (tcp === undefined) return;
  const address = `http://${formatSocketAddress(reachable(tcp))}`;
  logEvent("info", `the demo: ${address}/`);
  if (admin !== undefined) {
    logEvent("info", `the live page: http://${admin}/`);
  }
  await flushEvents(clock); // the tour comes after these
  say([...tourLines(address), ...adminLines(address, admin)].join("\n"));
}
