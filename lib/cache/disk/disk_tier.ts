/**
 * The cache on disk as a tier behind the store of one worker. The work is done by a
 * thread that all workers ask; here, a record is chosen, and nothing blocks.
 */

import {
  bytesOfRecord,
  readRecord,
  recordLength,
} from "../store/stored_record.ts";
import type { StoredRecord } from "../store/stored_record.ts";
import type { Clock } from "../../net/clock.ts";
import type {
  KeptRecord,
  Tier,
  TierPurge,
  TierQuery,
} from "../store/tiers/tier.ts";
import {
  type Admission,
  admits,
  admitsUsed,
  noteDropped,
  noteKept,
} from "./admission.ts";
import type { DiskAnswer, DiskRenewal, FoundRecord } from "./disk_messages.ts";
import {
  DiskLargeContents,
  type Question,
  traitsOf,
} from "./large_contents.ts";

/** How long a lookup may take, in ms: a disk that takes longer has a fault, or the machine has; an origin would be no slower. */
const LOOKUP_MS = 1000;

/** Bytes of the records that may be on their way to the thread; more are not kept. */
const UNWRITTEN_BYTES_MAX = 32 * 1024 * 1024;

const STOPS = "The server stops";
const IS_GONE = "its thread has ended";
const NOT_LARGE = { record: undefined };

/** See the module's comment. */
export class DiskTier implements Tier {
  readonly name = "disk";
  readonly timeoutMs = LOOKUP_MS;
  readonly large: DiskLargeContents;
  /** Undefined while the thread is gone. */
  #port: MessagePort | undefined;
  readonly #renewals: MessagePort;
  readonly #admission: Admission;
  readonly #objectBytesMax: number;
  readonly #waiting = new Map<number, PromiseWithResolvers<DiskAnswer>>();
  #lastId = 0;
  #isClosed = false;
  /** Records that the thread has not answered for yet, whoever still waits for that: their bytes. */
  readonly #unwritten = new Map<number, number>();
  #unwrittenBytes = 0;

  /**
   * @param ports To the thread, and where other ones to it come from.
   * @param objectBytesMax Content of more bytes is not kept.
   */
  constructor(
    { port, renewals }: {
      readonly port: MessagePort;
      readonly renewals: MessagePort;
    },
    admission: Admission,
    objectBytesMax: number,
    clock: Clock,
  ) {
    this.#renewals = renewals;
    this.#admission = admission;
    this.#objectBytesMax = objectBytesMax;
    this.large = new DiskLargeContents(
      (question, signal, transfer) => this.#ask(question, signal, transfer),
      admission,
      objectBytesMax,
      clock,
    );
    this.#use(port);
    renewals.onmessage = ({ data }: MessageEvent<DiskRenewal>) =>
      this.#use(data ?? undefined);
  }

  /** Asks by a port from now on; what was asked by another is not answered any more. */
  #use(port: MessagePort | undefined): void {
    this.#port?.close();
    this.#port = port;
    for (const { reject } of this.#waiting.values()) reject(new Error(IS_GONE));
    this.large.forget();
    this.#unwritten.clear();
    this.#unwrittenBytes = 0;
    if (port === undefined) return;
    port.onmessage = ({ data }: MessageEvent<DiskAnswer>) => {
      this.#waiting.get(data.id)?.resolve(data);
      this.#unwrittenBytes -= this.#unwritten.get(data.id) ?? 0;
      this.#unwritten.delete(data.id);
    };
  }

  async get(
    { key, hash, isMeant }: TierQuery,
    signal: AbortSignal,
  ): Promise<KeptRecord | undefined> {
    const answer = await this.#ask({ kind: "find", key: key.slice() }, signal);
    if (answer.kind !== "found") return undefined;
    for (const found of answer.records) {
      const record = readRecord(found.sections);
      if (!isMeant(record)) continue;
      const { hasContent, isLarge, isMarkedStale } = found;
      const content = hasContent || isLarge
        ? found.content ?? record.content
        : await this.#read(found, signal);
      if (content === undefined) return undefined;
      noteKept(this.#admission, hash);
      // Nobody who gets a record asks for its tags.
      return { ...record, key, content, isMarkedStale };
    }
    return undefined;
  }

  async #read(
    { record }: FoundRecord,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const answer = await this.#ask({ kind: "read", record }, signal);
    return answer.kind === "content" ? answer.content : undefined;
  }

  wantsUsed(hash: number): boolean {
    return admitsUsed(this.#admission, hash);
  }

  async put(
    record: StoredRecord,
    hash: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (record.content.length > this.#objectBytesMax) return;
    const length = recordLength(record);
    if (this.#unwrittenBytes + length > UNWRITTEN_BYTES_MAX) {
      return this.drop(hash);
    }
    if (!admits(this.#admission, hash)) return;
    const bytes = bytesOfRecord(record);
    const { tags, large: { record: large } = NOT_LARGE } = traitsOf(bytes);
    this.#unwritten.set(this.#lastId + 1, length);
    this.#unwrittenBytes += length;
    const question = { kind: "put", bytes, tags, large } as const;
    try {
      await this.#ask(question, signal, [bytes.buffer]);
    } catch (error) {
      this.drop(hash);
      throw error;
    }
  }

  drop(hash: number): void {
    noteDropped(this.#admission, hash);
  }

  async purge(purge: TierPurge, signal: AbortSignal): Promise<number> {
    const answer = await this.#ask({ kind: "purge", purge }, signal);
    return answer.kind === "done" ? answer.count : 0;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) {
      reject(new Error(STOPS));
    }
    this.#port?.close();
    this.#renewals.close();
    return Promise.resolve();
  }

  /** @throws {Error} What the thread says against it. */
  async #ask(
    question: Question,
    signal: AbortSignal,
    transfer: Transferable[] = [],
  ): Promise<DiskAnswer> {
    if (this.#isClosed) throw new Error(STOPS);
    if (this.#port === undefined) throw new Error(IS_GONE);
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<DiskAnswer>();
    this.#waiting.set(id, waiting);
    const giveUp = (): void => waiting.reject(new Error("not wanted any more"));
    signal.addEventListener("abort", giveUp);
    try {
      this.#port.postMessage({ ...question, id }, transfer);
      const answer = await waiting.promise;
      if (answer.kind === "failed") throw new Error(answer.message);
      return answer;
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#waiting.delete(id);
    }
  }
}
