/**
 * A bound on the files that are open at the same time: who comes later waits for a
 * while, in order.
 */

import { HttpError } from "../http/error.ts";
import type { Clock } from "../net/clock.ts";

/** Files that are open at the same time, in one thread: descriptors are shared with sockets. */
const OPEN_FILES_MAX = 512;
/** Requests that wait for one to be closed. */
const WAITING_MAX = 1024;
/** For one to be closed. */
const WAIT_MS = 5000;

interface Waiting {
  enter(): void;
  refuse(error: HttpError): void;
}

/** See the module's comment; one for each thread. */
export class DescriptorSlots {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #waitMs: number;
  readonly #waiting: Set<Waiting> = new Set();
  #taken = 0;

  constructor(clock: Clock, max: number = OPEN_FILES_MAX, waitMs = WAIT_MS) {
    this.#clock = clock;
    this.#max = max;
    this.#waitMs = waitMs;
  }

  /** Files that are open, or about to be. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes the place of one file.
   *
   * @returns Undefined if it is there at once.
   * @throws {HttpError} `overloaded`, at once or later.
   */
  take(): Promise<void> | undefined {
    if (this.#taken < this.#max) {
      this.#taken++;
      return undefined;
    }
    if (this.#waiting.size >= WAITING_MAX) {
      throw new HttpError(
        "overloaded",
        "Too many wait for a file to be closed",
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { enter: resolve, refuse: reject };
    this.#waiting.add(waiting);
    const cancel = this.#clock.after(this.#waitMs, () => {
      this.#waiting.delete(waiting);
      reject(new HttpError("overloaded", "No file was closed in time"));
    });
    return promise.finally(cancel);
  }

  /** Gives a place back: the first that waits gets it. */
  give(): void {
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      waiting.enter();
      return;
    }
    this.#taken--;
  }

  /** Nobody is let in any more. */
  close(): void {
    for (const waiting of this.#waiting) {
      waiting.refuse(new HttpError("overloaded", "The server stops"));
    }
    this.#waiting.clear();
  }
}
