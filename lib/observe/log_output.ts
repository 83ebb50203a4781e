/** Where the access log goes: standard output or a file, and a reload may change which. */

import type { Clock } from "../net/clock.ts";
import { LAST_WRITE_MS, type LogSink } from "./access_log.ts";
import { logEvent } from "./event_log.ts";
import { LogFile, reasonOf, type Tell } from "./log_file.ts";
import { settlesWithin } from "./settles_within.ts";

/** Another place for the log that is ready; one of the two ends that. */
export interface PreparedOutput {
  /** The next lines go there. */
  commit(): void;
  /** Gives it up. */
  discard(): void;
}

/** See the module's comment. */
export class LogOutput implements LogSink {
  readonly #standard: LogSink;
  readonly #clock: Clock;
  readonly #tell: Tell;
  /** Undefined for standard output. */
  #file: LogFile | undefined;
  /** Whether standard output could not be written at last. */
  #isLosing = false;

  /** It begins with standard output. */
  constructor(standard: LogSink, clock: Clock, tell: Tell = logEvent) {
    this.#standard = standard;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Whether lines go to a file. */
  get isFile(): boolean {
    return this.#file !== undefined;
  }

  /**
   * Prepares another place.
   *
   * @param path A file; undefined for standard output.
   * @throws {Error} A line for the operator: why the file cannot be written.
   */
  async prepare(path: string | undefined): Promise<PreparedOutput> {
    const old = this.#file;
    if (path === old?.path) return { commit(): void {}, discard(): void {} };
    const next = path === undefined
      ? undefined
      : await LogFile.open(path, this.#clock, this.#tell);
    return {
      commit: (): void => {
        this.#file = next;
        old?.close();
      },
      discard: (): void => {
        next?.close();
      },
    };
  }

  /** Writes whole lines to one place, even if it changes meanwhile; it never rejects. */
  async write(lines: Uint8Array): Promise<number> {
    if (this.#file !== undefined) return await this.#file.write(lines);
    try {
      for (let at = 0; at < lines.length;) {
        at += await this.#standard.write(lines.subarray(at));
      }
      this.#isLosing = false;
    } catch (error) {
      this.#tellLoss(error);
    }
    return lines.length;
  }

  /** Lines are dropped: nobody reads standard output any more, or its disk is full. */
  #tellLoss(error: unknown): void {
    if (this.#isLosing) return;
    this.#isLosing = true;
    this.#tell(
      "error",
      `cannot write the log to standard output: ${reasonOf(error)}; ` +
        "its lines are dropped until that is possible",
    );
  }

  /** Opens the file anew, if it is one: after a rotation. It never rejects. */
  async reopen(): Promise<void> {
    await this.#file?.reopen();
  }

  /** Closes the file, behind the lines before; a disk that stalls does not keep the program alive. */
  async close(): Promise<void> {
    await settlesWithin(this.#file?.close(), LAST_WRITE_MS, this.#clock);
  }
}
