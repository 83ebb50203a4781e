/**
 * The access log in a file: appended to, opened again on demand, and never a reason to
 * slow a request down or to lose one.
 *
 * Writes are asynchronous. For a batch of 32 KiB that costs 15 µs more than a
 * synchronous write would; but a disk that stalls for a second stalls the log alone,
 * and no client. The {@linkcode AccessLog} before it waits, within its bound.
 *
 * Rotation: another program renames the file and sends a signal. Lines go to the
 * renamed file until the new one is open, and each batch, which is whole lines, goes to
 * one of the two. If the new one cannot be opened, the old one is used on.
 *
 * If the disk is full or the folder is gone, lines are dropped and counted. The event
 * log says so once, and again, with the count, when lines are written again.
 */

import { LF } from "../http/bytes.ts";
import type { Clock } from "../net/clock.ts";
import type { LogSink } from "./access_log.ts";
import { type Level, logEvent } from "./event_log.ts";

/** Others may not read it: there are addresses in it, and whatever clients put into URLs. */
const MODE = 0o640;
/** How often it is looked whether the file is still where it was, at most, in ms. */
const LOOK_MS = 5000;
/** How often opening it is tried again, in ms. */
const RETRY_MS = 1000;
const NEWLINE = new Uint8Array([LF]);

/** Which file it is: a rename and a new file under the name change that. */
interface Identity {
  readonly dev: number;
  readonly ino: number | null;
}

/** Says something to the operator. */
export type Tell = (level: Level, text: string) => void;

/** See the module's comment. */
export class LogFile implements LogSink {
  readonly path: string;
  readonly #clock: Clock;
  readonly #tell: Tell;
  #file: Deno.FsFile;
  #identity: Identity;
  /** The last write or change of the file: they come one after another. */
  #busy: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Why lines are lost, or the file cannot be opened anew; empty if all is well. */
  #trouble = "";
  /** Lines lost since then. */
  #dropped = 0;
  /** Whether the file that is open has no name any more: what is written to it is lost. */
  #isOrphan = false;
  /** Whether the last write broke off within a line. */
  #isMidLine = false;
  /** Whether it was missing, or another one, when it was last looked for. */
  #isMissed = false;
  /** Whether to open it anew before the next write. */
  #isReopenDue = false;
  #lookedMs: number;

  private constructor(
    path: string,
    clock: Clock,
    tell: Tell,
    file: Deno.FsFile,
    identity: Identity,
  ) {
    this.path = path;
    this.#clock = clock;
    this.#tell = tell;
    this.#file = file;
    this.#identity = identity;
    this.#lookedMs = clock.monotonic();
  }

  /**
   * Opens the file, and makes it if there is none; its folder must exist.
   *
   * @throws {Error} A line for the operator: why it cannot be written.
   */
  static async open(
    path: string,
    clock: Clock,
    tell: Tell = logEvent,
  ): Promise<LogFile> {
    try {
      const [file, identity] = await openFile(path);
      return new LogFile(path, clock, tell, file, identity);
    } catch (error) {
      throw new Error(`cannot write the log ${path}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * Writes whole lines, or drops them.
   *
   * @returns The number of bytes, which are dealt with, one way or the other; it never rejects.
   */
  async write(lines: Uint8Array): Promise<number> {
    await this.#next(() => this.#write(lines));
    return lines.length;
  }

  /** Opens the file anew, behind the lines before: after a rotation. It never rejects. */
  async reopen(): Promise<void> {
    await this.#next(() => this.#reopen());
  }

  /** Closes the file, behind the lines before. */
  async close(): Promise<void> {
    await this.#next(() => {
      if (!this.#isClosed) this.#file.close();
      this.#isClosed = true;
      return Promise.resolve();
    });
  }

  /** Does something when all before it is done. */
  #next(task: () => Promise<void>): Promise<void> {
    return this.#busy = this.#busy.then(task);
  }

  async #write(lines: Uint8Array): Promise<void> {
    if (this.#isClosed) return;
    await this.#look();
    let at = 0;
    try {
      if (this.#isMidLine) await this.#file.write(NEWLINE);
      this.#isMidLine = false;
      while (at < lines.length) {
        at += await this.#file.write(lines.subarray(at));
      }
    } catch (error) {
      if (at > 0) this.#isMidLine = lines[at - 1] !== LF;
      this.#dropped += countLines(lines.subarray(at));
      return this.#fail(`cannot write the log ${this.path}`, error);
    }
    if (this.#isOrphan) this.#dropped += countLines(lines);
    else if (!this.#isReopenDue) this.#recover();
  }

  /** Looks now and then whether the file is still where it was. */
  async #look(): Promise<void> {
    const nowMs = this.#clock.monotonic();
    const afterMs = this.#isReopenDue ? RETRY_MS : LOOK_MS;
    if (nowMs - this.#lookedMs < afterMs) return;
    this.#lookedMs = nowMs;
    if (this.#isReopenDue) return await this.#reopen();
    const isThere = await isAt(this.path, this.#identity);
    // A rotation renames first, and signals a moment later: only the second look counts.
    const isGone = !isThere && this.#isMissed;
    this.#isMissed = !isThere;
    if (isGone) await this.#reopen();
  }

  async #reopen(): Promise<void> {
    if (this.#isClosed) return;
    this.#lookedMs = this.#clock.monotonic();
    try {
      const [file, identity] = await openFile(this.path);
      this.#file.close();
      this.#file = file;
      this.#identity = identity;
      this.#isReopenDue = this.#isOrphan = this.#isMissed = false;
      this.#isMidLine = false;
    } catch (error) {
      this.#isReopenDue = true;
      this.#isOrphan = await isUnlinked(this.#file);
      this.#fail(`cannot open the log ${this.path} again`, error);
    }
  }

  #fail(what: string, error: unknown): void {
    if (this.#trouble !== "") return;
    this.#trouble = what;
    const effect = this.#isReopenDue && !this.#isOrphan
      ? "lines go to the file as it was opened before"
      : "its lines are dropped until that is possible";
    this.#tell("error", `${what}: ${reasonOf(error)}; ${effect}`);
  }

  #recover(): void {
    if (this.#trouble === "") return;
    this.#trouble = "";
    this.#tell(
      "info",
      `the log ${this.path} is written again; ${this.#dropped} lines were dropped`,
    );
    this.#dropped = 0;
  }
}

async function openFile(path: string): Promise<[Deno.FsFile, Identity]> {
  if (await isPipe(path)) throw new Error("it is a pipe, not a file");
  const file = await Deno.open(path, {
    append: true,
    create: true,
    mode: MODE,
  });
  try {
    return [file, await file.stat()];
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Whether it is a named pipe: to open one waits for a reader, perhaps for ever. */
async function isPipe(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFifo === true;
  } catch {
    return false; // there is no file yet, or opening it will tell what is wrong
  }
}

async function isAt(path: string, { dev, ino }: Identity): Promise<boolean> {
  try {
    const found = await Deno.stat(path);
    return found.dev === dev && found.ino === ino;
  } catch {
    return false; // whatever the reason: opening it will tell
  }
}

/** Whether an open file has been deleted. */
async function isUnlinked(file: Deno.FsFile): Promise<boolean> {
  try {
    return (await file.stat()).nlink === 0;
  } catch {
    return true;
  }
}

/** What the system says, without its number and the name of the call. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(" (os error", 1)[0]!;
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    count++;
  }
  return count;
}
