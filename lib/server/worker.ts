/** A worker: the server in a thread of its own, which the main thread starts and stops. */

import { SystemClock } from "../net/clock.ts";
import { AccessLog, type LogSink } from "../observe/access_log.ts";
import { watchEvents, writePriorities } from "../observe/event_log.ts";
import { Incidents, type IncidentSink } from "../observe/incidents.ts";
import type { Config } from "../config/config.ts";
import type { Prepared } from "./generations.ts";
import { tiersBehind } from "./behind.ts";
import { logOptions } from "./log_options.ts";
import type { Answer, Question } from "./questions.ts";
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
/** A server that listens. */
interface Started {
  readonly server: Server;
  readonly log: AccessLog;
}

/** Undefined if it could not start. */
let started: Promise<Started | undefined>;
/** The configuration that is ready, or will be; undefined if there is none. */
let prepared: Promise<Prepared | undefined> = Promise.resolve(undefined);

async function start(
  { config, weakenedTags, hasPriorities, behind, ...place }: Extract<
    ToWorker,
    { kind: "start" }
  >,
): Promise<Started | undefined> {
  if (hasPriorities) writePriorities();
  const log = new AccessLog(logOptions(config.log), sink, clock);
  const incidents = new Incidents(clock, mainThread);
  const server = new Server(
    config,
    clock,
    log,
    place,
    incidents,
    weakenedTags,
    await tiersBehind(behind, clock),
  );
  try {
    scope.postMessage({ kind: "listening", addresses: await server.listen() });
  } catch (error) {
    scope.postMessage({ kind: "failed", message: (error as Error).message });
    return undefined;
  }
  return { server, log };
}

/** Makes another configuration ready, once the server has started. */
async function prepare(config: Config): Promise<Prepared | undefined> {
  try {
    const ready = await (await started)?.server.prepare(config);
    scope.postMessage({ kind: "prepared" });
    return ready;
  } catch (error) {
    scope.postMessage({ kind: "refused", message: (error as Error).message });
    return undefined;
  }
}

/** Ends what {@linkcode prepare} began, once that has come so far. */
async function endPreparation(kind: "commit" | "discard"): Promise<void> {
  const ready = prepared;
  prepared = Promise.resolve(undefined);
  (await ready)?.[kind]();
  if (kind === "commit") scope.postMessage({ kind: "committed" });
}

/** Answers a question, once the server has started. */
async function answer(id: number, { kind, asked }: Question): Promise<void> {
  let answer: Answer;
  try {
    const running = await started;
    if (running === undefined) throw new Error("the worker has not started");
    answer = { answer: await running.server.ask(kind, asked) };
  } catch (error) {
    answer = { failure: (error as Error).message };
  }
  scope.postMessage({ kind: "answer", id, answer });
}

/** The message to stop may come while the server starts; then it stops as soon as it has started. */
async function stop(isReplaced: boolean): Promise<void> {
  const running = await started;
  await running?.server.stop(
    isReplaced,
    () => scope.postMessage({ kind: "deaf" }),
  );
  await running?.log.close();
  scope.postMessage({ kind: "stopped" });
}

watchEvents((level, text) => {
  if (level !== "info") scope.postMessage({ kind: "event", level, text });
});

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "start":
      started = start(data);
      return;
    case "prepare":
      prepared = prepare(data.config);
      return;
    case "commit":
    case "discard":
      return endPreparation(data.kind);
    case "ask":
      return answer(data.id, data.question);
    case "logged":
      return sink.onLogged();
    case "stop":
      return stop(data.isReplaced);
  }
};
