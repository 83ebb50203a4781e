/** A worker: the server in a thread of its own, which the main thread starts and stops. */

import { SystemClock } from "../net/clock.ts";
import { AccessLog, type LogSink } from "../observe/access_log.ts";
import { Incidents, type IncidentSink } from "../observe/incidents.ts";
import { Server } from "./server.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** The part of a worker's global scope that is needed here: the type checker knows the main thread's only. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
}

const scope = globalThis as unknown as WorkerScope;

/** Sends lines to the main thread, which writes those of all workers; one batch is sent at a time. */
class MainThreadSink implements LogSink {
  #onLogged: (() => void) | undefined;

  async write(bytes: Uint8Array): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onLogged = resolve;
    const lines = bytes.slice();
    scope.postMessage({ kind: "log", lines }, [lines.buffer]);
    await promise;
    return bytes.length;
  }

  onLogged(): void {
    this.#onLogged?.();
  }
}

const clock = new SystemClock();
const sink = new MainThreadSink();
/** The main thread logs an incident of several workers as one. */
const mainThread: IncidentSink = {
  report: (incident) => scope.postMessage({ kind: "incident", incident }),
  recovered: (text) => scope.postMessage({ kind: "recovered", text }),
};
/** Stops the server, once it has started; undefined if it could not start. */
let started: Promise<(() => Promise<void>) | undefined>;

async function start(
  { config, weakenedTags, ...place }: Extract<ToWorker, { kind: "start" }>,
): Promise<(() => Promise<void>) | undefined> {
  const log = new AccessLog(config.logFormat, sink, clock);
  const incidents = new Incidents(clock, mainThread);
  const server = new Server(config, clock, log, place, incidents, weakenedTags);
  try {
    scope.postMessage({ kind: "listening", addresses: await server.listen() });
  } catch (error) {
    scope.postMessage({ kind: "failed", message: (error as Error).message });
    return undefined;
  }
  return async () => {
    await server.stop();
    await log.close();
  };
}

/** The message to stop may come while the server starts; then it stops as soon as it has started. */
async function stop(): Promise<void> {
  await (await started)?.();
  scope.postMessage({ kind: "stopped" });
}

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "start":
      started = start(data);
      return;
    case "logged":
      return sink.onLogged();
    case "stop":
      return stop();
  }
};
