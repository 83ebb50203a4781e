/**
 * The thread that keeps the cache on disk, for all workers: reads and writes block it,
 * and nobody else. It does what it is asked in the order in which that comes; long work
 * is done in steps, with others' questions in between.
 */

import { BodyFiles } from "./body_files.ts";
import { DiskRecords } from "./disk_records.ts";
import type {
  DiskAnswer,
  DiskQuestion,
  FromDiskThread,
  ToDiskThread,
} from "./disk_messages.ts";
import { InUseError, openIndex } from "./schema.ts";
import { readRecord } from "../store/stored_record.ts";
import { nextTurn, SystemClock } from "../../net/clock.ts";

/** How often those who look at it are told what it holds, in ms. */
const FACTS_MS = 1000;
/** How often it is tried to open a folder that another process has, in ms. */
const RETRY_MS = 500;

/** The part of a thread's global scope that is needed here: the type checker knows the main thread's only. */
interface ThreadScope {
  postMessage(message: FromDiskThread): void;
  onmessage: (event: MessageEvent<ToDiskThread>) => void;
  close(): void;
}

const scope = globalThis as unknown as ThreadScope;
let records: DiskRecords | undefined;
/** What the records cannot be asked for. */
let reason = "it is not open yet";
const clock = new SystemClock();
/** Cancels what is due next. */
let cancel = (): void => {};
/** Those who ask. */
const ports: MessagePort[] = [];

type OpenOrder = Extract<ToDiskThread, { readonly kind: "open" }>;

function open(order: OpenOrder): void {
  const { path, bytesMax } = order;
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    const index = openIndex(`${path}/index.sqlite`);
    const files = new BodyFiles(`${path}/bodies`);
    records = new DiskRecords(index, files, bytesMax);
  } catch (error) {
    reason = (error as Error).message;
    if (!order.waits || !(error instanceof InUseError)) {
      return scope.postMessage({ kind: "refused", message: reason });
    }
    cancel = clock.after(RETRY_MS, () => open(order));
    return;
  }
  scope.postMessage({ kind: "opened", facts: records.facts });
  cancel = clock.after(FACTS_MS, tellFacts);
  inSteps(records.sweep(), () => scope.postMessage({ kind: "swept" }));
}

function tellFacts(): void {
  if (records === undefined) return;
  scope.postMessage({ kind: "facts", facts: records.facts });
  cancel = clock.after(FACTS_MS, tellFacts);
}

function listen(port: MessagePort): void {
  ports.push(port);
  port.onmessage = ({ data }: MessageEvent<DiskQuestion>) => {
    const reply = (answer: DiskAnswer, transfer: Transferable[] = []): void =>
      port.postMessage(answer, transfer);
    try {
      answer(data, reply);
    } catch (error) {
      const { message } = error as Error;
      reply({ kind: "failed", id: data.id, message });
    }
  };
}

/** @throws {Error} It cannot be done. */
function answer(
  question: DiskQuestion,
  reply: (answer: DiskAnswer, transfer?: Transferable[]) => void,
): void {
  const { id } = question;
  if (records === undefined) throw new Error(reason);
  switch (question.kind) {
    case "find":
      return reply({ kind: "found", id, records: records.find(question.key) });
    case "read": {
      const content = records.read(question.record);
      const transfer = content === undefined ? [] : [content.buffer];
      return reply({ kind: "content", id, content }, transfer);
    }
    case "put":
      records.put(readRecord(question.bytes), question.tags);
      return reply({ kind: "done", id, count: 0 });
    case "purge":
      return inSteps(
        records.purge(question.purge),
        (count) => reply({ kind: "done", id, count }),
        ({ message }) => reply({ kind: "failed", id, message }),
      );
  }
}

/** Does long work in steps; the first is done at once. */
function inSteps<Result>(
  steps: Generator<void, Result>,
  done: (result: Result) => void,
  failed: (error: Error) => void = () => {},
): void {
  const go = (): void => {
    if (records === undefined) return failed(new Error(reason));
    try {
      const step = steps.next();
      if (step.done) done(step.value);
      else nextTurn().then(go);
    } catch (error) {
      failed(error as Error);
    }
  };
  go();
}

function close(): void {
  cancel();
  for (const port of ports) port.close();
  try {
    records?.close();
  } finally {
    records = undefined;
    reason = "it is closed";
    scope.postMessage({ kind: "closed" });
    scope.close();
  }
}

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "open":
      return open(data);
    case "port":
      return listen(data.port);
    case "resize":
      return records?.resize(data.bytesMax);
    case "close":
      return close();
  }
};
