/** Explaining a request by a configuration file, without a sluice that runs: nothing listens, and nobody is asked. */

import type { Config } from "../config/config.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { Question } from "../explain/question.ts";
import { AccessLog } from "../observe/access_log.ts";
import { logOptions } from "../server/log_options.ts";
import { Server } from "../server/server.ts";
import type { CommandPlace } from "./admin.ts";
import { configOf } from "./config_file.ts";
import { assembled } from "./run_file.ts";

/** Enough for a store of which nothing is asked but that it is empty. */
const STORE_BYTES = 1024 * 1024;

/**
 * Explains it.
 *
 * @param path That of the configuration file.
 * @returns Undefined if there is an error in the file, which has been said.
 */
export async function explainOffline(
  path: string,
  question: Question,
  { disk, clock, complain }: CommandPlace,
): Promise<Explanation | undefined> {
  const command = {
    kind: "file",
    action: "run",
    path,
    watches: false,
    overrides: { listen: undefined, workers: undefined, logFormat: undefined },
  } as const;
  const resolved = await configOf(command, disk, complain);
  if (resolved === undefined) return undefined;
  const config = assembled(resolved, complain);
  if (config === undefined) return undefined;
  const sink = { write: (b: Uint8Array) => Promise.resolve(b.length) };
  const log = new AccessLog(logOptions(config.log), sink, clock);
  const server = new Server(alone(config), clock, log);
  try {
    return await server.ask("explain", question);
  } finally {
    await server.stop();
    await log.close();
  }
}

/** The configuration of a process that serves nobody: it probes nothing and keeps nothing. */
function alone(config: Config): Config {
  const { store, upstreams } = config;
  return {
    ...config,
    workers: 1,
    tls: undefined,
    store: store && { ...store, bytesMax: STORE_BYTES },
    upstreams: upstreams.map((upstream) => ({
      ...upstream,
      health: undefined,
    })),
  };
}
