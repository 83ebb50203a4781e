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

/** What systemd's journal takes for the priority of a line: sd-daemon(3). */
const PRIORITIES: Readonly<Record<Level, string>> = {
  info: "<6>",
  warn: "<4>",
  error: "<3>",
};

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
  #hasPriorities: boolean;

  /** @param hasPriorities Whether lines begin with a priority: see {@linkcode writePriorities}. */
  constructor(sink: EventSink, hasPriorities = false) {
    this.#sink = sink;
    this.#hasPriorities = hasPriorities;
  }

  /** Has lines begin with a priority from now on. */
  writePriorities(): void {
    this.#hasPriorities = true;
  }

  get hasPriorities(): boolean {
    return this.#hasPriorities;
  }

  /** Writes one line, soon; what is not ASCII in `text` is replaced, but for `→`. */
  record(level: Level, text: string): void {
    const safe = text.replaceAll(UNSAFE, "?");
    const line = `${this.#priority(level)}sluice: ${
      level === "info" ? "" : `${level}: `
    }${safe}`;
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
    const start = `${this.#priority("warn")}sluice: warn: `;
    this.#lines += `${start}${this.#dropped} lines dropped: ` +
      "standard error was not read in time\n";
    this.#dropped = 0;
  }

  #priority(level: Level): string {
    return this.#hasPriorities ? PRIORITIES[level] : "";
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
/** Is told of every event of this thread; undefined if nobody is. */
let watcher: ((level: Level, text: string) => void) | undefined;

/** Has somebody told of every event from now on, besides the log. */
export function watchEvents(watch: typeof watcher): void {
  watcher = watch;
}

/** Tells those who watch of an event that another thread has logged. */
export function tellEvent(level: Level, text: string): void {
  watcher?.(level, text);
}

/** Writes one line on standard error, soon; what is not ASCII in `text` is replaced, but for `→`. */
export function logEvent(level: Level, text: string): void {
  events.record(level, text);
  watcher?.(level, text);
}

/**
 * Has lines begin with a priority from now on, which systemd's journal takes for that
 * of the line and does not show: call it if standard error leads there.
 */
export function writePriorities(): void {
  events.writePriorities();
}

/** Whether lines begin with a priority. */
export function hasPriorities(): boolean {
  return events.hasPriorities;
}

/** Waits until the lines logged so far are written, or their reader has had its time. */
export function flushEvents(clock: Clock): Promise<void> {
  return events.flush(clock);
}
