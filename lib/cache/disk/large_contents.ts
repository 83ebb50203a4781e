/** Content on disk that is too large for memory, as a worker writes and reads it. */

import {
  bytesOfRecord,
  readRecord,
  type StoredRecord,
} from "../store/stored_record.ts";
import type { Large } from "../store/large.ts";
import type {
  LargeContents,
  LargePiece,
  LargeWriter,
} from "../store/tiers/large.ts";
import type { Clock } from "../../net/clock.ts";
import { type Admission, admits, noteDropped } from "./admission.ts";
import { WRITTEN } from "./disk_messages.ts";
import type { Announced, DiskAnswer, DiskQuestion } from "./disk_messages.ts";

/** Contents that a worker may write at a time: each has a piece on its way. */
const WRITING_MAX = 16;
/** How long the thread may take for one, in ms. */
const ANSWER_MS = 10_000;

/** What the thread is asked, but for its number. */
export type Question = DiskQuestion extends infer One
  ? One extends { readonly id: number } ? Omit<One, "id"> : never
  : never;

/** Asks the thread; rejects with what it says against it, or once the signal says so. */
export type Ask = (
  question: Question,
  signal: AbortSignal,
  transfer?: Transferable[],
) => Promise<DiskAnswer>;

/** See the module's comment. */
export class DiskLargeContents implements LargeContents {
  readonly #ask: Ask;
  readonly #admission: Admission;
  readonly #objectBytesMax: number;
  readonly #clock: Clock;
  #writing = 0;
  /** How many threads there have been. */
  #life = 0;

  constructor(
    ask: Ask,
    admission: Admission,
    objectBytesMax: number,
    clock: Clock,
  ) {
    this.#ask = ask;
    this.#clock = clock;
    this.#admission = admission;
    this.#objectBytesMax = objectBytesMax;
  }

  wants(hash: number, length: number): boolean {
    if (length > this.#objectBytesMax) return false;
    if (this.#writing < WRITING_MAX) return admits(this.#admission, hash);
    noteDropped(this.#admission, hash);
    return false;
  }

  /** The thread has been lost: those who write are told so. */
  forget(): void {
    this.#life++;
  }

  async begin(record?: StoredRecord): Promise<LargeWriter | undefined> {
    if (this.#writing >= WRITING_MAX) return undefined;
    this.#writing++;
    const life = this.#life;
    try {
      const announced = record && announcedOf(record);
      const answer = await this.#answer({ kind: "begin", announced });
      if (answer.kind !== "begun") throw new Error("no answer to that");
      const end = (): void => void this.#writing--;
      const ask: Answer = async (question, transfer) => {
        // Another thread may use the same number for something else.
        if (life !== this.#life) throw new Error("it was given up");
        return await this.#answer(question, transfer);
      };
      return new DiskWriter(ask, answer.record, this.#objectBytesMax, end);
    } catch (error) {
      this.#writing--;
      throw error;
    }
  }

  async read(
    { record }: Large,
    index: number,
    waits = false,
  ): Promise<LargePiece> {
    const answer = await this.#answer({ kind: "piece", record, index, waits });
    if (answer.kind === "coming") return "coming";
    return answer.kind === "content" ? answer.content : undefined;
  }

  async #answer(
    question: Question,
    transfer?: Transferable[],
  ): Promise<DiskAnswer> {
    const late = new AbortController();
    const cancel = this.#clock.after(ANSWER_MS, () => late.abort());
    try {
      return await this.#ask(question, late.signal, transfer);
    } finally {
      cancel();
    }
  }
}

type Answer = (
  question: Question,
  transfer?: Transferable[],
) => Promise<DiskAnswer>;

class DiskWriter implements LargeWriter {
  readonly record: number;
  isFollowed = false;
  readonly #ask: Answer;
  readonly #bytesMax: number;
  readonly #ended: () => void;
  #bytes = 0;
  #hasEnded = false;

  constructor(
    ask: Answer,
    record: number,
    bytesMax: number,
    ended: () => void,
  ) {
    this.#ask = ask;
    this.record = record;
    this.#bytesMax = bytesMax;
    this.#ended = ended;
  }

  async write(piece: Uint8Array<ArrayBuffer>): Promise<boolean> {
    this.#bytes += piece.length;
    if (this.#bytes > this.#bytesMax) return false;
    const { record } = this;
    const question = { kind: "append", record, piece } as const;
    const answer = await this.#ask(question, [piece.buffer]);
    if (answer.kind !== "done") return false;
    this.isFollowed ||= answer.count === WRITTEN.AndFollowed;
    return answer.count !== WRITTEN.Not;
  }

  async finish(record: StoredRecord): Promise<void> {
    const question = { kind: "finish", record: this.record } as const;
    await this.#ask({ ...question, ...announcedOf(record) });
    this.#close();
  }

  abort(): void {
    this.#end("abort");
  }

  retire(): void {
    this.#end("retire");
  }

  #end(kind: "abort" | "retire"): void {
    if (this.#hasEnded) return;
    const { record } = this;
    this.#ask({ kind, record }).catch(() => {}); // the thread gives it up by itself, later
    this.#close();
  }

  #close(): void {
    if (!this.#hasEnded) this.#ended();
    this.#hasEnded = true;
  }
}

function announcedOf(record: StoredRecord): Announced {
  const bytes = bytesOfRecord(record);
  const { tags } = traitsOf(bytes);
  return { bytes, tags };
}

/** What the disk needs to know of a record besides its bytes. */
export function traitsOf(
  bytes: Uint8Array,
): { readonly tags: readonly string[]; readonly large?: Large } {
  return JSON.parse(new TextDecoder().decode(readRecord(bytes).description));
}
