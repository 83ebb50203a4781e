/** A run's surroundings: stage, cores, origin; and the start of a subject within them. */

import { Peer as Connection } from "../../support/peer.ts";
import type { Cores } from "./cores.ts";
import type { Options } from "./options.ts";
import type { RequestCounter } from "./origin.ts";
import { patiently } from "./patience.ts";
import { Refused } from "./results.ts";
import type { Running, Stage } from "./stage.ts";
import type { Subject } from "./subject.ts";

/** What every measurement needs. */
export interface Rig {
  readonly stage: Stage;
  readonly cores: Cores;
  readonly options: Options;
  readonly originPort: number;
  readonly counter: RequestCounter;
}

/** A subject that runs. */
export interface Live {
  readonly subject: Subject;
  readonly running: Running;
  readonly port: number;
  /** From its start to its first answer. */
  readonly startMs: number;
}

/** How long a program may take to give its first answer: Caddy takes long over a thousand hosts. */
const START_MS_MAX = 60_000;
/** Characters of a log that are shown when its program fails. */
const LOG_SHOWN = 400;
/** Between two tries. */
const RETRY_MS = 1;

/**
 * Starts a subject and waits for its first answer through to the origin.
 *
 * @param cores Where it runs; where servers run if not given.
 * @param more Words to add to its command line.
 * @throws {Refused} It does not answer.
 */
export async function startSubject(
  rig: Rig,
  subject: Subject,
  port: number,
  cores: string = rig.cores.server,
  more: readonly string[] = [],
): Promise<Live> {
  assertFree(port);
  const directory = rig.stage.newDirectory(subject.name);
  const { originPort } = rig;
  const command = subject.prepare({ port, originPort, directory });
  const startedMs = performance.now();
  const running = rig.stage.start(subject.name, [...command, ...more], cores);
  await awaitAnswer(running, port, "/small");
  const startMs = performance.now() - startedMs;
  return { subject, running, port, startMs };
}

/** Throws if the port is taken: its owner's answers are not what is to be measured. */
export function assertFree(port: number): void {
  Deno.listen({ hostname: "127.0.0.1", port }).close();
}

/** Waits for a 200 from a port; from one host if there are several. */
export async function awaitAnswer(
  running: Running,
  port: number,
  path: string,
  host = `127.0.0.1:${port}`,
): Promise<void> {
  const endMs = performance.now() + START_MS_MAX;
  while (!await answers(port, path, host)) {
    if (running.hasEnded()) {
      throw new Refused(`ended: ${running.log().slice(-LOG_SHOWN)}`);
    }
    if (performance.now() > endMs) {
      throw new Refused(`no answer: ${running.log().slice(-LOG_SHOWN)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function answers(
  port: number,
  path: string,
  host: string,
): Promise<boolean> {
  try {
    using connection = await Connection.connect(port);
    return await patiently(connection, async () => {
      await connection.send(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      );
      return (await connection.readMessage()).status === 200;
    });
  } catch {
    return false; // nobody listens yet, or who does is not ready
  }
}
