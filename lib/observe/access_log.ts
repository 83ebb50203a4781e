/**
 * The access log: one line for each exchange, as bytes, in batches.
 *
 * Lines are written straight from the buffers that hold the request. Many lines
 * leave in one write, or fewer after a moment. A request never waits for the log: if
 * the reader of the log stalls, lines are dropped and counted, and the count is
 * logged when the reader goes on.
 */

import { ByteWriter } from "../http/byte_writer.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { Clock } from "../net/clock.ts";
import { jsonFields, writeJsonLine } from "./json_line.ts";
import type { LogEntry } from "./log_entry.ts";
import { settlesWithin } from "./settles_within.ts";
import { writeTextLine } from "./text_line.ts";

/** A batch is written when it is this large … */
const BATCH_BYTES = 32 * 1024;
/** … or this old. */
const BATCH_MS = 100;
/** Bytes that wait for a stalled reader; further lines are dropped. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/** Time for the reader of the log to take the last lines when the program ends. */
export const LAST_WRITE_MS = 1000;

/**
 * Where the log goes. There is no synchronous write: on a full pipe that nobody
 * reads, it would stop the whole thread.
 */
export interface LogSink {
  write(bytes: Uint8Array): Promise<number>;
}

type LineWriter = (
  out: ByteWriter,
  entry: LogEntry,
  nowMs: number,
  sampleRate: number,
) => void;

/** Of how many requests there is a line, so that a busy log stays small. */
export interface LogSample {
  /** The share of ordinary requests, from 0 to 1, chosen at random. */
  readonly rate: number;
  /** A request that takes this long is no ordinary one, in ms. */
  readonly slowMs: number;
}

/** How the access log is written. */
export type LogFormat = "common" | "combined" | "json" | "off";

/** What is logged, and of which requests. */
export interface LogOptions {
  readonly format: LogFormat;
  /** Names of request headers that lines in JSON have; see {@linkcode jsonFields}. */
  readonly fields?: readonly string[];
  /** Whether a request, which has a request line, is left out; undefined to log all. */
  readonly isSkipped?: ((request: RequestHead) => boolean) | undefined;
  /**
   * Undefined to log all. Errors (a status from 400, or a reason why the exchange
   * failed) and slow requests are logged in any case.
   */
  readonly sample?: LogSample | undefined;
}

/** See the module's comment. */
export class AccessLog {
  #isOn = false;
  #writeLine!: LineWriter; // configure() sets it
  #isSkipped: LogOptions["isSkipped"];
  #sample: LogSample | undefined;
  readonly #sink: LogSink;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** Lines being collected, and the batch being written. */
  #lines = new ByteWriter(BATCH_BYTES);
  #batch = new ByteWriter(BATCH_BYTES);
  /** Whether batches are being written; lines that are added meanwhile follow. */
  #isWriting = false;
  /** The end of the last writing. */
  #written: Promise<void> | undefined;
  /** Cancels the write that is due at a certain age of the batch; undefined if none is due. */
  #cancelWait: (() => void) | undefined;
  #dropped = 0;

  constructor(
    options: LogFormat | LogOptions,
    sink: LogSink,
    clock: Clock,
    random: () => number = Math.random,
  ) {
    this.#sink = sink;
    this.#random = random;
    this.#clock = clock;
    this.configure(
      typeof options === "string" ? { format: options } : options,
    );
  }

  /** Whether lines are written at all; if not, callers skip their part of the work. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Goes by other options, from the next line on. */
  configure({ format, fields = [], isSkipped, sample }: LogOptions): void {
    this.#isOn = format !== "off";
    this.#isSkipped = isSkipped;
    this.#sample = sample;
    const logged = jsonFields(fields);
    this.#writeLine = format === "json"
      ? (out, entry, nowMs, rate) =>
        writeJsonLine(out, entry, nowMs, logged, rate)
      : (out, entry, nowMs) =>
        writeTextLine(out, entry, nowMs, format === "combined");
  }

  /**
   * Logs one exchange.
   *
   * @param nowMs When it ended, in ms since the epoch: just now.
   */
  record(entry: LogEntry, nowMs: number = this.#clock.now()): void {
    if (!this.#isOn) return;
    if (
      this.#isSkipped !== undefined && entry.request.hasRequestLine &&
      this.#isSkipped(entry.request)
    ) return;
    const rate = this.#rateOf(entry, nowMs);
    if (rate < 1 && this.#random() >= rate) return;
    if (this.#lines.length >= WAITING_BYTES_MAX) {
      this.#dropped++;
      return;
    }
    this.#writeLine(this.#lines, entry, nowMs, rate);
    if (this.#lines.length >= BATCH_BYTES) this.#flush();
    else if (this.#cancelWait === undefined && !this.#isWriting) {
      this.#cancelWait = this.#clock.after(BATCH_MS, () => this.#flush());
    }
  }

  /** The share of requests like this one that are logged. */
  #rateOf(entry: LogEntry, nowMs: number): number {
    const sample = this.#sample;
    const isOrdinary = sample !== undefined && entry.status < 400 &&
      entry.errorCode === "" && nowMs - entry.startedMs < sample.slowMs;
    return isOrdinary ? sample.rate : 1;
  }

  #flush(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    if (!this.#isWriting && this.#lines.length > 0) {
      this.#written = this.#writeBatches();
    }
  }

  async #writeBatches(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#lines.length > 0) {
        [this.#lines, this.#batch] = [this.#batch, this.#lines];
        const batch = this.#batch.view();
        for (let at = 0; at < batch.length;) {
          at += await this.#sink.write(batch.subarray(at));
        }
        this.#batch.reset(BATCH_BYTES * 4);
        this.#reportDropped();
      }
    } catch {
      // Nobody reads the log any more (a closed pipe). The proxy goes on without it.
      this.#lines.reset(BATCH_BYTES);
      this.#batch.reset(BATCH_BYTES);
    }
    this.#isWriting = false; // in the same turn as the last look: no line comes between
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    this.#lines.text(
      `# ${this.#dropped} lines dropped: the log was not read in time\n`,
    );
    this.#dropped = 0;
  }

  /**
   * Writes what is left. Call it when no exchange is in flight.
   *
   * @param withinMs How long the reader of the log has to take it. Lines it has not
   *   taken then are lost: a stalled reader must not keep the program alive.
   */
  async close(withinMs: number = LAST_WRITE_MS): Promise<void> {
    this.#flush();
    await settlesWithin(this.#written, withinMs, this.#clock);
  }
}
