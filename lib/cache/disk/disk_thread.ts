/**
 * The thread that keeps the cache on disk, for all workers: reads and writes block it,
 * and nobody else. It does what it is asked in the order in which that comes; long work
 * is done in steps, with others' questions in between.
 */

import { BodyFiles } from "./body_files.ts";
import { DiskIndex } from "./disk_index.ts";
import { DiskRecords } from "./disk_records.ts";
import type {
  DiskAnswer,
  DiskQuestion,
  FromDiskThread,
  ToDiskThread,
} from "./disk_messages.ts";
import { RecordTable } from "./record_table.ts";
import { LargeFiles } from "./large_files.ts";
import {
  InUseError,
  isDamage,
  isTrouble,
  openIndex,
  OtherVersionError,
  removeIndex,
} from "./schema.ts";
import { WriteQueue } from "./write_queue.ts";
import { readRecord } from "../store/stored_record.ts";
import { nextTurn, SystemClock } from "../../net/clock.ts";

/** How often those who look at it are told what it holds, in ms. */
const FACTS_MS = 1000;
/** How long writing may go on at the end, in ms. */
const CLOSE_MS = 5000;
/** How often it is tried to open a folder that another process has, or whose disk is in trouble, in ms. */
const RETRY_MS = 500;

/** The part of a thread's global scope that is needed here: the type checker knows the main thread's only. */
interface ThreadScope {
  postMessage(message: FromDiskThread): void;
  onmessage: (event: MessageEvent<ToDiskThread>) => void;
  close(): void;
}

const scope = globalThis as unknown as ThreadScope;
let records: DiskRecords | undefined;
/** These are there as long as the records are. */
let table: RecordTable | undefined;
let largeFiles: LargeFiles | undefined;
/** What the records cannot be asked for. */
let reason = "it is not open yet";
const clock = new SystemClock();
/** Cancels what is due next. */
let cancel = (): void => {};
/** Records on their way. */
const writes = new WriteQueue((waiting) => {
  if (records === undefined) throw new Error(reason);
  const { large, record } = waiting;
  if (large === undefined) records.put(record, waiting);
  else records.updateLarge(large, record);
}, () => clock.monotonic());
/** Those who ask. */
const ports: MessagePort[] = [];

type LargeKind =
  | "begin"
  | "append"
  | "finish"
  | "retire"
  | "abort"
  | "piece";
type OpenOrder = Extract<ToDiskThread, { readonly kind: "open" }>;
/** How the folder was opened, once it was. */
let opened: OpenOrder | undefined;
/** Whether it has been told that it cannot be opened for now. */
let isTroubled = false;

function open(order: OpenOrder): void {
  const { path } = order;
  const isOurs = hasBodies(path);
  try {
    openRecords(order);
  } catch (error) {
    if (error instanceof OtherVersionError) {
      return beginAnew(order, `${error.message}; what was in it is forgotten`);
    }
    if (isDamage(error) && isOurs) return beginAnew(order, DAMAGED);
    cannotOpen(order, error as Error);
  }
}

/** Tells why, unless it is tried again. */
function cannotOpen(order: OpenOrder, error: Error): void {
  const { message } = error;
  reason = message;
  const isInTrouble = isTrouble(error);
  if (!isInTrouble && !(order.waits && error instanceof InUseError)) {
    return scope.postMessage({ kind: "refused", message });
  }
  if (isInTrouble && !isTroubled) {
    isTroubled = true;
    scope.postMessage({ kind: "troubled", message });
  }
  cancel = clock.after(RETRY_MS, () => open(order));
}

/** Whether there is what sluice makes before everything else. */
function hasBodies(path: string): boolean {
  try {
    return Deno.statSync(bodiesOf(path)).isDirectory;
  } catch {
    return false; // it will be seen why
  }
}

function bodiesOf(path: string): string {
  return `${path}/bodies`;
}

/**
 * @param isAnew Whether there may be files of an index that is gone.
 * @throws {Error} A line for the operator.
 */
function openRecords(order: OpenOrder, isAnew = false): void {
  const { path, bytesMax, firstId } = order;
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  const index = openIndex(indexOf(order));
  try {
    const files = new BodyFiles(bodiesOf(path));
    const nextId = Math.max(firstId, table?.nextId ?? 0);
    table = new RecordTable(
      new DiskIndex(index),
      files,
      { bytesMax, firstId: nextId, isAnew },
    );
    records = new DiskRecords(table);
    largeFiles?.close();
    largeFiles = new LargeFiles(records, table, () => clock.monotonic());
  } catch (error) {
    index.close();
    throw error;
  }
  opened = order;
  // Nothing of it is found from the first step on.
  if (order.forgets) inSteps(records.purge({ kind: "all" }), () => {});
  scope.postMessage({ kind: "opened", facts: records.facts });
  cancel();
  cancel = clock.after(FACTS_MS, tellFacts);
  inSteps(table.sweep(), () => scope.postMessage({ kind: "swept" }));
}

function indexOf({ path }: OpenOrder): string {
  return `${path}/index.sqlite`;
}

