/**
 * The checks of passwords that wait for the thread which does them, one at a time.
 * Client addresses take turns, so that a flood from one does not keep the others
 * waiting. The thread is started with the first check.
 */

import type { PasswordAnswer, PasswordQuestion } from "./bcrypt_messages.ts";

/** Checks that wait, of one client. */
const PER_CLIENT_MAX = 8;
/** Checks that wait, of all. */
const ALL_MAX = 1024;

interface Look extends PasswordQuestion {
  readonly answer: PromiseWithResolvers<boolean>;
}

/** See the module's comment. */
export class PasswordThread {
  /** By client: its checks, in order. The client whose turn it is comes first. */
  readonly #waiting = new Map<string, Look[]>();
  #count = 0;
  #thread: Worker | undefined;
  #current: Look | undefined;

  /**
   * Checks a password.
   *
   * @param client Whose turn it takes.
   * @returns Whether it is right; undefined if too many wait. It rejects if the thread dies.
   */
  check(
    client: string,
    question: PasswordQuestion,
  ): Promise<boolean> | undefined {
    const looks = this.#waiting.get(client) ?? [];
    if (looks.length >= PER_CLIENT_MAX || this.#count >= ALL_MAX) {
      return undefined;
    }
    const look = { ...question, answer: Promise.withResolvers<boolean>() };
    looks.push(look);
    this.#waiting.set(client, looks);
    this.#count++;
    this.#next();
    return look.answer.promise;
  }

  /** Ends the thread; checks that wait reject. */
  close(): void {
    this.#end(new Error("The server stops"));
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const turn = this.#waiting.entries().next().value;
    if (turn === undefined) return;
    const [client, looks] = turn;
    this.#waiting.delete(client);
    const look = looks.shift()!;
    if (looks.length > 0) this.#waiting.set(client, looks); // behind the others
    this.#count--;
    this.#current = look;
    this.#thread ??= this.#start();
    const { password, hash } = look;
    this.#thread.postMessage({ password, hash } satisfies PasswordQuestion);
  }

  #start(): Worker {
    const thread = new Worker(new URL("./bcrypt_thread.ts", import.meta.url), {
      type: "module",
      name: "passwords",
    });
    thread.onmessage = ({ data }: MessageEvent<PasswordAnswer>) => {
      const look = this.#current;
      this.#current = undefined;
      look?.answer.resolve(data);
      this.#next();
    };
    thread.onerror = (event) => {
      event.preventDefault(); // it is not the end of the program
      this.#end(new Error(event.message));
    };
    return thread;
  }

  #end(error: Error): void {
    this.#thread?.terminate();
    this.#thread = undefined;
    this.#current?.answer.reject(error);
    this.#current = undefined;
    for (const looks of this.#waiting.values()) {
      for (const { answer } of looks) answer.reject(error);
    }
    this.#waiting.clear();
    this.#count = 0;
  }
}
