/**
 * The access log: one line for each exchange, as octets, in batches.
 *
 * Lines are composed straight from the buffers that hold the request and leave in
 * one write when there are many of them or a moment has passed. A request never
 * waits for the log: if the reader of the log stalls, lines are dropped, counted,
 * and the count is logged when it takes up again.
 */

import type { LogFormat } from "../config/config.ts";
import { OctetBuffer } from "../http/octet_buffer.ts";
import type { Clock } from "../net/clock.ts";
import { writeJsonLine } from "./json_line.ts";
import type { LogEntry } from "./log_entry.ts";
import { settlesWithin } from "./settles_within.ts";
import { writeTextLine } from "./text_line.ts";

/** A batch is written when it is this large … */
const BATCH_BYTES = 32 * 1024;
/** … or this old. */
const BATCH_MS = 100;
/** Octets that wait for a stalled reader; lines beyond them are dropped. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/** For the reader of the log to take what is left when the program ends. */
export const LAST_WRITE_MS = 1000;

/**
 * Where the log goes. There is no synchronous write: on a full pipe that nobody
 * reads, it would stop the whole thread.
 */
export interface LogSink {
  write(bytes: Uint8Array): Promise<number>;
}

type LineWriter = (out: OctetBuffer, entry: LogEntry, nowMs: number) => void;

/** See the module's comment. */
export class AccessLog {
  /** Whether lines are written at all: callers skip their part of the work if not. */
  readonly isOn: boolean;
  readonly #writeLine: LineWriter;
  readonly #sink: LogSink;
  readonly #clock: Clock;
  /** Lines being collected, and the batch being written. */
  #lines = new OctetBuffer(BATCH_BYTES);
  #batch = new OctetBuffer(BATCH_BYTES);
  /** The write under way; undefined if there is none. */
  #writing: Promise<void> | undefined;
  /** Keeps the batch from being written because of its age; undefined if nothing waits for that. */
  #cancelWait: (() => void) | undefined;
  #dropped = 0;

  constructor(format: LogFormat, sink: LogSink, clock: Clock) {
    this.isOn = format !== "off";
    this.#writeLine = format === "json"
      ? writeJsonLine
      : (out, entry, nowMs) =>
        writeTextLine(out, entry, nowMs, format === "combined");
    this.#sink = sink;
    this.#clock = clock;
  }

  /** Logs one exchange, which has just ended. */
  record(entry: LogEntry): void {
    if (!this.isOn) return;
    if (this.#lines.length >= WAITING_BYTES_MAX) {
      this.#dropped++;
      return;
    }
    this.#writeLine(this.#lines, entry, this.#clock.now());
    if (this.#lines.length >= BATCH_BYTES) this.#flush();
    else if (this.#cancelWait === undefined && this.#writing === undefined) {
      this.#cancelWait = this.#clock.after(BATCH_MS, () => this.#flush());
    }
  }

  #flush(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    if (this.#writing === undefined && this.#lines.length > 0) {
      this.#writing = this.#writeBatches().finally(() =>
        this.#writing = undefined
      );
    }
  }

  async #writeBatches(): Promise<void> {
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
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    this.#lines.text(
      `# ${this.#dropped} lines dropped: the log was not read in time\n`,
    );
    this.#dropped = 0;
  }

  /**
   * Writes what is left; to be called when no exchange is under way.
   *
   * @param withinMs How long the reader of the log has to take it. What it has not
   *   taken then is lost: a reader that has stalled must not keep the program alive.
   */
  async close(withinMs: number = LAST_WRITE_MS): Promise<void> {
    this.#flush();
    await settlesWithin(this.#writing, withinMs, this.#clock);
  }
}
