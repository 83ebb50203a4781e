/**
 * The event log: what happens to the server itself, one line for each event, on
 * standard error, apart from the access log.
 *
 * Nothing waits for the reader of the log: on a full pipe that nobody reads, a
 * synchronous write would stop the thread and with it every client. Lines are queued
 * for one write after another. Lines beyond a bound are dropped and counted, and the
 * count is logged.
 */

import type { Clock } from "../net/clock.ts";
import { settlesWithin } from "./settles_within.ts";

/** How much an event matters. */
export type Level = "info" | "warn" | "error";

/** Where events go. */
export interface EventSink {
  write(bytes: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

const RED = "\x1b[31m";
const YELLOW = "\x1b[33m";
const PLAIN = "\x1b[0m";
/** What must not reach a terminal: all but ASCII, and the arrow between an old value and a new one. */
// deno-lint-ignore no-control-regex -- that is what it is about
const UNSAFE = /[\x00-\x1f\x7f-\u2191\u2193-\uffff]/g;
const encoder = new TextEncoder();
/** Characters of lines that wait for a stalled reader; further lines are dropped. */
const WAITING_CHARACTERS_MAX = 64 * 1024;
/** Time for the reader to take the last lines when the program ends. */
const LAST_WRITE_MS = 1000;

/** See the module's comment. */
export class EventLog {
  readonly #sink: EventSink;
  #lines = "";
  #dropped = 0;
  /** Whether lines are being written; those that are added meanwhile follow. */
  #isWriting = false;
  /** The end of the last writing. */
  #written: Promise<void> | undefined;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Writes one line, soon; what is not ASCII in `text` is replaced, but for `→`. */
  record(level: Level, text: string): void {
    const safe = text.replaceAll(UNSAFE, "?");
    const line = `sluice: ${level === "info" ? "" : `${level}: `}${safe}`;
    if (this.#lines.length >= WAITING_CHARACTERS_MAX) {
      this.#dropped++;
      return;
    }
    this.#lines += `${this.#coloured(level, line)}\n`;
    if (!this.#isWriting) this.#written = this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#lines !== "") {
        const lines = encoder.encode(this.#lines);
        this.#lines = "";
        for (let at = 0; at < lines.length;) {
          at += await this.#sink.write(lines.subarray(at));
        }
        this.#reportDropped();
      }
    } catch {
      this.#lines = ""; // nobody reads standard error: there is nowhere left to say so
    }
    this.#isWriting = false; // in the same turn as the last look: no line comes between
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    this.#lines += `sluice: warn: ${this.#dropped} lines dropped: ` +
      "standard error was not read in time\n";
    this.#dropped = 0;
  }

  /** Whether to use colour: on a terminal, unless `NO_COLOR` is set. */
  #coloured(level: Level, line: string): string {
    if (level === "info" || Deno.noColor || !this.#sink.isTerminal()) {
      return line;
    }
    return (level === "error" ? RED : YELLOW) + line + PLAIN;
  }

  /**
   * Waits until every line is written. Call it before the program ends.
   *
   * @param withinMs How long the reader has to take them; then they are lost.
   */
  async flush(
    clock: Clock,
    withinMs: number = LAST_WRITE_MS,
  ): Promise<void> {
    await settlesWithin(this.#written, withinMs, clock);
  }
}

const events = new EventLog(Deno.stderr);

/** Writes one line on standard error, soon; what is not ASCII in `text` is replaced, but for `→`. */
export function logEvent(level: Level, text: string): void {
  events.record(level, text);
}

/** Waits until the lines logged so far are written, or their reader has had its time. */
export function flushEvents(clock: Clock): Promise<void> {
  return events.flush(clock);
}
