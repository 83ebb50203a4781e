/**
 * Divides long work among turns of the event loop: after each step, the sockets are
 * served.
 */

import { EventLoop } from "./event_loop.ts";

/** The work of one turn; about 2 ms. */
const TURN_WORK = 128 * 1024;

interface Waiting extends PromiseWithResolvers<void> {
  readonly work: number;
}

/** See the module's comment; one for each thread. */
export class Turns {
  #left = TURN_WORK;
  readonly #waiting: Waiting[] = [];
  readonly #loop = new EventLoop();
  #closed = false;

  /**
   * Call it before each step of long work.
   *
   * @param work How long the step takes, in bytes encoded with gzip.
   * @returns Undefined if it may be done at once; else a promise to wait for, in order,
   *   which rejects if `close` comes before.
   */
  take(work: number): Promise<void> | undefined {
    if (this.#closed) return Promise.reject(unwanted());
    if (this.#waiting.length === 0 && this.#left > 0) {
      this.#left -= work;
      return undefined;
    }
    const waiting = { work, ...Promise.withResolvers<void>() };
    this.#waiting.push(waiting);
    if (this.#waiting.length === 1) this.#run();
    return waiting.promise;
  }

  /** Lets waiting work go on, within the bound of each turn; never rejects. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#loop.pass();
      this.#left = TURN_WORK;
      while (this.#waiting.length > 0 && this.#left > 0) {
        const { work, resolve } = this.#waiting[0]!;
        this.#left -= work;
        this.#waiting.shift();
        resolve();
      }
    }
  }

  /** Gives the sockets back; waiting work ends, and so does later work. */
  close(): void {
    this.#closed = true;
    this.#loop.close();
    for (const { reject } of this.#waiting.splice(0)) reject(unwanted());
  }
}

function unwanted(): Error {
  return new Error("Nobody wants the work any more");
}