const DAMAGED = "the index was damaged; everything in it is forgotten";

/** Goes on with an empty folder, because the index is no good: a cache may forget. */
function beginAnew(order: OpenOrder, why: string): void {
  try {
    records?.abandon();
    records = undefined;
    removeIndex(indexOf(order));
    openRecords(order, true);
    scope.postMessage({ kind: "event", text: why });
  } catch (error) {
    cannotOpen(order, error as Error);
  }
}

let damaged = 0;

function tellFacts(): void {
  if (records === undefined) return;
  const { facts } = records;
  largeFiles?.tidy();
  scope.postMessage({ kind: "facts", facts });
  if (facts.damaged > damaged) {
    const count = facts.damaged - damaged;
    scope.postMessage({
      kind: "event",
      text: `${count} damaged record(s) forgotten; the origin is asked again`,
    });
  }
  damaged = facts.damaged;
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
      reply(failureOf(data.id, error));
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
    case "find": {
      const { key } = question;
      const found = [...largeFiles!.announced(key), ...records.find(key)];
      const transfer = found.flatMap(({ content }) =>
        content === undefined ? [] : [content.buffer]
      );
      return reply({ kind: "found", id, records: found }, transfer);
    }
    case "read": {
      const content = records.read(question.record);
      const transfer = content === undefined ? [] : [content.buffer];
      return reply({ kind: "content", id, content }, transfer);
    }
    case "put": {
      const isFirst = writes.add({
        record: readRecord(question.bytes),
        tags: question.tags,
        large: question.large,
        isMarkedStale: false,
        done: (error) =>
          reply(
            error === undefined
              ? { kind: "done", id, count: 0 }
              : failureOf(id, error),
          ),
      });
      if (isFirst) nextTurn().then(write);
      return;
    }
    case "begin":
    case "append":
    case "finish":
    case "retire":
    case "abort":
    case "piece":
      return answerLarge(question, largeFiles!, reply);
    case "purge": {
      const waiting = writes.purge(question.purge);
      largeFiles!.purge(question.purge);
      return inSteps(
        records.purge(question.purge),
        (count) => reply({ kind: "done", id, count: count + waiting }),
        (error) => reply(failureOf(id, error)),
      );
    }
  }
}

/** @throws {Error} It cannot be done. */
function answerLarge(
  question: Extract<DiskQuestion, { readonly kind: LargeKind }>,
  files: LargeFiles,
  reply: (answer: DiskAnswer, transfer?: Transferable[]) => void,
): void {
  const { id } = question;
  switch (question.kind) {
    case "begin": {
      const { announced } = question;
      const record = files.begin(
        announced &&
          { record: readRecord(announced.bytes), tags: announced.tags },
      );
      return reply({ kind: "begun", id, record });
    }
    case "append": {
      const count = files.write(question.record, question.piece);
      return reply({ kind: "done", id, count });
    }
    case "finish": {
      const { record, bytes, tags } = question;
      files.finish(record, readRecord(bytes), tags);
      return reply({ kind: "done", id, count: 0 });
    }
    case "retire":
      files.retire(question.record);
      return reply({ kind: "done", id, count: 0 });
    case "abort":
      files.abort(question.record);
      return reply({ kind: "done", id, count: 0 });
    case "piece": {
      const { record, index, waits } = question;
      return files.read(record, index, waits, (piece) => {
        if (piece === "coming") return reply({ kind: "coming", id });
        const transfer = piece === undefined ? [] : [piece.buffer];
        reply({ kind: "content", id, content: piece }, transfer);
      });
    }
  }
}

/** Writes what waits, with others' questions in between. */
function write(): void {
  if (writes.writeSome()) nextTurn().then(write);
}

/** The answer when an operation has failed; a damaged index is replaced by an empty one. */
function failureOf(id: number, error: unknown): DiskAnswer {
  if (isDamage(error) && opened !== undefined) beginAnew(opened, DAMAGED);
  return { kind: "failed", id, message: (error as Error).message };
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
  try {
    writes.writeSome(CLOSE_MS);
    for (const port of ports) port.close();
    largeFiles?.close();
    records?.close();
  } finally {
    records = undefined;
    reason = "it is closed";
    scope.postMessage({ kind: "closed" });
    scope.close();
  }
}

/** What nobody has expected is told, and is not the end of the thread. */
function survive(event: ErrorEvent | PromiseRejectionEvent): void {
  event.preventDefault();
  const error = event instanceof ErrorEvent ? event.error : event.reason;
  const text = `a bug in sluice: ${error?.stack ?? error}`;
  scope.postMessage({ kind: "event", text });
}

globalThis.addEventListener("error", survive);
globalThis.addEventListener("unhandledrejection", survive);

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "open":
      return open(data);
    case "port":
      return listen(data.port);
    case "resize":
      if (opened !== undefined) opened = { ...opened, bytesMax: data.bytesMax };
      if (table !== undefined) table.bytesMax = data.bytesMax;
      return;
    case "close":
      return close();
  }
};
